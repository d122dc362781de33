"""Taking back what was done with an agenda."""

from typing import Any

from portfolio.extensions import db
from portfolio.journal.models import Act
from portfolio.journal.operations import steps_stand
from portfolio.meetings.models import Meeting
from portfolio.meetings.operations import require_planned
from portfolio.people.models import User


def check_agenda(act: Act, payload: Any, actor: User) -> None:
    """Raise InputError unless the rows stand as the act left them and the meeting is still to come."""
    require_planned(db.session.get_one(Meeting, act.object_id))
    steps_stand(act, payload, actor)
