"""Reads of acts: one, and the latest of an object or of a kind."""

from collections.abc import Sequence

import sqlalchemy as sa

from portfolio.extensions import db
from portfolio.journal.models import Act


def get(act_id: int) -> Act | None:
    """The act, unless it was undone or forgotten."""
    return db.session.get(Act, act_id)


def of_object(object_type: str, object_id: int, limit: int = 20) -> Sequence[Act]:
    """The latest acts with an object, newest first."""
    return db.session.scalars(
        sa.select(Act)
        .where(Act.object_type == object_type, Act.object_id == object_id)
        .order_by(Act.id.desc())
        .limit(limit)
    ).all()


def of_actions(actions: Sequence[str], limit: int = 200) -> Sequence[Act]:
    """The latest acts of these kinds, newest first."""
    return db.session.scalars(
        sa.select(Act).where(Act.action.in_(actions)).order_by(Act.id.desc()).limit(limit)
    ).all()


def of_actor(actor_id: int, limit: int = 100) -> Sequence[Act]:
    """The latest acts of a person, newest first."""
    return db.session.scalars(
        sa.select(Act).where(Act.actor_id == actor_id).order_by(Act.id.desc()).limit(limit)
    ).all()
