"""Rows of meetings: the meeting, who is invited, and the deals on its agenda."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portfolio.extensions import Base
from portfolio.meetings.kinds import State


class Meeting(Base):
    """A meeting of a committee. `kind` is one of kinds.toml; without a title it is called by that.

    `reason` says why it was cancelled. What changes its agenda leaves its row alone, so that the
    row tells nothing of deals that a reader may not know of.
    """

    __tablename__ = "meeting"
    __audit__ = "meeting"
    __audit_skip__ = ("version", "updated_at")
    __audit_enums__ = {"state": State}

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    title: Mapped[str] = mapped_column(default="")
    starts_at: Mapped[dt.datetime] = mapped_column(index=True)
    ends_at: Mapped[dt.datetime] = mapped_column(index=True)
    place: Mapped[str] = mapped_column(default="")
    online_link: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(default=State.PLANNED.value)
    reason: Mapped[str] = mapped_column(default="")
    created_at: Mapped[dt.datetime]
    created_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    updated_at: Mapped[dt.datetime]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}

    @property
    def planned(self) -> bool:
        """Whether it is still to come, so that it and its agenda may be changed."""
        return self.state == State.PLANNED.value


class MeetingPerson(Base):
    """One person who is invited by name."""

    __tablename__ = "meeting_person"
    __audit__ = "meeting_person"

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(sa.ForeignKey("meeting.id"))
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))

    __table_args__ = (
        sa.UniqueConstraint("meeting_id", "user_id"),
        sa.Index("ix_meeting_person_user_id_meeting_id", "user_id", "meeting_id"),
    )


class AgendaItem(Base):
    """A deal on the agenda: what is asked about it, how many minutes it has, who presents it.

    `turn` orders an agenda; only the order of its values means something. The trail leaves it out:
    the numbers would tell how many items there are that its reader may not know of.
    """

    __tablename__ = "agenda_item"
    __audit__ = "agenda_item"
    __audit_skip__ = ("version", "turn")

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(sa.ForeignKey("meeting.id"))
    deal_id: Mapped[int] = mapped_column(sa.ForeignKey("deal.id"), index=True)
    turn: Mapped[int]
    ask: Mapped[str]
    minutes: Mapped[int]
    presenter_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"), index=True)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}
    __table_args__ = (sa.UniqueConstraint("meeting_id", "deal_id"),)
