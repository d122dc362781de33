"""In which order a list of deals comes."""

from typing import Any

import sqlalchemy as sa

from portfolio.companies.models import Round
from portfolio.people.models import User
from portfolio.pipeline.models import Deal, Status
from portfolio.pipeline.queries import stage_titles
from portfolio.pipeline.sight_queries import visible

SORT_COLUMNS: dict[str, Any] = {
    "updated": Deal.updated_at,
    "name": Deal.name,
    "amount": Deal.amount_fen,
    "entered": Deal.stage_entered_at,
    "created": Deal.created_at,
    "next": Deal.next_step_on,
}
RANKED = ("stage", "days", "round", "owner")


def order_of(user: User, sort: str) -> tuple[Any, Any]:
    """Unknown values come last. Where there are none, the order is one an index has."""
    key, down = sort.removeprefix("-"), sort.startswith("-")
    down ^= key == "days"  # the longer a deal stands there, the earlier it came
    column = _ranked(key) if key in RANKED else SORT_COLUMNS[key]
    nullable = key in RANKED or column.property.columns[0].nullable
    if column is Deal.amount_fen and user.scopes("deal.terms") != user.scopes("deal.read"):
        column = sa.case((visible(user, "deal.terms"), column))
    first = column.desc() if down else column.asc()
    return first.nulls_last() if nullable else first, Deal.id.desc() if down else Deal.id


def _ranked(key: str) -> Any:
    """What stands in the order of its titles and not of its keys, and people by their names."""
    if key == "owner":
        return sa.select(User.name).where(User.id == Deal.owner_id).scalar_subquery()
    if key == "days":  # a deal at rest has none
        return sa.case((Deal.status == Status.ACTIVE.value, Deal.stage_entered_at))
    column, keys = {
        "stage": (Deal.stage, list(stage_titles())),
        "round": (Deal.round, [member.value for member in Round]),
    }[key]
    return sa.case({value: rank for rank, value in enumerate(keys)}, value=column)
