"""Working days in China: the official arrangement where it is known, else weekends and fixed days.

The arrangement of a year is published late in the year before; years without one fall back to
weekends and fixed-date holidays, and `known` says so. Entered arrangements come in as data.
"""

import datetime as dt
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate

import chinese_calendar

# Month and day of the holidays that fall on the same day of every year.
FIXED_HOLIDAYS = frozenset({(1, 1), (5, 1), (10, 1), (10, 2), (10, 3)})
DAY = dt.timedelta(days=1)


@dataclass(frozen=True, eq=False)  # each is known by itself, and so can be a key
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
        if end <= start:
            return 0
        whole = sum(self._of_year(year)[-1] for year in range(start.year, end.year))
        return whole + self._so_far(end) - self._so_far(start)

    def latest_start(self, end: dt.date, days: int) -> dt.date:
        """The latest day after which there are at least `days` working days until `end`."""
        wanted = self._so_far(end) - max(0, days)
        year = end.year
        while wanted < 0:
            year -= 1
            wanted += self._of_year(year)[-1]
        last = bisect_right(self._of_year(year), wanted) - 1
        return min(end, dt.date(year, 1, 1) + (last - 1) * DAY)

    def unknown_years(self, start: dt.date, end: dt.date) -> list[int]:
        """The years of a stretch of days for which no official arrangement is known."""
        return [year for year in range(start.year, end.year + 1) if not self.known(year)]

    def _so_far(self, day: dt.date) -> int:
        return self._of_year(day.year)[day.timetuple().tm_yday]

    def _of_year(self, year: int) -> tuple[int, ...]:
        """At `n`, the working days among the first `n` days of the year; counted once a year."""
        if year not in self._counted:
            first = dt.date(year, 1, 1)
            length = (dt.date(year, 12, 31) - first).days + 1
            working = (self.is_working_day(first + n * DAY) for n in range(length))
            self._counted[year] = tuple(accumulate(working, initial=0))
        return self._counted[year]

    @cached_property
    def _counted(self) -> dict[int, tuple[int, ...]]:
        return {}


CHINA = WorkCalendar()


def _published(day: dt.date) -> bool | None:
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return None
