"""What kinds of objects the trail is about, and what their values are called."""

from functools import cache
from typing import Any

from portfolio.extensions import Base


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
