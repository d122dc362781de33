"""What is done with meetings: planned, changed, cancelled, held."""

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa

from portfolio.companies.operations import check_version
from portfolio.extensions import db
from portfolio.kernel.errors import InputError
from portfolio.kernel.text import clean
from portfolio.meetings import item_queries, queries
from portfolio.meetings.kinds import KINDS, State
from portfolio.meetings.models import Meeting, MeetingPerson
from portfolio.meetings.sight_operations import settle
from portfolio.people.models import User
from portfolio.pipeline.refusals import Refused

FIELDS = frozenset(["kind", "title", "starts_at", "ends_at", "place", "online_link", "note"])
LINES = frozenset(["title", "place", "online_link"])
SAFE = ("https://", "http://")


def require(actor: User) -> None:
    """Raise Refused unless the person arranges the committee's meetings."""
    if not actor.may("committee.write"):
        raise Refused("meeting.refused")


def require_planned(meeting: Meeting) -> None:
    """Raise InputError `meeting.over` when the meeting was held or cancelled."""
    if not meeting.planned:
        raise InputError("meeting.over")


def plan(
    values: Mapping[str, Any], invited: Collection[int], actor: User, now: dt.datetime
) -> Meeting:
    """A new meeting. Raises Refused, or InputError `meeting.*`."""
    require(actor)
    meeting = Meeting(created_at=now, created_by_id=actor.id, updated_at=now)
    _assign(meeting, values)
    db.session.add(meeting)
    db.session.flush()
    _invite(meeting, invited)
    return meeting


def change(
    meeting: Meeting,
    values: Mapping[str, Any],
    invited: Collection[int],
    actor: User,
    now: dt.datetime,
    expected_version: int | None = None,
) -> None:
    """Change a planned meeting and who is invited. Raises Refused, Conflict, or InputError
    `meeting.*`."""
    require(actor)
    check_version(meeting.version, expected_version, "meeting", meeting.id)
    require_planned(meeting)
    before = set(queries.attending(meeting))
    _assign(meeting, values)
    meeting.updated_at = now
    _invite(meeting, invited)
    settle(_deals(meeting), before - queries.attending(meeting).keys(), now)


def _assign(meeting: Meeting, values: Mapping[str, Any]) -> None:
    unknown = set(values) - FIELDS
    if unknown:
        raise InputError("field.unknown", value=sorted(unknown)[0])
    for name, value in values.items():
        setattr(meeting, name, clean(value) if name in LINES else value)
    if meeting.kind not in KINDS:
        raise InputError("meeting.kind", value=meeting.kind)
    if meeting.ends_at <= meeting.starts_at:
        raise InputError("meeting.ends_first")
    if meeting.online_link and not meeting.online_link.lower().startswith(SAFE):
        raise InputError("link.malformed", value=meeting.online_link)


def _invite(meeting: Meeting, wanted: Collection[int]) -> None:
    query = sa.select(MeetingPerson).where(MeetingPerson.meeting_id == meeting.id)
    before = {row.user_id: row for row in db.session.scalars(query)}
    for user_id, row in before.items():
        if user_id not in wanted:
            db.session.delete(row)
    for user_id in sorted(set(wanted) - before.keys()):
        db.session.add(MeetingPerson(meeting_id=meeting.id, user_id=user_id))
    db.session.flush()


def _deals(meeting: Meeting) -> set[int]:
    return {item.deal_id for item in item_queries.items_of(meeting.id)}


def cancel(
    meeting: Meeting, reason: str, actor: User, now: dt.datetime, expected_version: int | None
) -> None:
    """Cancel a planned meeting and say why; its deals leave the agendas of those who attend.

    Raises Refused, Conflict, or InputError `meeting.over`, `meeting.reason_missing`.
    """
    _end(meeting, State.CANCELLED, actor, now, expected_version)
    if not clean(reason):
        raise InputError("meeting.reason_missing")
    meeting.reason = clean(reason)
    db.session.flush()
    settle(_deals(meeting), queries.attending(meeting).keys(), now)


def conclude(meeting: Meeting, actor: User, now: dt.datetime, expected_version: int | None) -> None:
    """Note that a meeting was held. Raises Refused, Conflict, or InputError `meeting.over`,
    `meeting.ahead`."""
    if now < meeting.starts_at:
        raise InputError("meeting.ahead")
    _end(meeting, State.HELD, actor, now, expected_version)
    db.session.flush()


def _end(
    meeting: Meeting, state: State, actor: User, now: dt.datetime, expected_version: int | None
) -> None:
    require(actor)
    check_version(meeting.version, expected_version, "meeting", meeting.id)
    require_planned(meeting)
    meeting.state, meeting.updated_at = state.value, now
