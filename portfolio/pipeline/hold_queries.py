"""Reads of deals on hold: whose day to look again has come, and which came back by themselves."""

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from portfolio.extensions import db
from portfolio.people.models import User
from portfolio.pipeline.models import Deal, MoveKind, StageEvent, Status
from portfolio.pipeline.queries import happened
from portfolio.pipeline.sight_queries import ids_with

SHOWN = 8
Later = aliased(StageEvent)


def _due(today: dt.date) -> sa.ColumnElement[bool]:
    return sa.and_(
        Deal.revisit_on <= today,
        Deal.status == Status.ON_HOLD.value,
        Deal.deleted_at.is_(None),
    )


def due(today: dt.date) -> Sequence[int]:
    """The deals on hold that are to come back on this day or were before, the longest due first."""
    query = sa.select(Deal.id).where(_due(today)).order_by(Deal.revisit_on, Deal.id)
    return db.session.scalars(query).all()


def locked(deal_id: int, today: dt.date) -> Deal | None:
    """The deal as it is now, locked; None when it is not due (any more) or another one has it."""
    return db.session.scalar(
        sa.select(Deal)
        .where(Deal.id == deal_id, _due(today))
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )


def still_held(user: User, today: dt.date) -> Sequence[Deal]:
    """The person's own deals whose day has come and which did not come back."""
    query = sa.select(Deal).where(_due(today), Deal.owner_id == user.id)
    found = db.session.scalars(query.order_by(Deal.revisit_on, Deal.id).limit(SHOWN)).all()
    seen = _seen(user, found)
    return [deal for deal in found if deal.id in seen]


def came_back(user: User, since: dt.datetime) -> Sequence[tuple[Deal, StageEvent]]:
    """The person's own deals that came back by themselves and were not moved since, newest first."""
    later = sa.exists().where(
        Later.deal_id == StageEvent.deal_id,
        Later.id > StageEvent.id,
        Later.kind != MoveKind.CARRY.value,
    )
    rows = db.session.execute(
        sa.select(Deal, StageEvent)
        .join(StageEvent, StageEvent.deal_id == Deal.id)
        .where(
            StageEvent.happened_at >= since,
            StageEvent.actor_id.is_(None),
            StageEvent.from_status == Status.ON_HOLD.value,
            StageEvent.to_status == Status.ACTIVE.value,
            Deal.owner_id == user.id,
            happened(),
            ~later,
        )
        .order_by(StageEvent.id.desc())
        .limit(SHOWN)
    )
    found = [(row[0], row[1]) for row in rows]
    seen = _seen(user, [deal for deal, _ in found])
    return [(deal, event) for deal, event in found if deal.id in seen]


def _seen(user: User, deals: Sequence[Deal]) -> set[int]:
    """Mostly there is none, and nothing is asked."""
    return ids_with(user, "deal.read", {deal.id for deal in deals}) if deals else set()
