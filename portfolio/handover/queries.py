"""Reads of a hand-over: by what right, what moves, who may take it over."""

from collections import Counter
from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from portfolio.companies.models import Task
from portfolio.digest import schedule_queries as digests
from portfolio.extensions import db
from portfolio.handover.plan import Door, Item, Plan
from portfolio.people import policy
from portfolio.people import queries as people
from portfolio.people.models import User, UserRole
from portfolio.pipeline import sight_queries as sight
from portfolio.pipeline.models import Deal, DealMember, Status

OPEN = (Status.ACTIVE.value, Status.ON_HOLD.value)


def door_of(actor: User, leaver: User) -> Door:
    """By what right a person hands over for another or for themselves."""
    return Door(
        own=actor.id == leaver.id,
        manages=actor.may("people.manage"),
        partner=policy.ALL in actor.scopes("deal.override"),
    )


def _reach(actor: User, door: Door) -> sa.ColumnElement[bool]:
    """Which deals may be moved. Confidential ones move by the hand of their owner, or of a partner
    on their team: whoever manages accounts neither sees nor names a successor for them."""
    if door.own:
        return sa.true()
    parts: list[sa.ColumnElement[bool]] = []
    if door.manages:
        parts.append(Deal.walled.is_(False))
    if door.partner:
        parts.append(sight.visible(actor, "deal.write"))
    return sa.or_(sa.false(), *parts)


def plan_for(actor: User, leaver: User, door: Door) -> Plan:
    """What this person would move for that one."""
    place = sa.exists().where(DealMember.deal_id == Deal.id, DealMember.user_id == leaver.id)
    deals = db.session.execute(
        sa.select(Deal.id, Deal.code, Deal.name, Deal.owner_id, Deal.status, Deal.walled)
        .where(_reach(actor, door), sa.or_(Deal.owner_id == leaver.id, place))
        .order_by(Deal.id)
    ).all()
    readable = sight.ids_with(actor, "deal.read", [row.id for row in deals])
    tasks = _tasks(actor, leaver, door)
    on_deal = Counter(deal_id for _, deal_id in tasks)
    items = [
        Item(
            row.id,
            row.code,
            row.name if row.id in readable else "",
            row.owner_id == leaver.id,
            row.status not in OPEN,
            row.walled,
            on_deal[row.id],
        )
        for row in deals
    ]
    return Plan(items, [task_id for task_id, _ in tasks], _subscribed(leaver))


def _tasks(actor: User, leaver: User, door: Door) -> list[tuple[int, int | None]]:
    """The open tasks that move, each with its deal."""
    reached = sa.select(Deal.id).where(_reach(actor, door))
    rows = db.session.execute(
        sa.select(Task.id, Task.deal_id)
        .where(
            Task.owner_id == leaver.id,
            Task.done_at.is_(None),
            sa.or_(Task.deal_id.is_(None), Task.deal_id.in_(reached)),
        )
        .order_by(Task.id)
    )
    return [(row.id, row.deal_id) for row in rows]


def _subscribed(leaver: User) -> bool:
    for schedule in digests.schedules_of(leaver):
        choice = digests.subscription(schedule.id, leaver.id)
        if choice is None or choice.since is not None:
            return True
    return False


def candidates(leaver: User) -> dict[int, str]:
    """Who may take deals over: id and name of those who work on deals, by name."""
    working = [key for key in policy.ROLES if policy.scopes([key], "deal.write")]
    rows = db.session.execute(
        sa.select(User.id, User.name)
        .where(
            people.can_log_in(),
            User.id != leaver.id,
            User.id.in_(sa.select(UserRole.user_id).where(UserRole.role.in_(working))),
        )
        .order_by(User.name, User.id)
    )
    return {row.id: row.name for row in rows}


def with_teams(deal_ids: Iterable[int]) -> Sequence[Deal]:
    """These deals with their teams."""
    query = sa.select(Deal).where(Deal.id.in_(list(deal_ids))).options(selectinload(Deal.members))
    return db.session.scalars(query.order_by(Deal.id)).all()


def left_behind(leaver: User) -> Sequence[Deal]:
    """The confidential deals in which a person still has a place, with their teams."""
    place = sa.exists().where(DealMember.deal_id == Deal.id, DealMember.user_id == leaver.id)
    query = sa.select(Deal).where(Deal.walled, sa.or_(Deal.owner_id == leaver.id, place))
    return db.session.scalars(query.options(selectinload(Deal.members)).order_by(Deal.id)).all()


def partners() -> Sequence[User]:
    """The active partners, the longest here first."""
    leading = [key for key in policy.ROLES if policy.ALL in policy.scopes([key], "deal.override")]
    held = sa.select(UserRole.user_id).where(UserRole.role.in_(leading))
    query = sa.select(User).where(people.can_log_in(), User.id.in_(held)).order_by(User.id)
    return db.session.scalars(query).all()
