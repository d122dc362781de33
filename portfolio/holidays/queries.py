"""Reads of the working days in force."""

import datetime as dt
from collections.abc import Sequence
from functools import lru_cache

import sqlalchemy as sa

from portfolio.extensions import db, kept
from portfolio.holidays.models import HolidayYear
from portfolio.holidays.named import missing
from portfolio.kernel.calendar import WorkCalendar


def entered() -> Sequence[HolidayYear]:
    """Every arrangement that was entered, the latest year first."""
    rows = sa.select(HolidayYear).order_by(HolidayYear.year.desc())
    return kept("holidays.entered", lambda: db.session.scalars(rows).all())


def arrangement(year: int) -> HolidayYear | None:
    """What was entered of a year."""
    return next((row for row in entered() if row.year == year), None)


def calendar() -> WorkCalendar:
    """The working days as they stand: what was entered, before what is known of a year."""
    rows = reversed(entered())
    return calendar_of(
        tuple((row.year, row.off, row.made_up, not missing(row.notice)) for row in rows)
    )


@lru_cache(maxsize=16)  # it counts the days of a year once; equal arrangements are one calendar
def calendar_of(years: tuple[tuple[int, str, str, bool], ...]) -> WorkCalendar:
    """The calendar of arrangements, each a year with its days off and those made up, and whether that
    is the whole of it: of one in part the other days stay what is known or assumed of them."""
    overrides: dict[dt.date, bool] = {}
    for _, off, made_up, _ in years:
        overrides |= dict.fromkeys(map(dt.date.fromisoformat, off.split()), False)
        overrides |= dict.fromkeys(map(dt.date.fromisoformat, made_up.split()), True)
    return WorkCalendar(overrides, frozenset(year for year, *_, whole in years if whole))
