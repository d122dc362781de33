"""Reads of what was stored of a company, and the same computed again from what was known then."""

import sqlalchemy as sa

from portfolio.extensions import db
from portfolio.readiness.models import ReadinessState
from portfolio.readiness.path import State
from portfolio.readiness.queries import stated_of
from portfolio.readiness.stored import known_on, read, stored_alone, written

MOST = 200


def rows_of(company_id: int) -> list[ReadinessState]:
    """What was stored of a company, the oldest first; at most the newest few hundred."""
    newest = (
        sa.select(ReadinessState)
        .where(ReadinessState.company_id == company_id)
        .order_by(ReadinessState.computed_at.desc(), ReadinessState.id.desc())
        .limit(MOST)
    )
    return list(db.session.scalars(newest))[::-1]


def states_of(company_id: int) -> list[State]:
    """The same for reading."""
    return [State(row.computed_at, row.as_of, read(row.outcomes)) for row in rows_of(company_id)]


def same_again(row: ReadinessState) -> tuple[bool, bool]:
    """Whether the inputs that were known then are those it was computed by, and whether they come to
    the same outcomes today."""
    stated = stated_of([row.company_id], row.computed_at)[row.company_id]
    known = known_on(row.as_of, stated, row.region)
    return known.mark == row.inputs, written(stored_alone(known, row.as_of)) == row.outcomes
