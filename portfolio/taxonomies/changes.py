"""A draft's changes in their order: put on top of a taxonomy, with what no longer fits (pure)."""

from collections.abc import Mapping, Sequence
from typing import Any

from portfolio.chokepoint.amending import applied, differences, inverted
from portfolio.chokepoint.taxonomy import Taxonomy
from portfolio.kernel.errors import InputError
from portfolio.kernel.titles import TitledEnum

# `kind`, `about` (the id it is about), `title`, `differences`; `move` where tags go elsewhere by it
# (`moving` says how).
Change = Mapping[str, Any]


class Kind(TitledEnum):
    """What a change does."""

    DOMAIN_ADD = "domain.add", "新增领域", "New domain"
    DOMAIN_EDIT = "domain.edit", "修改领域", "Domain changed"
    ADD = "add", "新增技术", "New technology"
    EDIT = "edit", "修改技术", "Technology changed"
    RENAME = "rename", "更换编号", "Another id"
    SPLIT = "split", "拆分", "Split"
    MERGE = "merge", "合并", "Merge"
    RETIRE = "retire", "停用", "Retired"
    RESTORE = "restore", "恢复使用", "In use again"
    BACK = "back", "撤回", "Taken back"


def change(
    kind: Kind,
    about: str,
    old: Taxonomy,
    new: Taxonomy,
    move: Mapping[str, Any] | None = None,
) -> Change:
    """A change from one taxonomy to another. Raises InputError `taxonomy.same`."""
    found = differences(old, new)
    if not found:
        raise InputError("taxonomy.same", field="")
    record = new.known(about) or new.domains.get(about) or old.known(about)
    title = [record.zh, record.en] if record else [about, about]
    made = {"kind": kind.value, "about": about, "title": title, "differences": found}
    return {**made, "move": dict(move)} if move else made


def stacked(book: Taxonomy, changes: Sequence[Change]) -> tuple[Taxonomy, dict[int, InputError]]:
    """The taxonomy with changes on top of it, and by place those that do not fit."""
    faults: dict[int, InputError] = {}
    for place, one in enumerate(changes):
        try:
            book = applied(book, one["differences"])
        except InputError as error:
            faults[place] = error
    return book, faults


def taken_back(changes: Sequence[Change]) -> list[Change]:
    """The changes that take others back, the last one first."""
    return [
        {
            "kind": Kind.BACK.value,
            "about": one["about"],
            "title": one["title"],
            "differences": inverted(one["differences"]),
            "was": one["kind"],
        }
        for one in reversed(changes)
    ]
