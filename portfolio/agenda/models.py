"""Rows of calendar feeds: one a person who asked for it."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portfolio.extensions import Base


class AgendaFeed(Base):
    """That a person has a feed. Its address is signed with `serial`: a new one ends the old address."""

    __tablename__ = "agenda_feed"
    __audit__ = "agenda_feed"
    __audit_skip__ = ("serial",)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"), unique=True)
    serial: Mapped[str]
    opened_at: Mapped[dt.datetime]
