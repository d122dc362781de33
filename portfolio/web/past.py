"""The past day that a page is asked for, and the instant up to which it then tells."""

import datetime as dt

from flask import request

from portfolio.kernel.dates import parse_date, start_of
from portfolio.kernel.errors import InputError
from portfolio.web.formatting import today


def asked_day() -> dt.date | None:
    """The day in `as_of`; today means now and is None.

    Raises InputError `date.malformed`, `date.impossible` or `date.ahead`.
    """
    text = request.args.get("as_of", "").strip()
    if not text:
        return None
    day = parse_date(text)
    if day > today():
        raise InputError("date.ahead", value=text)
    return day if day < today() else None


def end_of(day: dt.date) -> dt.datetime:
    """The last instant of a day."""
    return start_of(day + dt.timedelta(days=1)) - dt.timedelta(microseconds=1)
