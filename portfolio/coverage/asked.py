"""What the map and the pages behind it are narrowed to, as read from the address (pure)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SHOWS = ("deals", "companies", "money")


@dataclass(frozen=True)
class Asked:
    """The conditions; empty ones do not narrow.

    Without `level` what counts in statistics is told; with one all claims that hold at that level
    or above, counted or not. `stage` and `own` are about deals, `gaps` leaves technologies without
    any of these.
    """

    domain: str = ""
    source: str = ""
    level: str = ""
    stage: str = ""
    own: bool = False
    gaps: bool = False
    show: str = SHOWS[0]

    @property
    def narrowing(self) -> int:
        """How many conditions narrow it."""
        told = (self.domain, self.source, self.level, self.stage, self.own, self.gaps)
        return sum(1 for each in told if each)

    def arguments(self) -> dict[str, Any]:
        """The query arguments that stand for the conditions."""
        return {
            "domain": self.domain or None,
            "list": self.source or None,
            "level": self.level or None,
            "stage": self.stage or None,
            "own": "1" if self.own else None,
            "gaps": "1" if self.gaps else None,
            "show": None if self.show == SHOWS[0] else self.show,
        }


def read_asked(
    arguments: Mapping[str, Sequence[str]],
    domains: Collection[str],
    lists: Collection[str],
    levels: Collection[str],
    stages: Collection[str],
) -> Asked:
    """The conditions that query arguments stand for; what there is none of does not narrow."""

    def one(name: str, among: Collection[str]) -> str:
        return next((v for v in arguments.get(name, ()) if v in among), "")

    return Asked(
        one("domain", domains),
        one("list", lists),
        one("level", levels),
        one("stage", stages),
        bool(one("own", ("1",))),
        bool(one("gaps", ("1",))),
        one("show", SHOWS) or SHOWS[0],
    )
