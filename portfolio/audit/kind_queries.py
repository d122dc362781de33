"""What kinds of objects the trail is about, and what their values are called."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa

from portfolio.audit.models import AuditEntry
from portfolio.extensions import Base, db


@cache
def owned_kinds() -> frozenset[str]:
    """The kinds of objects that belong to a company or to a deal."""
    return frozenset(
        mapper.class_.__audit__
        for mapper in Base.registry.mappers
        if hasattr(mapper.class_, "__audit__")
        and (hasattr(mapper.class_, "company_id") or hasattr(mapper.class_, "deal_id"))
    )


def enums_by_type() -> dict[tuple[str, str], dict[str, Any]]:
    """The titles of enumerated values, by kind of object and column."""
    return {
        (mapper.class_.__audit__, column): {member.value: member for member in kind}
        for mapper in Base.registry.mappers
        for column, kind in getattr(mapper.class_, "__audit_enums__", {}).items()
    }


def kinds() -> tuple[Sequence[str], Sequence[str]]:
    """The kinds of objects and the actions that occur, for the filters."""
    return _occurring(AuditEntry.object_type), _occurring(AuditEntry.action)


def _occurring(column: Any) -> Sequence[str]:
    """The values of an indexed column, each looked up from the one before: that reads as many
    rows as there are values, not as there are entries."""
    step = sa.select(sa.func.min(column).label("value")).cte(recursive=True)
    following = sa.select(sa.func.min(column)).where(column > step.c.value).scalar_subquery()
    step = step.union_all(sa.select(following).where(step.c.value.is_not(None)))
    return db.session.scalars(sa.select(step.c.value).where(step.c.value.is_not(None))).all()
