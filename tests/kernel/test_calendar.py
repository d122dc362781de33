"""Working days in China, in years with and without an official arrangement."""

import datetime as dt

from portfolio.kernel.calendar import WorkCalendar

CHINA = WorkCalendar()


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
