"""When digests are due: slots, their period keys, holidays, and what was missed (pure)."""

import calendar as months
import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Protocol
from zoneinfo import ZoneInfo

from portfolio.kernel.calendar import DAY, WorkCalendar
from portfolio.kernel.dates import iso_week
from portfolio.kernel.titles import TitledEnum

Clock = Callable[[], dt.datetime]
WEEK = dt.timedelta(weeks=1)
LAST_DAY = 31
# A slot found this long after its moment is late: readers and /healthz/digest are told so.
LATE_AFTER = dt.timedelta(hours=2)
# A mail tells up to so long before its moment: what was taken back within this time is no news, and
# what bears an earlier stamp but was still being written then is in by now.
SETTLE = dt.timedelta(minutes=2)


class Weekday(TitledEnum):
    """A day of the week, in their order."""

    MON = "mon", "周一", "Monday"
    TUE = "tue", "周二", "Tuesday"
    WED = "wed", "周三", "Wednesday"
    THU = "thu", "周四", "Thursday"
    FRI = "fri", "周五", "Friday"
    SAT = "sat", "周六", "Saturday"
    SUN = "sun", "周日", "Sunday"


WEEKDAYS: Mapping[str, Weekday] = {day.value: day for day in Weekday}


@dataclass(frozen=True)
class Slot:
    """One moment at which a digest is due (UTC), and the period it belongs to."""

    period: str
    due: dt.datetime


class Rule(Protocol):
    """A kind of schedule on the clock of a zone: into which periods it cuts the days, and when
    the digest of one is due."""

    @property
    def zone(self) -> ZoneInfo: ...

    @property
    def searched(self) -> int:
        """How many periods back or ahead the search for slots ends; no holiday is longer."""
        ...

    def start(self, day: dt.date) -> dt.date:
        """The first day of the period that a day lies in."""
        ...

    def begins(self, period: str) -> dt.date:
        """The first day of the period of this key. Raises ValueError for any other text."""
        ...

    def later(self, start: dt.date, count: int) -> dt.date:
        """The first day of the period so many later, or earlier where it is below zero."""
        ...

    def slot(self, calendar: WorkCalendar, start: dt.date) -> Slot | None:
        """The slot of the period that begins on this day; None when it has none."""
        ...


@dataclass(frozen=True)
class Weekly:
    """Once an ISO week: day of the week ("mon"), time on the clock of a zone.

    On a holiday it moves to the next working day. One that reaches the next slot's day gives way
    to that one, so that nobody gets two digests on the first day after a long holiday.
    """

    weekday: str
    at: dt.time
    zone: ZoneInfo
    searched = 26

    def start(self, day: dt.date) -> dt.date:
        """The Monday."""
        return day - day.weekday() * DAY

    def begins(self, period: str) -> dt.date:
        """The Monday of an ISO week (2026-W48)."""
        return dt.date.fromisoformat(f"{period}-1")

    def later(self, start: dt.date, count: int) -> dt.date:
        """The Monday so many weeks later."""
        return start + count * WEEK

    def slot(self, calendar: WorkCalendar, start: dt.date) -> Slot | None:
        """The slot of the week that begins on this Monday."""
        nominal = start + list(WEEKDAYS).index(self.weekday) * DAY
        day = calendar.next_working_day(nominal)
        if day >= nominal + WEEK:
            return None
        return Slot(iso_week(nominal), _moment(day, self.at, self.zone))


@dataclass(frozen=True)
class Daily:
    """Once every working day."""

    at: dt.time
    zone: ZoneInfo
    searched = 60

    def start(self, day: dt.date) -> dt.date:
        """The day itself."""
        return day

    def begins(self, period: str) -> dt.date:
        """The day (2026-11-28)."""
        return dt.date.fromisoformat(period)

    def later(self, start: dt.date, count: int) -> dt.date:
        """The day so many days later."""
        return start + count * DAY

    def slot(self, calendar: WorkCalendar, start: dt.date) -> Slot | None:
        """The slot of the day; none on a day off."""
        if not calendar.is_working_day(start):
            return None
        return Slot(start.isoformat(), _moment(start, self.at, self.zone))


@dataclass(frozen=True)
class Monthly:
    """Once a month, on a day of it; of a month without such a day on its last.

    On a holiday it moves to the next working day, so that the 1st is the first working day.
    """

    day: int
    at: dt.time
    zone: ZoneInfo
    searched = 14

    def start(self, day: dt.date) -> dt.date:
        """The first of the month."""
        return day.replace(day=1)

    def begins(self, period: str) -> dt.date:
        """The first of a month (2026-11)."""
        return dt.date.fromisoformat(f"{period}-01")

    def later(self, start: dt.date, count: int) -> dt.date:
        """The first of the month so many later."""
        year, month = divmod(start.year * 12 + start.month - 1 + count, 12)
        return dt.date(year, month + 1, 1)

    def slot(self, calendar: WorkCalendar, start: dt.date) -> Slot | None:
        """The slot of the month that begins on this day."""
        day = calendar.next_working_day(self._nominal(start))
        if day >= self._nominal(self.later(start, 1)):
            return None
        return Slot(f"{start:%Y-%m}", _moment(day, self.at, self.zone))

    def _nominal(self, start: dt.date) -> dt.date:
        return start.replace(day=min(self.day, months.monthrange(start.year, start.month)[1]))


@dataclass(frozen=True)
class Due:
    """A slot to be planned now; `missed` counts earlier slots that it makes up for."""

    slot: Slot
    late: bool
    missed: int = 0


def _moment(day: dt.date, at: dt.time, zone: ZoneInfo) -> dt.datetime:
    # A time that the clock skips in spring is read as the moment an hour later, one that comes
    # twice in autumn as the first: either way there is exactly one.
    return dt.datetime.combine(day, at, zone).astimezone(dt.UTC)


def slots_back(rule: Rule, calendar: WorkCalendar, now: dt.datetime) -> Iterator[Slot]:
    """Slots that are due at `now`, the newest first."""
    return (slot for slot in _walk(rule, calendar, now, -1) if slot.due <= now)


def slots_ahead(rule: Rule, calendar: WorkCalendar, now: dt.datetime) -> Iterator[Slot]:
    """Slots after `now`, the next first."""
    return (slot for slot in _walk(rule, calendar, now, 1) if slot.due > now)


def _walk(rule: Rule, calendar: WorkCalendar, now: dt.datetime, step: int) -> Iterator[Slot]:
    start = rule.start(now.astimezone(rule.zone).date())
    # A slot that moved may be due in the period after its own, so the walk begins one away.
    for count in range(-1, rule.searched):
        slot = rule.slot(calendar, rule.later(start, step * count))
        if slot is not None:
            yield slot


def upcoming(rule: Rule, calendar: WorkCalendar, now: dt.datetime, count: int = 3) -> list[Slot]:
    """The next slots after `now`."""
    return list(islice(slots_ahead(rule, calendar, now), count))


def slot_of(rule: Rule, calendar: WorkCalendar, day: dt.date) -> Slot | None:
    """The slot of the period that a day lies in, or of the nearest one before that has one."""
    start = rule.start(day)
    found = (rule.slot(calendar, rule.later(start, -n)) for n in range(rule.searched))
    return next((slot for slot in found if slot), None)


def beside(rule: Rule, calendar: WorkCalendar, period: str, step: int) -> Slot | None:
    """The nearest slot of a later period (step 1) or an earlier one (-1)."""
    start = rule.begins(period)
    found = (rule.slot(calendar, rule.later(start, step * n)) for n in range(1, rule.searched))
    return next((slot for slot in found if slot), None)


def before(rule: Rule, calendar: WorkCalendar, moment: dt.datetime) -> dt.datetime:
    """When the slot before a moment was due: from there the digest of that moment tells, where
    its reader was never sent one."""
    earlier = (slot.due for slot in slots_back(rule, calendar, moment) if slot.due < moment)
    return next(earlier, moment - WEEK)


def due(
    rule: Rule,
    calendar: WorkCalendar,
    now: dt.datetime,
    newest_planned: dt.datetime | None,
    subscribed_from: dt.datetime,
) -> Due | None:
    """What is to be planned at `now`: the newest slot due, or None.

    A slot before the subscription began is not due. After downtime only the newest of several
    missed slots is planned. `newest_planned` is the newest slot planned of those that are due by now.
    """
    open_slots = []
    for slot in slots_back(rule, calendar, now):
        if slot.due < subscribed_from or (newest_planned and slot.due <= newest_planned):
            break
        open_slots.append(slot)
    if not open_slots:
        return None
    newest = open_slots[0]
    # Before the first run ever there is nothing that was missed.
    missed = len(open_slots) - 1 if newest_planned else 0
    return Due(newest, late=missed > 0 or now - newest.due >= LATE_AFTER, missed=missed)
