"""Rows of arrangements that were entered: one a year."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portfolio.extensions import Base


class HolidayYear(Base):
    """The arrangement of one year as an administrator entered it.

    `notice` is the text it was read from; `off` and `made_up` are what was read: days (2027-01-01)
    apart by blanks, days off and weekend days on which one works.
    """

    __tablename__ = "holiday_year"
    __audit__ = "holiday_year"
    __audit_skip__ = ("version", "entered_at")

    id: Mapped[int] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(unique=True)
    notice: Mapped[str]
    source: Mapped[str]
    off: Mapped[str]
    made_up: Mapped[str]
    entered_at: Mapped[dt.datetime]
    entered_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}
