"""Working days in China: the official arrangement where it is known, else weekends and fixed days.

The arrangement of a year is published late in the year before; years without one fall back to
weekends and fixed-date holidays, and `known` says so. Entered arrangements come in as data.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

import chinese_calendar

# Month and day of the holidays that fall on the same day of every year.
FIXED_HOLIDAYS = frozenset({(1, 1), (5, 1), (10, 1), (10, 2), (10, 3)})
DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class WorkCalendar:
    """`overrides` says for single days whether one works; whole years entered by hand are in
    `entered_years`, whose days are decided by the overrides and weekends alone."""

    overrides: Mapping[dt.date, bool] = field(default_factory=dict)
    entered_years: frozenset[int] = frozenset()

    def known(self, year: int) -> bool:
        """Whether an official arrangement of this year is known."""
        return year in self.entered_years or _published(dt.date(year, 7, 1)) is not None

    def is_working_day(self, day: dt.date) -> bool:
        """Whether one works on this day."""
        if day in self.overrides:
            return self.overrides[day]
        weekday = day.weekday() < 5
        if day.year in self.entered_years:
            return weekday
        published = _published(day)
        if published is not None:
            return published
        return weekday and (day.month, day.day) not in FIXED_HOLIDAYS

    def next_working_day(self, day: dt.date) -> dt.date:
        """The day itself when one works on it, else the first working day after it."""
        while not self.is_working_day(day):
            day += DAY
        return day

    def working_days_between(self, start: dt.date, end: dt.date) -> int:
        """Working days after `start` up to and including `end`; 0 when end is not later."""
        count = 0
        while start < end:
            start += DAY
            count += self.is_working_day(start)
        return count


def _published(day: dt.date) -> bool | None:
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return None
