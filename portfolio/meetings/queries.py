"""Reads of meetings: which of them a person may know of, who attends, lists of them."""

import datetime as dt
from collections.abc import Collection, Iterable, Sequence

import sqlalchemy as sa

from portfolio.extensions import db
from portfolio.meetings.kinds import KINDS, State, sat_on_by
from portfolio.meetings.models import AgendaItem, Meeting, MeetingPerson
from portfolio.people import policy
from portfolio.people import queries as people
from portfolio.people.models import User, UserRole
from portfolio.pipeline import sight_queries as sight
from portfolio.pipeline.models import Deal, DealMember

# Those one may choose from when a deal is put on an agenda.
MOST_COMING = 30


def attended(user: User) -> sa.ColumnElement[bool]:
    """Meetings that a person is invited to, on whose committee they sit, or where they present a
    deal that they may know of."""
    invited = sa.select(MeetingPerson.meeting_id).where(MeetingPerson.user_id == user.id)
    presented = (
        sa.select(AgendaItem.meeting_id)
        .join(Deal, Deal.id == AgendaItem.deal_id)
        .where(AgendaItem.presenter_id == user.id, sight.visible(user))
    )
    return sa.or_(
        Meeting.kind.in_(sat_on_by(user.roles)),
        Meeting.id.in_(invited),
        Meeting.id.in_(presented),
    )


def visible(user: User) -> sa.ColumnElement[bool]:
    """Meetings that a person may know of: all for whoever reads the committee's work, else those
    that they attend and those that a deal of theirs comes to."""
    if policy.ALL in user.scopes("committee.read"):
        return sa.true()
    team = sa.select(DealMember.deal_id).where(DealMember.user_id == user.id)
    of_team = (
        sa.select(AgendaItem.meeting_id)
        .join(Deal, Deal.id == AgendaItem.deal_id)
        .where(AgendaItem.deal_id.in_(team), sight.visible(user))
    )
    return sa.or_(attended(user), Meeting.id.in_(of_team))


def get_visible(user: User, meeting_id: int) -> Meeting | None:
    """The meeting, unless it does not exist for this person."""
    return db.session.scalar(sa.select(Meeting).where(Meeting.id == meeting_id, visible(user)))


def listed(user: User, now: dt.datetime, past: bool) -> sa.Select[int]:
    """The meetings to come, the next one first; or those that are over, the last one first."""
    over = sa.or_(Meeting.ends_at < now, Meeting.state == State.HELD.value)
    query = sa.select(Meeting.id).where(visible(user))
    if past:
        return query.where(over).order_by(Meeting.starts_at.desc(), Meeting.id.desc())
    return query.where(sa.not_(over)).order_by(Meeting.starts_at, Meeting.id)


def by_ids(ids: Sequence[int]) -> list[Meeting]:
    """These meetings in their order."""
    rows = {
        row.id: row for row in db.session.scalars(sa.select(Meeting).where(Meeting.id.in_(ids)))
    }
    return [rows[number] for number in ids]


def open_to_deals(user: User, now: dt.datetime, deal_id: int) -> Sequence[Meeting]:
    """The next planned meetings on whose agenda a deal does not stand yet."""
    on = sa.select(AgendaItem.meeting_id).where(AgendaItem.deal_id == deal_id)
    query = sa.select(Meeting).where(
        Meeting.state == State.PLANNED.value,
        Meeting.ends_at >= now,
        Meeting.id.not_in(on),
        visible(user),
    )
    return db.session.scalars(
        query.order_by(Meeting.starts_at, Meeting.id).limit(MOST_COMING)
    ).all()


def of_deal(deal_id: int) -> Sequence[tuple[Meeting, AgendaItem]]:
    """The meetings that a deal comes or came to, the newest first; whoever asks may see the deal."""
    rows = db.session.execute(
        sa.select(Meeting, AgendaItem)
        .join(AgendaItem, AgendaItem.meeting_id == Meeting.id)
        .where(AgendaItem.deal_id == deal_id)
        .order_by(Meeting.starts_at.desc(), Meeting.id.desc())
        .limit(MOST_COMING)
    )
    return [(meeting, item) for meeting, item in rows]


def readable(user: User, ids: Iterable[int]) -> set[int]:
    """Which of these meetings a person may know of."""
    query = sa.select(Meeting.id).where(Meeting.id.in_(list(ids)), visible(user))
    return set(db.session.scalars(query))


def invited(meeting_id: int) -> dict[int, str]:
    """Who is invited by name: id and name, by name."""
    rows = db.session.execute(
        sa.select(User.id, User.name)
        .join(MeetingPerson, MeetingPerson.user_id == User.id)
        .where(MeetingPerson.meeting_id == meeting_id)
        .order_by(User.name, User.id)
    )
    return {row.id: row.name for row in rows}


def sitting(kind: str) -> dict[int, str]:
    """Who sits on the committee of a kind of meeting: id and name, by name."""
    rows = db.session.execute(
        sa.select(User.id, User.name)
        .where(people.can_log_in(), User.id.in_(holders(KINDS[kind].sits)))
        .order_by(User.name, User.id)
    )
    return {row.id: row.name for row in rows}


def holders(roles: Collection[str]) -> sa.Select[int]:
    """The people with one of these roles."""
    return sa.select(UserRole.user_id).where(UserRole.role.in_(list(roles)))


def attending(meeting: Meeting) -> dict[int, str]:
    """Everybody who attends as member or guest: id and name, those who sit on the committee first."""
    return sitting(meeting.kind) | invited(meeting.id)
