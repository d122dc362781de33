"""What stands in a digest and in which order: plain values, no words of any language (pure)."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from portfolio.coverage.figures import Coverage

LINES_SHOWN = 12
ACTIVE = "active"
ON_HOLD = "on_hold"
DECIDED = frozenset({"rejected", "withdrawn", "lapsed", "terminated", "merged"})


@dataclass(frozen=True)
class DealLine:
    """The deal a line is about. `amount_fen` is None where unknown or not for this reader."""

    deal_id: int
    name: str
    mine: bool
    owner: str
    amount_fen: int | None = None

    @property
    def path(self) -> str:
        """Where the line leads."""
        return f"/deals/{self.deal_id}"


@dataclass(frozen=True)
class Change:
    """A stage event as recorded: stages and statuses are titled values, None before opening."""

    deal: DealLine
    at: dt.datetime
    by: str
    from_stage: Any
    to_stage: Any
    from_status: Any
    to_status: Any
    note: str = ""

    @property
    def changed_status(self) -> bool:
        """Whether the status differs, and not only the stage; a new deal begins active."""
        before: str = self.from_status.value if self.from_status else ACTIVE
        return bool(before != self.to_status.value)

    @property
    def came_back(self) -> bool:
        """Whether it came back from hold by itself, on the day to look again."""
        held = self.from_status is not None and self.from_status.value == ON_HOLD
        return held and not self.by and self.to_status.value == ACTIVE

    @property
    def decision(self) -> bool:
        """Whether somebody decided: an ending, or the way out of the committee."""
        left = self.from_stage is not None and self.from_stage.committee
        onward = left and self.to_stage.position > self.from_stage.position
        return onward or (self.changed_status and self.to_status.value in DECIDED)


@dataclass(frozen=True)
class OverrideLine:
    """A deal that skipped stages or went on with conditions open, with the reason given."""

    deal: DealLine
    at: dt.datetime
    by: str
    from_stage: Any
    to_stage: Any
    note: str
    conditions: Sequence[Any] = ()


@dataclass(frozen=True)
class TaskLine:
    """A task of the reader that is due or overdue; `days` below zero are days overdue."""

    title: str
    about: str
    path: str
    due_on: dt.date
    days: int

    @property
    def overdue(self) -> bool:
        """Whether the day has passed."""
        return self.days < 0


@dataclass(frozen=True)
class SlowLine:
    """A deal that stays in its stage beyond the usual time."""

    deal: DealLine
    stage: Any
    days: int

    @property
    def over(self) -> int:
        """Days beyond the usual stay."""
        return int(self.stage.over(self.days))


@dataclass(frozen=True)
class CompanyLine:
    """A company entered in the window."""

    company_id: int
    name: str
    industry: str
    place: str

    @property
    def path(self) -> str:
        """Where the line leads."""
        return f"/companies/{self.company_id}"


@dataclass(frozen=True)
class Part:
    """One part of the digest: the lines shown, and how many there are in all."""

    lines: Sequence[Any] = ()
    total: int = 0

    @property
    def more(self) -> int:
        """How many are left for the page behind the link."""
        return self.total - len(self.lines)


@dataclass(frozen=True)
class Digest:
    """Everything one reader is told for one period."""

    period: str
    since: dt.datetime
    until: dt.datetime
    late: bool = False
    missed: int = 0
    overdue: int = 0
    decisions: Part = field(default_factory=Part)
    moves: Part = field(default_factory=Part)
    tasks: Part = field(default_factory=Part)
    slow: Part = field(default_factory=Part)
    companies: Part = field(default_factory=Part)
    overrides: Part = field(default_factory=Part)
    coverage: Coverage | None = None

    @property
    def parts(self) -> tuple[Part, ...]:
        """In the order they are read."""
        return (
            *(self.tasks, self.overrides, self.decisions),
            *(self.moves, self.slow, self.companies),
        )

    @property
    def about_deals(self) -> tuple[Any, ...]:
        """Every line that names a deal."""
        parts = (self.decisions, self.moves, self.slow, self.overrides)
        return tuple(line for part in parts for line in part.lines)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to tell."""
        return not any(part.total for part in self.parts)

    @property
    def deal_ids(self) -> frozenset[int]:
        """The deals that are named, to be checked again right before sending."""
        tied = (line.path for line in self.tasks.lines)
        return frozenset(line.deal.deal_id for line in self.about_deals) | _ids(tied, "/deals/")

    @property
    def terms_ids(self) -> frozenset[int]:
        """The deals of which an amount is told."""
        told = (line.deal for line in self.about_deals)
        return frozenset(deal.deal_id for deal in told if deal.amount_fen is not None)

    @property
    def company_ids(self) -> frozenset[int]:
        """The companies that are named."""
        tied = (line.path for line in self.tasks.lines)
        entered = frozenset(line.company_id for line in self.companies.lines)
        return entered | _ids(tied, "/companies/")


def _ids(paths: Iterable[str], start: str) -> frozenset[int]:
    return frozenset(int(path.removeprefix(start)) for path in paths if path.startswith(start))


def net_changes(changes: Iterable[Change]) -> list[Change]:
    """One change per deal, from where it stood before the window to where it stands now.

    `changes` come oldest first. What moved and moved back is no news; the last event says who,
    when and why.
    """
    first: dict[int, Change] = {}
    last: dict[int, Change] = {}
    for change in changes:
        first.setdefault(change.deal.deal_id, change)
        last[change.deal.deal_id] = change
    merged = [
        replace(end, from_stage=first[key].from_stage, from_status=first[key].from_status)
        for key, end in last.items()
    ]
    return [c for c in merged if (c.from_stage, c.from_status) != (c.to_stage, c.to_status)]


def compose(
    period: str,
    since: dt.datetime,
    until: dt.datetime,
    changes: Iterable[Change],
    tasks: Sequence[TaskLine],
    slow: Part,
    companies: Part,
    late: bool = False,
    missed: int = 0,
    overrides: Sequence[OverrideLine] = (),
    coverage: Coverage | None = None,
) -> Digest:
    """Put the parts in order: the reader's own deals first, then the newest; tasks by day."""
    net = sorted(net_changes(changes), key=_own_then_newest)
    return Digest(
        period=period,
        since=since,
        until=until,
        late=late,
        missed=missed,
        overdue=sum(task.overdue for task in tasks),
        decisions=_part([c for c in net if c.decision]),
        moves=_part([c for c in net if not c.decision]),
        tasks=_part(sorted(tasks, key=lambda task: (task.due_on, task.title))),
        slow=slow,
        companies=companies,
        overrides=_part(sorted(overrides, key=_own_then_newest)),
        coverage=coverage,
    )


def _own_then_newest(change: Change | OverrideLine) -> tuple[bool, float, int]:
    return (not change.deal.mine, -change.at.timestamp(), change.deal.deal_id)


def _part(lines: Sequence[Any]) -> Part:
    return Part(lines[:LINES_SHOWN], len(lines))
