"""Reads of acts: one, the latest of a kind, and those of a person."""

from collections.abc import Collection, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import defer

from portfolio.extensions import db
from portfolio.journal.models import Act


def get(act_id: int) -> Act | None:
    """The act, unless it was undone or forgotten."""
    return db.session.get(Act, act_id)


def of_actions(actions: Sequence[str], limit: int = 200) -> Sequence[Act]:
    """The latest acts of these kinds, newest first."""
    return db.session.scalars(
        sa.select(Act).where(Act.action.in_(actions)).order_by(Act.id.desc()).limit(limit)
    ).all()


def of_actor(
    actor_id: int, actions: Collection[str], limit: int, before: int | None = None
) -> Sequence[Act]:
    """A person's latest acts of these kinds, older than one of a number where that is given, newest
    first, without what their undoers read."""
    query = sa.select(Act).where(Act.actor_id == actor_id, Act.action.in_(actions))
    if before is not None:
        query = query.where(Act.id < before)
    query = query.order_by(Act.id.desc()).limit(limit)
    return db.session.scalars(query.options(defer(Act.payload))).all()


def by_ids(ids: Sequence[int]) -> Sequence[Act]:
    """These acts, newest first."""
    query = sa.select(Act).where(Act.id.in_(ids)).order_by(Act.id.desc())
    return db.session.scalars(query.execution_options(populate_existing=True)).all()
