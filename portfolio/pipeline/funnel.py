"""How deals pass the stages of a pipeline, told from their stage events alone (pure).

A stay is the time in one stage until the deal stands in another; time at rest (on hold, rejected,
…) is no part of it. It is finished when another stage follows, and then its days count. A stage
that was skipped was not reached, nor is one that an administrator put deals into when a version was
retired: neither the stay before it nor the one there counts as finished. Taken-back events did not happen; events that
change neither stage nor status leave a stay, and its reason, as they are.
"""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, NamedTuple

from portfolio.kernel.calendar import CHINA, WorkCalendar
from portfolio.kernel.errors import InputError
from portfolio.pipeline.flow import Pipeline
from portfolio.pipeline.happened import happened
from portfolio.pipeline.kinds import Status
from portfolio.pipeline.stages import Stage
from portfolio.pipeline.stays import ACTIVE, stays

REASONS_SHOWN = 3
# A finished stay is kept as one number: its stage times this, and its days.
PLACE = 1_000_000


class Happened(NamedTuple):
    """A stage event: its day counts from day 1 of year 1, as `date.toordinal` does."""

    id: int
    stage: str
    status: str
    day: int
    reason: str
    undoes_id: int | None
    carried: bool = False


class Shape(NamedTuple):
    """Which stages a deal reached, and where and how it stands; many deals share one."""

    reached: frozenset[str]
    stage: str
    status: str
    reason: str


class Way(NamedTuple):
    """A deal's way: the day it began, its shape, and its finished stays in both kinds of days."""

    opened: int
    shape: Shape
    calendar: tuple[int, ...]
    working: tuple[int, ...]


class Ledger:
    """The ways of deals, kept small: what is the same of many is held once."""

    def __init__(self, calendar: WorkCalendar = CHINA) -> None:
        self.ways: dict[int, Way] = {}
        self.stages: list[str] = []
        self._places: dict[str, int] = {}
        self._shapes: dict[Shape, Shape] = {}
        self._codes: dict[tuple[int, ...], tuple[int, ...]] = {}
        self._spans: dict[tuple[int, int], int] = {}
        self._calendar = calendar

    def take(self, deal_id: int, events: Sequence[Happened]) -> None:
        """Keep the way of a deal, from all its events, oldest first."""
        if any(event.undoes_id is not None for event in events):
            events = happened(events)
        found = stays([(event.stage, event.status, event.day) for event in events])
        entered = [not stay.first or not events[stay.first].carried for stay in found]
        calendar: list[int] = []
        working: list[int] = []
        for stay, own, following in zip(found, entered, found[1:], strict=False):
            if own and not events[following.first].carried:
                place = self._place(stay.stage) * PLACE
                spans = [(start, end) for start, end in stay.spans if end > start]
                calendar.append(place + sum(end - start for start, end in spans))
                working.append(place + sum(self._worked(start, end) for start, end in spans))
        reached = frozenset(stay.stage for stay, own in zip(found, entered, strict=True) if own)
        last = events[-1]
        reason = "" if last.status == ACTIVE else _reason(events)
        shape = Shape(reached, last.stage, last.status, reason)
        self.ways[deal_id] = Way(
            events[0].day,
            self._shapes.setdefault(shape, shape),
            self._once(calendar),
            self._once(working),
        )

    def _once(self, codes: list[int]) -> tuple[int, ...]:
        found = tuple(codes)
        return self._codes.setdefault(found, found)

    def _place(self, stage: str) -> int:
        if stage not in self._places:
            self._places[stage] = len(self.stages)
            self.stages.append(stage)
        return self._places[stage]

    def _worked(self, start: int, end: int) -> int:
        if (start, end) not in self._spans:
            days = dt.date.fromordinal(start), dt.date.fromordinal(end)
            self._spans[start, end] = self._calendar.working_days_between(*days)
        return self._spans[start, end]


def _reason(events: Sequence[Happened]) -> str:
    """The reason of the latest event; that a version was retired is none, and leaves the one before."""
    return next((event.reason for event in reversed(events) if not event.carried), "")


def nearest_rank(counts: Mapping[int, int], percent: int) -> int | None:
    """The value below or at which `percent` % of all lie, by nearest rank; None without values.

    Of n values in order it is the one at place ceil(percent × n / 100): always one that occurs.
    """
    rank = -(-percent * sum(counts.values()) // 100)
    for value in sorted(counts):
        rank -= counts[value]
        if rank <= 0:
            return value
    return None


def permille(part: int, whole: int) -> int | None:
    """A share in thousandths, rounded half up; None of nothing."""
    return (2000 * part + whole) // (2 * whole) if whole else None


@dataclass(frozen=True)
class Rest:
    """Deals that ended or rest in a stage in one status, with their main reasons by number."""

    status: str
    count: int
    reasons: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Row:
    """One stage. `stays` are finished ones, `median` and `p90` their days by nearest rank.

    `before` is the share, in thousandths, of those that reached the stage before; `start` of all.
    """

    stage: Stage
    reached: int
    before: int | None
    start: int | None
    stays: int
    median: int | None
    p90: int | None
    here: int
    rests: tuple[Rest, ...]


@dataclass(frozen=True)
class Funnel:
    """What became of the deals of a cohort; days are working days where the pipeline says so."""

    entered: int
    working: bool
    rows: tuple[Row, ...]


def funnel_of(
    ledger: Ledger, deal_ids: Sequence[int], pipeline: Pipeline, others: Mapping[str, Stage]
) -> Funnel:
    """The funnel of these deals by the stages of this version, and by those only others had at
    their place in `others`, which stand in order."""
    ways = [ledger.ways[deal_id] for deal_id in deal_ids]
    shapes = Counter(way.shape for way in ways)
    codes = chain.from_iterable(way.working if pipeline.working else way.calendar for way in ways)
    days: dict[str, dict[int, int]] = {}
    for code, number in Counter(codes).items():
        place, length = divmod(code, PLACE)
        days.setdefault(ledger.stages[place], {})[length] = number
    known = [stage.key for stage in pipeline.stages]
    shown = {key for shape in shapes for key in (*shape.reached, shape.stage)} | set(known)
    order = [key for key in others if key in shown]
    order += [key for key in known if key not in order] + sorted(shown - set(order) - set(known))
    rows, before = [], ""
    for key in order:
        stage = _stage(pipeline, key, others)
        rows.append(
            _row(stage, shapes, days.get(key, {}), before if key in known else "", len(ways))
        )
        before = key if key in known else before
    return Funnel(len(ways), pipeline.working, tuple(rows))


def _stage(pipeline: Pipeline, key: str, others: Mapping[str, Stage]) -> Stage:
    """As this version or a former one has it; else as another does, else called by its key."""
    try:
        return pipeline.stage_then(key)
    except InputError:
        bare = Stage(key, key, key, len(pipeline.stages), None, None, "", "")
        return others.get(key, bare)


def _row(
    stage: Stage, shapes: Counter[Shape], days: Mapping[int, int], before: str, entered: int
) -> Row:
    reached = _number(shapes, lambda shape: stage.key in shape.reached)
    source = _number(shapes, lambda shape: before in shape.reached)
    both = _number(shapes, lambda shape: {before, stage.key} <= shape.reached)
    return Row(
        stage=stage,
        reached=reached,
        before=permille(both, source),
        start=permille(reached, entered),
        stays=sum(days.values()),
        median=nearest_rank(days, 50),
        p90=nearest_rank(days, 90),
        here=_number(shapes, lambda s: s.stage == stage.key and s.status == ACTIVE),
        rests=tuple(_rests(shapes, stage.key)),
    )


def _number(shapes: Counter[Shape], asked: Callable[[Shape], bool]) -> int:
    return sum(number for shape, number in shapes.items() if asked(shape))


def _rests(shapes: Counter[Shape], stage: str) -> Iterable[Rest]:
    for status in Status:
        found: Counter[str] = Counter()
        for shape, number in shapes.items():
            if (shape.stage, shape.status) == (stage, status.value) and status.value != ACTIVE:
                found[shape.reason] += number
        if found:
            named = [(code, n) for code, n in found.most_common() if code]
            yield Rest(status.value, found.total(), tuple(named[:REASONS_SHOWN]))


def asked_deals(ledger: Ledger, deal_ids: Iterable[int], what: str, stage: str) -> list[int]:
    """The deals behind a number: `reached`, `left` (a finished stay), `here`, or a status."""
    place = ledger.stages.index(stage) if stage in ledger.stages else -1

    def fits(way: Way) -> bool:
        if what == "left":
            return any(code // PLACE == place for code in way.calendar)
        if what == "reached":
            return stage in way.shape.reached
        status = ACTIVE if what == "here" else what
        return (way.shape.stage, way.shape.status) == (stage, status)

    return [i for i in deal_ids if what == "entered" or fits(ledger.ways[i])]


def first_day(ledger: Ledger, deal_ids: Iterable[int]) -> dt.date | None:
    """The day on which the first of the deals began."""
    days: Any = (ledger.ways[i].opened for i in deal_ids if i in ledger.ways)
    first = min(days, default=None)
    return None if first is None else dt.date.fromordinal(first)
