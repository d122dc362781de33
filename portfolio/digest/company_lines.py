"""Lines of a digest about companies: plain values (pure)."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from portfolio.digest.lines import NONE, Line


def readiness_path(company_id: int, target: str) -> str:
    """Where a company's page tells of a target, opened and scrolled to."""
    return f"/companies/{company_id}/readiness?target={target}#t-{target}"


@dataclass(frozen=True)
class CompanyLine(Line):
    """A company entered in the window; `source` is where the lead came from, a titled value."""

    company_id: int
    name: str
    industry: str
    place: str
    source: Any = None
    by: str = ""

    @property
    def path(self) -> str:  # type: ignore[override]
        """Where the line leads."""
        return f"/companies/{self.company_id}"


@dataclass(frozen=True)
class TagStood:
    """How a claim stands: its level of evidence, a titled value, None of none; whether it counts in the
    statistics, or waits for its second reader before it does, which alone is no news."""

    level: Any = None
    counts: bool = False
    waits: bool = field(default=False, compare=False)

    @property
    def claimed(self) -> bool:
        """Whether somebody claims it."""
        return self.level is not None


class Withdrawal(NamedTuple):
    """Evidence that somebody withdrew, and why."""

    reason: str
    at: dt.datetime
    by: str


@dataclass(frozen=True)
class TagLine(Line):
    """A technology of which a company is claimed something else than before: how that stood and
    stands, who said so when, and why. `reason` is a titled value and `words` what was written where it
    was rejected; `passed` is the day after which it holds or counts no more; a claim that had expired
    is `renewed`; `withdrawn` is evidence that it rested on."""

    company_id: int
    name: str
    key: str
    technology: Any
    before: TagStood
    after: TagStood
    at: dt.datetime | None = None
    by: str = ""
    reason: Any = None
    words: str = ""
    passed: dt.date | None = None
    renewed: bool = False
    withdrawn: Withdrawal | None = None

    @property
    def path(self) -> str:  # type: ignore[override]
        """Where the line leads."""
        return f"/companies/{self.company_id}/technologies/{self.key}"


@dataclass(frozen=True)
class CertificateLine(Line):
    """What an authority granted a company and that ends soon; `days` below zero it ended."""

    company_id: int
    name: str
    target: Any
    until: dt.date
    days: int
    number: str
    mine: bool

    @property
    def path(self) -> str:  # type: ignore[override]
        """Where the line leads."""
        return readiness_path(self.company_id, self.target.key)


@dataclass(frozen=True)
class TwinLine(Line):
    """A company entered in the window that is likely one with another one, and why."""

    company_id: int
    other_id: int
    name: str
    other: str
    reason: Any
    path: str = "/companies/duplicates"

    @property
    def companies(self) -> frozenset[int]:
        """Both of them."""
        return frozenset({self.company_id, self.other_id})


@dataclass(frozen=True)
class TurnLine(Line):
    """A company that stands otherwise under a target: the test that shows it, how many more tests
    changed, the figure that caused it, and under which targets it stands otherwise too. Without a
    test, no rulebook applies any more. `causes` is how many figures changed; `by_day` says that a day
    alone passed, `moved` that the company's region is another one."""

    company_id: int
    name: str
    turn: Any
    target: Any
    test: Any
    others: int
    cause: Any
    causes: int
    also: tuple[Any, ...]
    unverified: bool
    mine: bool
    by_day: bool
    moved: bool = False

    @property
    def path(self) -> str:  # type: ignore[override]
        """Where the line leads."""
        return readiness_path(self.company_id, self.target.key)


@dataclass(frozen=True)
class RuleLine(Line):
    """A rulebook that begins or ends: from which day, for which targets, how many of the companies
    that the reader is told of it moves, by effect, and some of them by name. None where nobody has
    asked yet what it does."""

    path: str
    book: Any
    day: dt.date
    begins: bool
    coming: bool
    targets: tuple[Any, ...]
    moved: int | None
    effects: tuple[tuple[Any, int], ...] = ()
    names: tuple[str, ...] = ()
    company_ids: frozenset[int] = NONE

    @property
    def companies(self) -> frozenset[int]:
        """The companies that it names."""
        return self.company_ids
