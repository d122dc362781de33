"""Two companies as one: where they differ, and what is chosen (pure)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

FIELDS = (
    *("name_zh", "short_name", "name_en", "uscc", "uscc_missing_reason", "founded_on"),
    *("place", "region_code", "industry", "website", "description", "products"),
    *("lead_source", "lead_source_note"),
)
# What else a company is called stays with it.
NAMES = {"name_zh": "former", "short_name": "alias", "name_en": "alias"}
MINE, THEIRS, BOTH = "mine", "theirs", "both"
SIDES = frozenset({MINE, THEIRS})
FigureKey = tuple[str, int | None]


@dataclass(frozen=True)
class Choices:
    """Which value counts: by field, by (metric, fiscal year) of a figure, and by the names that
    other slices give to what of theirs differs.

    A field that is not named keeps the survivor's value, a figure both: the survivor's stays
    current and the other one stands beside it until somebody decides.
    """

    fields: Mapping[str, str] = field(default_factory=dict)
    figures: Mapping[FigureKey, str] = field(default_factory=dict)
    others: Mapping[str, str] = field(default_factory=dict)

    def unfit(self) -> list[str]:
        """What was said that is no choice: neither side, nor of a figure both."""
        one_side = {*self.fields.values(), *self.others.values()}
        return sorted((one_side - SIDES) | (set(self.figures.values()) - {*SIDES, BOTH}))


@dataclass(frozen=True)
class Difference:
    """Something in which the two differ, under the name of its field in the form, with both values
    as people read them and the side that counts unless somebody chooses."""

    name: str
    title: str
    mine: str
    theirs: str
    chosen: str = MINE


def differing(mine: Mapping[str, Any], theirs: Mapping[str, Any]) -> list[str]:
    """The fields in which both have a value and not the same one."""
    return [n for n in FIELDS if mine[n] and theirs[n] and mine[n] != theirs[n]]


def two_entities(mine: str | None, theirs: str | None) -> bool:
    """Whether two companies are two legal entities by their credit codes (checked when entered)."""
    return bool(mine and theirs and mine != theirs)


def merged_values(
    mine: Mapping[str, Any], theirs: Mapping[str, Any], chosen: Mapping[str, str]
) -> dict[str, Any]:
    """The survivor's fields afterwards: what was chosen, and what only one of both says."""
    found = {
        name: theirs[name] if _takes_theirs(mine, theirs, chosen, name) else mine[name]
        for name in FIELDS
    }
    if found["uscc"]:
        found["uscc_missing_reason"] = ""
    return found


def _takes_theirs(
    mine: Mapping[str, Any], theirs: Mapping[str, Any], chosen: Mapping[str, str], name: str
) -> bool:
    if not (mine[name] and theirs[name]):
        return bool(theirs[name])
    return chosen.get(name) == THEIRS


def names_kept(
    mine: Mapping[str, Any],
    theirs: Mapping[str, Any],
    after: Mapping[str, Any],
    known: Iterable[str],
) -> Sequence[tuple[str, str]]:
    """(name, kind) of the names that neither stand in a field afterwards nor are known already."""
    present = {*known, *(after[name] for name in NAMES)}
    found: dict[str, str] = {}
    for column, kind in NAMES.items():
        for side in (mine, theirs):
            name = side[column]
            if name and name not in present:
                found.setdefault(name, kind)
    return list(found.items())
