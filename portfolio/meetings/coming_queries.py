"""The meetings that a person attends, with the agenda lines that they may see: the next one for a
digest, all of a stretch of time for a calendar."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from portfolio.extensions import db
from portfolio.meetings import item_queries, queries
from portfolio.meetings.item_queries import Line
from portfolio.meetings.kinds import KINDS, Kind, State
from portfolio.meetings.models import Meeting
from portfolio.people.models import User


@dataclass(frozen=True)
class Coming:
    """A meeting for one of those who attend it, with the lines that this person may see."""

    meeting: Meeting
    kind: Kind
    lines: Sequence[Line]

    @property
    def path(self) -> str:
        """The page of the meeting."""
        return f"/meetings/{self.meeting.id}"


def next_meeting_for(user: User, now: dt.datetime) -> Coming | None:
    """The next planned meeting that a person attends and that is not over; None where there is none."""
    query = sa.select(Meeting).where(
        Meeting.state == State.PLANNED.value, Meeting.ends_at >= now, queries.attended(user)
    )
    meeting = db.session.scalar(query.order_by(Meeting.starts_at, Meeting.id).limit(1))
    return _with_lines(user, [meeting])[0] if meeting else None


def attended_between(user: User, since: dt.datetime, until: dt.datetime, most: int) -> list[Coming]:
    """The meetings that a person attends, those too that were cancelled, by their beginning."""
    query = sa.select(Meeting).where(
        Meeting.starts_at.between(since, until), queries.attended(user)
    )
    found = db.session.scalars(query.order_by(Meeting.starts_at, Meeting.id).limit(most)).all()
    return _with_lines(user, found)


def _with_lines(user: User, meetings: Sequence[Meeting]) -> list[Coming]:
    lines = item_queries.lines(user, [meeting.id for meeting in meetings])
    return [Coming(meeting, KINDS[meeting.kind], lines.get(meeting.id, ())) for meeting in meetings]
