"""When a weekly digest is due: slots, their period keys, holidays, and what was missed (pure)."""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from portfolio.kernel.calendar import WorkCalendar
from portfolio.kernel.dates import iso_week

Clock = Callable[[], dt.datetime]
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WEEK = dt.timedelta(weeks=1)
# A slot found this long after its moment is late: readers and /healthz/digest are told so.
LATE_AFTER = dt.timedelta(hours=2)
# No holiday is longer; the search for the latest slot ends here.
WEEKS_BACK = 26


@dataclass(frozen=True)
class Weekly:
    """A weekly schedule: day of the week ("mon"), time on the clock of a zone."""

    weekday: str
    at: dt.time
    zone: ZoneInfo


@dataclass(frozen=True)
class Slot:
    """One moment at which a digest is due (UTC), and the ISO week it belongs to."""

    period: str
    due: dt.datetime


@dataclass(frozen=True)
class Due:
    """A slot to be planned now; `missed` counts earlier slots that it makes up for."""

    slot: Slot
    late: bool
    missed: int = 0


def slot_of_week(schedule: Weekly, calendar: WorkCalendar, monday: dt.date) -> Slot | None:
    """The slot of the week that begins on this Monday; None when it is merged into the next.

    On a holiday it moves to the next working day. One that reaches the next slot's day gives way
    to that one, so that nobody gets two digests on the first day after a long holiday.
    """
    nominal = monday + dt.timedelta(days=WEEKDAYS.index(schedule.weekday))
    day = calendar.next_working_day(nominal)
    if day >= nominal + WEEK:
        return None
    # A time that the clock skips in spring is read as the moment an hour later, one that comes
    # twice in autumn as the first: either way there is exactly one.
    local = dt.datetime.combine(day, schedule.at, schedule.zone)
    return Slot(iso_week(nominal), local.astimezone(dt.UTC))


def slots_back(schedule: Weekly, calendar: WorkCalendar, now: dt.datetime) -> Iterator[Slot]:
    """Slots that are due at `now`, the newest first."""
    monday = _monday(now, schedule.zone)
    for weeks in range(WEEKS_BACK):
        slot = slot_of_week(schedule, calendar, monday - weeks * WEEK)
        if slot is not None and slot.due <= now:
            yield slot


def upcoming(
    schedule: Weekly, calendar: WorkCalendar, now: dt.datetime, count: int = 3
) -> list[Slot]:
    """The next slots after `now`."""
    monday = _monday(now, schedule.zone)
    found: list[Slot] = []
    for weeks in range(WEEKS_BACK):
        slot = slot_of_week(schedule, calendar, monday + weeks * WEEK)
        if slot is not None and slot.due > now:
            found.append(slot)
        if len(found) == count:
            break
    return found


def due(
    schedule: Weekly,
    calendar: WorkCalendar,
    now: dt.datetime,
    newest_planned: dt.datetime | None,
    subscribed_from: dt.datetime,
) -> Due | None:
    """What is to be planned at `now`: the newest slot due, or None.

    A slot before the subscription began is not due. After downtime only the newest of several
    missed slots is planned. A clock that went back finds nothing newer than what was planned.
    """
    open_slots = []
    for slot in slots_back(schedule, calendar, now):
        if slot.due < subscribed_from or (newest_planned and slot.due <= newest_planned):
            break
        open_slots.append(slot)
    if not open_slots:
        return None
    newest = open_slots[0]
    # Before the first run ever there is nothing that was missed.
    missed = len(open_slots) - 1 if newest_planned else 0
    return Due(newest, late=missed > 0 or now - newest.due >= LATE_AFTER, missed=missed)


def _monday(now: dt.datetime, zone: ZoneInfo) -> dt.date:
    day = now.astimezone(zone).date()
    return day - dt.timedelta(days=day.weekday())
