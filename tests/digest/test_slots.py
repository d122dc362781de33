"""When digests are due: holidays, merged slots, year ends, clock changes, downtime."""

import datetime as dt
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio.digest import kinds, slots
from portfolio.kernel.calendar import WorkCalendar

SHANGHAI = ZoneInfo("Asia/Shanghai")
WEEKLY = slots.Weekly("mon", dt.time(8, 30), SHANGHAI)
OFFICIAL = WorkCalendar()
# A calendar in which every day is worked, so that only weeks and clocks matter.
PLAIN = WorkCalendar(entered_years=frozenset(range(1990, 2100)))
LONG_AGO = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
ZONES = ("Asia/Shanghai", "Europe/Helsinki", "America/New_York")


def local(*parts: int) -> dt.datetime:
    return dt.datetime(*parts, tzinfo=SHANGHAI)


def slot(year: int, month: int, day: int, calendar: WorkCalendar = OFFICIAL) -> slots.Slot | None:
    return WEEKLY.slot(calendar, dt.date(year, month, day))


def test_an_ordinary_monday_is_due_at_half_past_eight() -> None:
    assert slot(2026, 11, 23) == slots.Slot("2026-W48", local(2026, 11, 23, 8, 30))


def test_a_holiday_moves_the_slot_to_the_next_working_day() -> None:
    # 2025-05-05 is the last day of the May holiday.
    assert slot(2025, 5, 5) == slots.Slot("2025-W19", local(2025, 5, 6, 8, 30))


def test_a_slot_that_reaches_the_next_ones_day_is_merged_into_it() -> None:
    days = {dt.date(2030, 3, 4) + dt.timedelta(days=n): False for n in range(7)}
    calendar = WorkCalendar(overrides=days, entered_years=frozenset({2030}))
    assert slot(2030, 3, 4, calendar) is None
    assert slot(2030, 3, 11, calendar) == slots.Slot("2030-W11", local(2030, 3, 11, 8, 30))


def test_a_make_up_sunday_is_a_working_day() -> None:
    # The spring holiday of 2024 ran to Saturday 17 February; one worked on Sunday the 18th.
    assert slot(2024, 2, 12) == slots.Slot("2024-W07", local(2024, 2, 18, 8, 30))


def test_the_period_of_a_moved_slot_stays_that_of_its_week() -> None:
    saturday = slots.Weekly("sat", dt.time(9), SHANGHAI)
    moved = saturday.slot(OFFICIAL, dt.date(2026, 11, 23))
    assert moved == slots.Slot("2026-W48", local(2026, 11, 30, 9))


def test_week_53_is_followed_by_week_1_of_the_next_year() -> None:
    # 2026 has 53 ISO weeks; 1 January 2027 is a Friday of its last.
    found = [slot(2026, 12, 21), slot(2026, 12, 28), slot(2027, 1, 4)]
    assert [s.period for s in found if s] == ["2026-W52", "2026-W53", "2027-W01"]


@pytest.mark.parametrize("zone", ZONES)
def test_every_week_of_thirty_years_has_one_slot_at_the_local_time(zone: str) -> None:
    schedule = slots.Weekly("mon", dt.time(8, 30), ZoneInfo(zone))
    monday, seen = dt.date(2010, 1, 4), []
    while monday.year < 2040:
        found = schedule.slot(PLAIN, monday)
        assert found is not None
        assert found.due.astimezone(schedule.zone).time() == dt.time(8, 30)
        seen.append(found)
        monday += slots.WEEK
    assert len({s.period for s in seen}) == len(seen)
    assert [s.due for s in seen] == sorted(s.due for s in seen)


@pytest.mark.parametrize(
    ("zone", "monday"),
    [
        ("Europe/Helsinki", dt.date(2026, 3, 23)),
        ("Europe/Helsinki", dt.date(2026, 10, 19)),
        ("America/New_York", dt.date(2026, 3, 2)),
        ("America/New_York", dt.date(2026, 10, 26)),
        ("Asia/Shanghai", dt.date(1988, 4, 11)),
    ],
)
def test_the_night_the_clock_changes_has_exactly_one_slot(zone: str, monday: dt.date) -> None:
    calendar = WorkCalendar({monday + dt.timedelta(days=6): True})
    for hour in (0, 1, 2, 3):
        schedule = slots.Weekly("sun", dt.time(hour, 30), ZoneInfo(zone))
        found = schedule.slot(calendar, monday)
        assert found is not None
        moment, planned = monday_before(found.due), []
        while moment < found.due + dt.timedelta(hours=6):
            due = slots.due(schedule, calendar, moment, planned[-1] if planned else None, found.due)
            planned += [due.slot.due] if due else []
            moment += dt.timedelta(minutes=10)
        assert planned == [found.due]


def monday_before(due: dt.datetime) -> dt.datetime:
    return due - dt.timedelta(hours=6)


def test_nothing_is_due_before_the_moment_and_something_is_at_it() -> None:
    due = local(2026, 11, 23, 8, 30)
    newest = due - slots.WEEK
    assert slots.due(WEEKLY, OFFICIAL, due - dt.timedelta(seconds=1), newest, LONG_AGO) is None
    found = slots.due(WEEKLY, OFFICIAL, due, newest, LONG_AGO)
    assert found == slots.Due(slots.Slot("2026-W48", due), late=False, missed=0)


def test_a_slot_before_the_subscription_is_not_due() -> None:
    now = local(2026, 11, 24, 9)
    assert slots.due(WEEKLY, OFFICIAL, now, None, local(2026, 11, 23, 8, 31)) is None
    assert slots.due(WEEKLY, OFFICIAL, now, None, local(2026, 11, 23, 8, 30)) is not None


def test_after_three_weeks_off_only_the_newest_is_planned_and_marked_late() -> None:
    newest = local(2026, 11, 2, 8, 30)
    found = slots.due(WEEKLY, OFFICIAL, local(2026, 11, 23, 8, 45), newest, LONG_AGO)
    assert found is not None and found.slot.period == "2026-W48"
    assert found.late and found.missed == 2


def test_a_slot_found_two_hours_later_is_late() -> None:
    newest = local(2026, 11, 16, 8, 30)
    found = slots.due(WEEKLY, OFFICIAL, local(2026, 11, 23, 10, 30), newest, LONG_AGO)
    assert found is not None and found.late and found.missed == 0


def test_a_clock_that_went_back_finds_nothing() -> None:
    newest = local(2026, 11, 23, 8, 30)
    for days in (0, 1, 10, 300):
        now = newest - dt.timedelta(days=days)
        assert slots.due(WEEKLY, OFFICIAL, now, newest, LONG_AGO) is None


def test_the_next_slots_lie_ahead_in_order() -> None:
    now = local(2026, 11, 24, 9)
    periods = [s.period for s in slots.upcoming(WEEKLY, OFFICIAL, now)]
    assert periods == ["2026-W49", "2026-W50", "2026-W51"]


def test_a_weekly_digest_comes_on_the_day_that_its_schedule_is_called_by() -> None:
    week = dt.date(2026, 11, 23)
    for day in (day for day in slots.Weekday if day not in {"sat", "sun"}):
        found = slots.Weekly(day.value, dt.time(9), SHANGHAI).slot(OFFICIAL, week)
        assert found is not None and f"{found.due:%A}" == day.en


def test_a_slot_that_moved_behind_its_week_is_still_ahead_there() -> None:
    saturday = slots.Weekly("sat", dt.time(9), SHANGHAI)
    early_monday = local(2026, 11, 30, 8)
    assert slots.upcoming(saturday, OFFICIAL, early_monday, 1)[0].period == "2026-W48"


def test_a_daily_brief_comes_on_working_days_alone() -> None:
    daily = slots.Daily(dt.time(8), SHANGHAI)
    friday = local(2024, 2, 9, 9)  # the spring holiday ran to the 17th; Sunday the 18th was worked
    found = [s.period for s in slots.upcoming(daily, OFFICIAL, friday)]
    assert found == ["2024-02-18", "2024-02-19", "2024-02-20"]
    monday = slots.Slot("2026-11-30", local(2026, 11, 30, 8))
    assert slots.before(daily, OFFICIAL, monday.due) == local(2026, 11, 27, 8)
    assert slots.slot_of(daily, OFFICIAL, dt.date(2026, 11, 29)) == slots.Slot(
        "2026-11-27", local(2026, 11, 27, 8)
    )


def test_a_monthly_report_is_called_by_the_month_that_it_tells_of() -> None:
    told = [kinds.month_told("2026-01", day) for day in (1, 15, 16, 31)]
    assert told == [dt.date(2025, 12, 1)] * 2 + [dt.date(2026, 1, 1)] * 2


@pytest.mark.parametrize(
    ("day", "month", "due"),
    [
        (1, (2026, 10), (2026, 10, 8)),  # behind the national holiday
        (1, (2027, 1), (2027, 1, 4)),
        (31, (2027, 2), (2027, 3, 1)),  # 28 February is a Sunday
        (31, (2028, 2), (2028, 2, 29)),
        (15, (2026, 12), (2026, 12, 15)),
    ],
)
def test_a_monthly_report_keeps_its_month_whatever_day_it_has(
    day: int, month: tuple[int, int], due: tuple[int, int, int]
) -> None:
    monthly = slots.Monthly(day, dt.time(8, 30), SHANGHAI)
    found = monthly.slot(OFFICIAL, dt.date(*month, 1))
    assert found == slots.Slot("{}-{:02d}".format(*month), local(*due, 8, 30))


hours = st.integers(0, 23)
timings = st.builds(
    kinds.Timing,
    kind=st.sampled_from(kinds.TIMED),
    weekday=st.sampled_from(list(slots.WEEKDAYS)),
    month_day=st.integers(1, 31),
    at=st.builds(dt.time, hours, st.sampled_from([0, 30])),
    zone=st.sampled_from(ZONES),
)


@given(timing=timings, day=st.dates(dt.date(1985, 1, 1), dt.date(2040, 1, 1)))
def test_slots_of_any_kind_follow_each_other_each_period_once(
    timing: kinds.Timing, day: dt.date
) -> None:
    rule, moment = timing.rule, dt.datetime.combine(day, dt.time(11), dt.UTC)
    found = slots.upcoming(rule, OFFICIAL, moment, 6)
    assert len(found) == 6 and found[0].due > moment
    assert [s.due for s in found] == sorted({s.due for s in found})
    assert [s.period for s in found] == sorted({s.period for s in found})
    for one, following in pairwise(found):
        local_day = one.due.astimezone(rule.zone).date()
        assert OFFICIAL.is_working_day(local_day)
        assert slots.before(rule, OFFICIAL, following.due) == one.due
        due = slots.due(rule, OFFICIAL, following.due, one.due, one.due)
        assert due == slots.Due(following, late=False, missed=0)
        assert next(slots.slots_back(rule, OFFICIAL, one.due)) == one


@given(jumps=st.lists(st.integers(-40 * 24, 40 * 24), min_size=1, max_size=12), timing=timings)
def test_however_the_clock_jumps_each_period_is_planned_at_most_once(
    jumps: list[int], timing: kinds.Timing
) -> None:
    schedule = timing.rule
    now = begun = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)
    planned: list[slots.Slot] = []
    for hours in jumps:
        now += dt.timedelta(hours=hours)
        newest = planned[-1].due if planned else None
        found = slots.due(schedule, OFFICIAL, now, newest, begun)
        if found:
            assert begun <= found.slot.due <= now
            planned.append(found.slot)
        assert slots.due(schedule, OFFICIAL, now, planned[-1].due if planned else None, begun) is (
            None
        )
    assert len({s.period for s in planned}) == len(planned)
    assert [s.due for s in planned] == sorted(s.due for s in planned)
