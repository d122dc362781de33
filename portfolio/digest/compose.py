"""What stands in a digest and in which order: plain values, no words of any language (pure)."""

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from portfolio.digest import windows
from portfolio.digest.lines import DECIDED, REJECTED, Change, Line
from portfolio.digest.readers import Kind, NumberKind

LINES_SHOWN = 8
SHORT, MOST_URGENT = 8, 5
# Between how long and how long a digest's time may be to be called a day or a week: a holiday moves it by
# a day or so.
WEEK, DAILY = "week", re.compile(r"\d{4}-\d{2}-\d{2}")
STRETCHES = (
    ("day", dt.timedelta(hours=12), dt.timedelta(hours=36)),
    (WEEK, dt.timedelta(days=6), dt.timedelta(days=8)),
)


def stretch_of(long: dt.timedelta, period: str) -> str:
    """What a time is called: a "day" or a "week" where it is about as long, and "" where it is not; a
    week is none of a brief that is late by holidays."""
    name = next((name for name, least, most in STRETCHES if least <= long <= most), "")
    return "" if name == WEEK and DAILY.fullmatch(period) else name


@dataclass(frozen=True)
class Cut:
    """Which lines of a part are shown: `most` of them from `first` on."""

    first: int = 0
    most: int = LINES_SHOWN

    @property
    def end(self) -> int:
        """How many lines come before the first that is left out behind."""
        return self.first + self.most

    def of(self, lines: Sequence[Any]) -> Sequence[Any]:
        """Those lines of a whole list."""
        return lines[self.first : self.end]


FIRST = Cut()
# Of what does not wait for the reader.
BRIEF = Cut(0, 5)


@dataclass(frozen=True)
class Part:
    """One part of the digest: the lines shown, and how many there are in all; of those `overdue`.
    `heads` of the lines shown stand above others and are not counted."""

    lines: Sequence[Line] = ()
    total: int = 0
    overdue: int = 0
    heads: int = 0

    @property
    def more(self) -> int:
        """How many are left for the page behind the link."""
        return self.total - len(self.lines) + self.heads


@dataclass(frozen=True)
class Section:
    """A part under its title."""

    kind: Kind
    part: Part


@dataclass(frozen=True)
class Number:
    """One of the numbers at the top, beside what it was the time before."""

    kind: NumberKind
    now: int
    before: int

    @property
    def change(self) -> int:
        """The difference."""
        return self.now - self.before


@dataclass(frozen=True)
class Digest:
    """Everything one reader is told for one period."""

    period: str
    since: dt.datetime
    until: dt.datetime
    sections: Sequence[Section] = ()
    numbers: Sequence[Number] = ()
    late: bool = False
    missed: int = 0

    def part(self, key: str) -> Part:
        """A part by its key; an empty one where the reader does not get it."""
        return next((s.part for s in self.sections if s.kind.key == key), Part())

    def path_of(self, kind: Kind | NumberKind) -> str:
        """Where all of a part, or all that a number counts, is listed."""
        return kind.page or windows.path_of(kind.place, self.since, self.until)

    @property
    def stretch(self) -> str:
        """What the time that the numbers are of is called: a "week", a "day" or ""."""
        return stretch_of(self.until - self.since, self.period)

    @property
    def before(self) -> dt.datetime:
        """From when on the numbers of the time before are: it is as long."""
        return self.since - (self.until - self.since)

    @property
    def overdue(self) -> int:
        """How many things are overdue."""
        return sum(section.part.overdue for section in self.sections)

    @cached_property
    def news(self) -> Sequence[Section]:
        """The parts that have something to tell."""
        return [s for s in self.sections if s.part.total and not s.kind.standing]

    @property
    def told(self) -> Sequence[Section]:
        """The parts with lines, in order; none in a time without news."""
        return [s for s in self.sections if s.part.lines] if self.news else []

    @property
    def short(self) -> Sequence[Section]:
        """What the account at the top has: first what waits for the reader, which leaves room for what
        happened."""
        urgent = [section for section in self.news if section.kind.urgent]
        others = [section for section in self.news if not section.kind.urgent]
        room = max(MOST_URGENT, SHORT - len(others))
        return [*urgent[:room], *others][:SHORT]

    @property
    def empty(self) -> bool:
        """Whether there is nothing to tell."""
        return not self.news

    @cached_property
    def _lines(self) -> Sequence[Line]:
        return [line for section in self.told for line in section.part.lines]

    @property
    def deal_ids(self) -> frozenset[int]:
        """The deals that are named, to be checked again right before sending."""
        return frozenset().union(*(line.deals for line in self._lines))

    @property
    def by_code_ids(self) -> frozenset[int]:
        """Those of them that are named by their codes alone."""
        return frozenset().union(*(line.by_code for line in self._lines))

    @property
    def terms_ids(self) -> frozenset[int]:
        """The deals of which terms are told."""
        return frozenset().union(*(line.terms for line in self._lines))

    @property
    def company_ids(self) -> frozenset[int]:
        """The companies that are named."""
        return frozenset().union(*(line.companies for line in self._lines))

    @property
    def meeting_ids(self) -> frozenset[int]:
        """The meetings that are named."""
        return frozenset().union(*(line.meetings for line in self._lines))

    @property
    def overriding_ids(self) -> frozenset[int]:
        """The deals of which overriding is told."""
        return frozenset().union(*(line.overriding for line in self._lines))

    @property
    def keys(self) -> frozenset[str]:
        """The parts that are told: who lost the role that reads one gets the mail made anew."""
        return frozenset(section.kind.key for section in self.told)


def net_changes(changes: Iterable[Change]) -> list[Change]:
    """One change per deal, from where it stood before the window to where it stands now.

    `changes` come oldest first. What moved and moved back is no news; the last event says who,
    when and why, but where the deal passed its committee on the way, that event does.
    """
    first: dict[int, Change] = {}
    last: dict[int, Change] = {}
    passed: dict[int, Change] = {}
    overrode: dict[int, Sequence[Any]] = {}
    for change in changes:
        first.setdefault(change.deal.deal_id, change)
        last[change.deal.deal_id] = change
        if change.onward_from_committee:
            passed[change.deal.deal_id] = change
        if change.overrode is not None:
            overrode[change.deal.deal_id] = change.overrode
    merged = [
        replace(_merged(first[key], end, passed.get(key)), overrode=overrode.get(key))
        for key, end in last.items()
    ]
    return [c for c in merged if (c.from_stage, c.from_status) != (c.to_stage, c.to_status)]


def _merged(first: Change, end: Change, way_out: Change | None) -> Change:
    whole = replace(end, from_stage=first.from_stage, from_status=first.from_status)
    if way_out is None or not end.beyond(way_out.from_stage):
        return whole  # or it was brought back before its committee
    whole = replace(whole, passed=way_out.from_stage)
    if whole.ended:
        return whole  # who ended it decided last
    return replace(whole, at=way_out.at, by=way_out.by, note=way_out.note, reason=way_out.reason)


# What is counted of the net changes of a time.
COUNTS: dict[str, Any] = {
    "leads": lambda change: change.from_stage is None,
    "forward": lambda change: change.forward and change.to_status.value not in DECIDED,
    "decided": lambda change: change.decision,
    "rejected": lambda change: change.changed_status and change.to_status.value == REJECTED,
}


def counted(changes: Sequence[Change]) -> dict[str, int]:
    """The numbers that net changes come to."""
    return {name: sum(map(fits, changes)) for name, fits in COUNTS.items()}


def own_then_newest(line: Any) -> tuple[bool, float, int]:
    """To sort lines about deals by: the reader's own first, then the newest."""
    return (not line.deal.mine, -line.at.timestamp(), line.deal.deal_id)


def part_of(lines: Sequence[Any], cut: Cut = FIRST, overdue: int = 0) -> Part:
    """A part that shows some of its lines."""
    return Part(cut.of(lines), len(lines), overdue)
