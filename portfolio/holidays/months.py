"""A year as twelve months of weeks, to look at (pure)."""

import calendar
import datetime as dt
from dataclasses import dataclass

from portfolio.kernel.calendar import WorkCalendar


@dataclass(frozen=True)
class Day:
    """A day; `mark` is `off` for a weekday off, `work` for a weekend day worked, else empty."""

    date: dt.date
    working: bool

    @property
    def mark(self) -> str:
        """What differs from an ordinary week."""
        if self.working == (self.date.weekday() < 5):
            return ""
        return "work" if self.working else "off"


Week = list[Day | None]


def months_of(year: int, days: WorkCalendar) -> list[list[Week]]:
    """The weeks of each month, Monday first; None stands for days of the months beside."""
    monday_first = calendar.Calendar()
    return [
        [
            [
                Day(dt.date(year, month, number), days.is_working_day(dt.date(year, month, number)))
                if number
                else None
                for number in week
            ]
            for week in monday_first.monthdayscalendar(year, month)
        ]
        for month in range(1, 13)
    ]


def working_days(year: int, days: WorkCalendar) -> int:
    """How many days of a year one works on."""
    return days.working_days_between(dt.date(year - 1, 12, 31), dt.date(year, 12, 31))
