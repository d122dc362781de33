"""Days and instants: strict reading, the day of an instant, ISO weeks."""

import datetime as dt
import re
from zoneinfo import ZoneInfo

from portfolio.kernel.errors import InputError
from portfolio.kernel.text import clean, halfwidth

MONTHS_TO_PUBLISH = 4
SHANGHAI = ZoneInfo("Asia/Shanghai")
_FORMS = (
    re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})(?:[ T]00:00(?::00)?)?"),
    re.compile(r"([0-9]{4})()([0-9]{2})([0-9]{2})"),
    re.compile(r"([0-9]{4})(年)([0-9]{1,2})月([0-9]{1,2})日"),
)


def parse_date(text: str) -> dt.date:
    """A day written as 2026-03-31, 2026/3/31, 2026.3.31, 20260331 or 2026年3月31日.

    Raises InputError `date.malformed` or, for a day that no calendar has, `date.impossible`.
    """
    plain = halfwidth(clean(text))
    match = next((m for form in _FORMS if (m := form.fullmatch(plain))), None)
    if match is None:
        raise InputError("date.malformed", value=text)
    year, month, day = (int(match.group(n)) for n in (1, 3, 4))
    try:
        return dt.date(year, month, day)
    except ValueError as error:
        raise InputError("date.impossible", value=text) from error


def local_date(instant: dt.datetime) -> dt.date:
    """The day of an instant: the one way from instants to days, whatever clock times are shown in.

    Working days, holidays, weeks and what is due go by the calendar of Shanghai.
    """
    return instant.astimezone(SHANGHAI).date()


def start_of(day: dt.date) -> dt.datetime:
    """The instant at which a day begins."""
    return dt.datetime.combine(day, dt.time(), SHANGHAI)


def days_between(start: dt.datetime, end: dt.datetime) -> int:
    """Calendar days from one instant to another."""
    return (local_date(end) - local_date(start)).days


def iso_week(day: dt.date) -> str:
    """The ISO week of a day: 2026-W47."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


def reported_year(day: dt.date) -> int:
    """The latest calendar year whose figures are out: it ended at least four months before."""
    return day.year - 1 if day.month > MONTHS_TO_PUBLISH else day.year - 2


def published_on(year: int) -> dt.date:
    """The first day on which a calendar year's figures are out."""
    return dt.date(year + 1, MONTHS_TO_PUBLISH + 1, 1)


def years_later(day: dt.date, years: int) -> dt.date:
    """The same day so many years later; 1 March where there is no 29 February."""
    return months_later(day, 12 * years)


def months_later(day: dt.date, months: int) -> dt.date:
    """The same day so many months later; where that month has no such day the first of the next."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    try:
        return dt.date(year, month + 1, day.day)
    except ValueError:
        return dt.date(year, month + 2, 1)  # no month without such a day is the last of its year
