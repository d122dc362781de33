"""Working days in China, in years with and without an official arrangement."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from portfolio.kernel.calendar import CHINA, WorkCalendar


def test_the_official_arrangement_moves_working_days() -> None:
    assert CHINA.known(2025)
    assert not CHINA.is_working_day(dt.date(2025, 10, 8))
    assert CHINA.is_working_day(dt.date(2025, 10, 11))  # a Saturday made up for
    assert CHINA.next_working_day(dt.date(2025, 10, 1)) == dt.date(2025, 10, 9)


def test_an_unknown_year_says_so_and_has_weekends_and_fixed_days() -> None:
    assert not CHINA.known(2090)
    assert not CHINA.is_working_day(dt.date(2090, 10, 2))  # a Monday
    assert not CHINA.is_working_day(dt.date(2090, 10, 7))  # a Saturday
    assert CHINA.is_working_day(dt.date(2090, 10, 4))


def test_an_arrangement_entered_by_hand_decides() -> None:
    entered = WorkCalendar({dt.date(2090, 2, 1): False}, frozenset({2090}))
    assert entered.known(2090)
    assert not entered.is_working_day(dt.date(2090, 2, 1))
    assert entered.is_working_day(dt.date(2090, 10, 2))
    moved = WorkCalendar({dt.date(2025, 10, 8): True})
    assert moved.is_working_day(dt.date(2025, 10, 8))


def test_working_days_are_counted_after_the_first_day() -> None:
    friday, monday = dt.date(2025, 11, 21), dt.date(2025, 11, 24)
    assert CHINA.working_days_between(friday, monday) == 1
    assert CHINA.working_days_between(monday, friday) == 0


HAND = WorkCalendar(
    {dt.date(2030, 2, day): day % 2 == 0 for day in range(1, 29)}, frozenset({2029, 2030})
)
DAYS = st.dates(dt.date(2023, 11, 1), dt.date(2031, 3, 1))


def counted_one_by_one(calendar: WorkCalendar, start: dt.date, end: dt.date) -> int:
    days = (start + dt.timedelta(days=n) for n in range(1, (end - start).days + 1))
    return sum(calendar.is_working_day(day) for day in days)


@given(DAYS, DAYS, st.sampled_from([CHINA, HAND]))
def test_counts_kept_by_year_are_those_of_counting_day_by_day(start, end, calendar) -> None:
    assert calendar.working_days_between(start, end) == counted_one_by_one(calendar, start, end)


@given(DAYS, st.integers(0, 700), st.sampled_from([CHINA, HAND]))
def test_the_latest_start_leaves_just_so_many_working_days(end, days, calendar) -> None:
    start = calendar.latest_start(end, days)
    assert calendar.working_days_between(start, end) == days
    assert start == end or calendar.working_days_between(start + dt.timedelta(1), end) < days


def test_years_without_an_arrangement_are_named() -> None:
    assert CHINA.unknown_years(dt.date(2025, 12, 1), dt.date(2026, 1, 5)) == []
    entered = WorkCalendar(entered_years=frozenset({2089, 2090}))
    assert entered.unknown_years(dt.date(2088, 1, 1), dt.date(2091, 1, 1)) == [2088, 2091]
