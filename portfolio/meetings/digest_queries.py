"""The agenda of the next meeting as lines of a digest, in the reader's language."""

import datetime as dt
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from portfolio.extensions import db
from portfolio.meetings.coming_queries import next_meeting_for
from portfolio.meetings.models import Meeting
from portfolio.meetings.queries import visible
from portfolio.meetings.wording_queries import asked, name_of, span
from portfolio.people.models import User

# A meeting further ahead is left for a later digest.
AHEAD = dt.timedelta(days=30)


def open_meetings(user: User, ids: Collection[int]) -> set[int]:
    """Which of these meetings a person may know of."""
    return set(db.session.scalars(sa.select(Meeting.id).where(Meeting.id.in_(ids), visible(user))))


def agenda_lines(user: User, since: dt.datetime, until: dt.datetime) -> list[dict[str, Any]]:
    """The next meeting that a person attends, then the items that they may see, of which deals that have
    ended do not count; nothing where none begins within 30 days."""
    found = next_meeting_for(user, until)
    if found is None or found.meeting.starts_at > until + AHEAD:
        return []
    meeting = found.meeting
    first = {
        "path": found.path,
        "title": name_of(meeting),
        "text": span(meeting),
        "small": meeting.place,
        "head": True,
    }
    items = [
        {
            "path": line.path,
            "title": f"{line.number}. {line.code if line.walled else line.name}",
            "text": asked(line),
            "deals": {line.deal_id},
            "walled": line.walled,
            "aside": line.ended,
        }
        for line in found.lines
    ]
    return [first, *items]
