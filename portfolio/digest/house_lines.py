"""Lines of a digest about the fund as a whole and about the house: plain values (pure)."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from portfolio.digest.lines import NONE, Line


@dataclass(frozen=True)
class FlowLine(Line):
    """How many deals are active in a pipeline."""

    path: str
    flow: Any
    count: int


@dataclass(frozen=True)
class FunnelLine(Line):
    """How many deals are active in a stage now, how many more than before, and the most that any
    stage has."""

    path: str
    stage: Any
    count: int
    change: int
    most: int


@dataclass(frozen=True)
class CohortLine(Line):
    """The deals of which conversion is told: those begun in a year, how many; `flow` is the pipeline,
    where there is more than one."""

    path: str
    flow: Any
    year: str
    count: int


@dataclass(frozen=True)
class ConversionLine(Line):
    """Of such deals how many reached a stage, what share in thousandths of those at the stage before,
    and the median of the days that they stayed."""

    path: str
    stage: Any
    reached: int
    before: int | None
    median: int | None
    working: bool


@dataclass(frozen=True)
class OwnerLine(Line):
    """How many deals of an owner are over time, and by how many days the worst is, or working days."""

    path: str
    owner: str
    count: int
    worst: int
    working: bool
    most: int


@dataclass(frozen=True)
class CoverageLine(Line):
    """What of a whole is in chokepoint technology, and what was at the beginning of the window; of
    domains there is no whole."""

    path: str
    what: str
    part: int
    before: int
    whole: int | None = None
    share: str = ""


@dataclass(frozen=True)
class ActLine(Line):
    """An act of the audit trail; `about` are names of what it was done to, `role` a titled value."""

    path: str
    at: dt.datetime
    by: str
    action: str
    about: tuple[str, ...] = ()
    roles: tuple[Any, ...] = ()
    deal_ids: frozenset[int] = NONE
    coded_ids: frozenset[int] = NONE

    @property
    def deals(self) -> frozenset[int]:
        """The deals that it names."""
        return self.deal_ids

    @property
    def by_code(self) -> frozenset[int]:
        """Those of them that are confidential."""
        return self.coded_ids


@dataclass(frozen=True)
class PersonLine(Line):
    """How many times a person took files out, by the name of the act."""

    path: str
    name: str
    count: int
    actions: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class ChainLine(Line):
    """The newest entry of the audit trail, up to where it was checked and when, and the first entry
    at which it breaks."""

    path: str
    seq: int
    mark: str
    checked_at: dt.datetime | None
    checked_to: int
    broken: int | None = None


@dataclass(frozen=True)
class FailureLine(Line):
    """A mail that was given up: to whom, of which schedule by its titled name, which issue (by kind, period
    and the schedule's day of the month), what the server said."""

    path: str
    address: str
    schedule: Any
    issue: tuple[str, str, int]
    code: int | None
    said: str


@dataclass(frozen=True)
class UnsubscribedLine(Line):
    """Who gets the mail of a kind (titled) no more since when; by the link in a mail or on the page."""

    name: str
    kind: Any
    at: dt.datetime
    by_link: bool
    path: str = "/digests/schedules"


@dataclass(frozen=True)
class QualityLine(Line):
    """How many records lack something or wait for a decision: `what` says which."""

    path: str
    what: str
    count: int
