"""Rows of acts that can be taken back: what was done with which object, and how it was before."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portfolio.extensions import Base


class Act(Base):
    """One act that can be undone; the row goes when it is undone, the audit trail keeps both.

    `payload` is JSON that the act's undoer reads: row images, or the values as they were. `label`
    names the object as it was called; `purge_on` is the day from which it cannot be undone.
    """

    __tablename__ = "act"

    id: Mapped[int] = mapped_column(primary_key=True)
    action: Mapped[str]
    object_type: Mapped[str]
    object_id: Mapped[int | None]
    label: Mapped[str] = mapped_column(default="")
    company_id: Mapped[int | None]
    deal_id: Mapped[int | None]
    payload: Mapped[str]
    actor_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    at: Mapped[dt.datetime]
    purge_on: Mapped[dt.date] = mapped_column(index=True)

    __table_args__ = (
        sa.Index("ix_act_object", "object_type", "object_id", "id"),
        sa.Index("ix_act_actor_id_id", "actor_id", "id"),
        sa.Index("ix_act_action_id", "action", "id"),
    )
