"""Rows of ways through the library: suggestions from every description."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portfolio.extensions import Base


class SuggestionRun(Base):
    """One way through the library. It goes on behind `last_id` when whoever did it is gone: whose
    lease has run out is gone."""

    __tablename__ = "suggestion_run"

    id: Mapped[int] = mapped_column(primary_key=True)
    asked_at: Mapped[dt.datetime]
    asked_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    lease_until: Mapped[dt.datetime | None]
    ended_at: Mapped[dt.datetime | None]
    last_id: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    added: Mapped[int] = mapped_column(default=0)
    withdrawn: Mapped[int] = mapped_column(default=0)

    __table_args__ = {"sqlite_autoincrement": True}


class SuggestionOwed(Base):
    """A company whose texts changed since its suggestions were made. One that is owed twice is
    settled once; one that is gone meanwhile, never."""

    __tablename__ = "suggestion_owed"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int]

    __table_args__ = (sa.Index("ix_suggestion_owed_company_id", "company_id"),)
