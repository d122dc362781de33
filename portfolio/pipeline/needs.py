"""What a stage's condition may need, and why one could never be met (pure)."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from portfolio.pipeline.askable import FIELDS
from portfolio.pipeline.definition import rows_of

MOST_ON_A_TEAM = 20
NEEDS = ("field", "any_field", "items", "checklists", "answered", "team", "tag", "activity")

Fault = tuple[str, Any]


def need_faults(
    kind: str, wanted: Any, lists: Sequence[Mapping[str, Any]], *, vehicle: bool
) -> Iterator[Fault]:
    """What is wrong with one need other than that of a `team`, which is a number, as code and
    value; `lists` are the pipeline's checklists, `vehicle` says that its deals are about funds."""
    items = {word(item.get("key")) for row in lists for item in rows_of(row.get("item"))}
    if kind not in NEEDS:
        yield "unknown_need", kind
    elif kind in {"field", "any_field"}:
        yield from _fields([wanted] if kind == "field" else wanted, vehicle)
    elif kind == "activity":
        if wanted is not True:
            yield "value", wanted
    elif kind == "tag":
        if wanted is not True:
            yield from _unknown("unknown_item", [wanted], items)
        elif vehicle:
            yield "never_met", kind
    elif kind == "items":
        yield from _unknown("unknown_item", wanted, items)
    else:
        yield from _lists(kind, wanted, lists)


def _lists(kind: str, wanted: Any, lists: Sequence[Mapping[str, Any]]) -> Iterator[Fault]:
    known = {word(row.get("key")): rows_of(row.get("item")) for row in lists}
    yield from _unknown("unknown_checklist", wanted, known)
    for key in _known(wanted, known):
        if not any(kind == "answered" or item.get("must") for item in known[key]):
            yield "never_met", key


def _fields(names: Any, vehicle: bool) -> Iterator[Fault]:
    yield from _unknown("unknown_field", names, FIELDS)
    known = _known(names, FIELDS)
    if known and vehicle and all(FIELDS[name].record == "company" for name in known):
        yield "never_met", ", ".join(known)


def _unknown(code: str, wanted: Any, known: Collection[Any]) -> Iterator[Fault]:
    """The names that nothing has; without any name nothing can ever be met."""
    if not isinstance(wanted, list | tuple) or not wanted:
        yield "never_met", "" if wanted == [] else wanted
        return
    for name in wanted:
        if word(name) not in known:
            yield code, name


def _known(wanted: Any, known: Collection[Any]) -> list[Any]:
    names = wanted if isinstance(wanted, list | tuple) else ()
    return [name for name in names if word(name) in known]


def word(value: Any) -> str:
    """The value as a name; anything else names nothing."""
    return value if isinstance(value, str) else ""


def whole_number(value: object, least: int, most: int) -> bool:
    """Whether it is a whole number between the two."""
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
