"""Clock times of meetings: read as typed, and put together with a day (pure)."""

import datetime as dt
import re

from portfolio.kernel.errors import InputError
from portfolio.kernel.text import clean, halfwidth

_CLOCK = re.compile(r"([0-9]{1,2})[:.]?([0-9]{2})")


def read_clock(text: str) -> dt.time:
    """A time of day written as 9:30, 09:30, 0930 or 9：30.

    Raises InputError `clock.malformed`.
    """
    match = _CLOCK.fullmatch(halfwidth(clean(text)))
    try:
        if match is None:
            raise ValueError
        return dt.time(int(match.group(1)), int(match.group(2)))
    except ValueError as error:
        raise InputError("clock.malformed", value=text) from error


def clock_text(time: dt.time) -> str:
    """A time of day as a browser's field for times writes it."""
    return time.strftime("%H:%M")


def instant(day: dt.date, time: dt.time, zone: dt.tzinfo) -> dt.datetime:
    """The instant at which a clock of this zone shows a time on a day."""
    return dt.datetime.combine(day, time, zone).astimezone(dt.UTC)
