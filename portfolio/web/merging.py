"""Two people changed the same record: which fields differ, and who changed which (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Difference:
    """A field in both versions; `keep_theirs` when only the other person changed it."""

    name: str
    theirs: str
    mine: str
    keep_theirs: bool


def differences(
    mine: Mapping[str, str], theirs: Mapping[str, str], before: Mapping[str, str] | None
) -> list[Difference]:
    """Fields whose texts differ; `before` is what both began from, None when it is not known."""
    return [
        Difference(name, theirs[name], mine[name], before is not None and same(name, mine, before))
        for name in theirs
        if not same(name, mine, theirs)
    ]


def same(name: str, one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Whether two texts say the same: browsers send other line ends than were stored."""
    return one[name].split() == other[name].split()
