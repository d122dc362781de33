"""Opening the deals of an agenda to those who read by agenda, and closing them when they leave it."""

import datetime as dt
from collections.abc import Collection

import sqlalchemy as sa

from portfolio.extensions import db
from portfolio.meetings import queries
from portfolio.meetings.kinds import KINDS, State
from portfolio.meetings.models import AgendaItem, Meeting, MeetingPerson
from portfolio.people import policy
from portfolio.people import queries as people
from portfolio.people.models import User
from portfolio.pipeline import operations as pipeline
from portfolio.pipeline.models import Deal, DealGrant, GrantKind

READ_BY_AGENDA = [
    key for key, role in policy.ROLES.items() if role.permissions.get("deal.read") == policy.AGENDA
]
_ON_AGENDA = DealGrant.kind == GrantKind.AGENDA.value


def settle(deal_ids: Collection[int], left: Collection[int], now: dt.datetime) -> None:
    """Give whoever reads by agenda and attends a meeting with one of these deals the sight of it,
    and take it from those of `left` whom no agenda gives it any more.

    A meeting that was held keeps its deals open to those who attended: they answer for what they
    decided. Walls and recusals stand above all this.
    """
    if not deal_ids:
        return
    wanted, given = _wanted(deal_ids), _given(deal_ids)
    new = sorted(wanted - given.keys())
    query = sa.select(Deal).where(Deal.id.in_({deal_id for deal_id, _ in new}))
    deals = {deal.id: deal for deal in db.session.scalars(query)}
    for deal_id, user_id in new:
        pipeline.grant(deals[deal_id], user_id, GrantKind.AGENDA, now)
    for pair, grant in given.items():
        if pair not in wanted and pair[1] in left:
            db.session.delete(grant)
    db.session.flush()


def missing(deal_ids: Collection[int]) -> bool:
    """Whether somebody should see one of these deals by an agenda and does not yet."""
    return bool(deal_ids) and bool(_wanted(deal_ids) - _given(deal_ids).keys())


def _given(deal_ids: Collection[int]) -> dict[tuple[int, int], DealGrant]:
    query = sa.select(DealGrant).where(_ON_AGENDA, DealGrant.deal_id.in_(list(deal_ids)))
    return {(grant.deal_id, grant.user_id): grant for grant in db.session.scalars(query)}


def _wanted(deal_ids: Collection[int]) -> set[tuple[int, int]]:
    """(deal, person) for everybody who reads by agenda and attends a meeting that was not
    cancelled and has the deal."""
    readers = queries.holders(READ_BY_AGENDA)
    on = sa.and_(AgendaItem.deal_id.in_(list(deal_ids)), Meeting.state != State.CANCELLED.value)
    invited = db.session.execute(
        sa.select(AgendaItem.deal_id, MeetingPerson.user_id)
        .join(Meeting, Meeting.id == AgendaItem.meeting_id)
        .join(MeetingPerson, MeetingPerson.meeting_id == Meeting.id)
        .join(User, User.id == MeetingPerson.user_id)
        .where(on, User.active, User.id.in_(readers))
    )
    found = {(deal_id, user_id) for deal_id, user_id in invited}
    kinds = db.session.execute(
        sa.select(AgendaItem.deal_id, Meeting.kind)
        .join(Meeting, Meeting.id == AgendaItem.meeting_id)
        .where(on)
        .distinct()
    ).all()
    sitting = {kind: _sitting(kind) for _, kind in kinds}
    return found | {(deal_id, user_id) for deal_id, kind in kinds for user_id in sitting[kind]}


def _sitting(kind: str) -> set[int]:
    roles = set(KINDS[kind].sits) & set(READ_BY_AGENDA)
    query = sa.select(User.id).where(people.can_log_in(), User.id.in_(queries.holders(roles)))
    return set(db.session.scalars(query))
