"""What is done with arrangements: entered, changed, taken away."""

import datetime as dt

from sqlalchemy.exc import IntegrityError

from portfolio.extensions import db
from portfolio.holidays import queries
from portfolio.holidays.models import HolidayYear
from portfolio.holidays.named import missing
from portfolio.holidays.notice import read
from portfolio.kernel.errors import InputError
from portfolio.people.models import User


def enter(
    year: int,
    notice: str,
    source: str,
    seen: int,
    actor: User,
    now: dt.datetime,
    in_part: bool = False,
) -> HolidayYear:
    """Enter or change the arrangement of a year; `seen` is the version that was looked at, 0 where
    there was none; `in_part` says that the notice may leave holidays out. Raises InputError:
    `holiday.*` of the notice, `record.conflict`."""
    found = read(notice, year)
    if missing(notice) and not in_part:
        raise InputError("holiday.in_part")
    row = queries.arrangement(year)
    if (row.version if row else 0) != seen:
        raise InputError("record.conflict")
    if row is None:
        row = HolidayYear(year=year)
        db.session.add(row)
    row.notice, row.source = notice, source
    row.off, row.made_up = found.written
    row.entered_at, row.entered_by_id = now, actor.id
    try:
        db.session.flush()
    except IntegrityError as error:  # two entered the year at the same moment
        raise InputError("record.conflict") from error
    return row


def take_away(row: HolidayYear) -> None:
    """Forget what was entered of a year: what the software knows or assumes holds again."""
    db.session.delete(row)
    db.session.flush()
