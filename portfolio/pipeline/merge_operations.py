"""What of a merged company's deals goes over to the other one, and who may let it go."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from portfolio.companies import merge_undo_operations as merge_undo
from portfolio.companies.merging import Choices
from portfolio.extensions import db
from portfolio.journal import image_operations as images
from portfolio.journal.models import Act
from portfolio.kernel.errors import InputError
from portfolio.people.models import User
from portfolio.pipeline import sight_queries as sight
from portfolio.pipeline.models import Deal, Holding

MOST_NAMED = 5


def require_movable(user: User, company_id: int) -> None:
    """Raise InputError `company.deals_of_others` when a company has deals that this person sees and
    may not change: they would go over with it. What they do not see goes over unsaid, as the note
    `0003-merging-companies-with-deals-of-others` explains."""
    _require_changeable(user, Deal.company_id == company_id)


def check_merge(act: Act, payload: Any, actor: User) -> None:
    """Whether a merge can be taken back, by who may change the deals that would go back with it.

    Raises InputError `company.deals_of_others`, and as `merge_undo.check_merge` does.
    """
    merge_undo.check_merge(act, payload, actor)
    moved = [row_id for table, row_id, *_ in payload["steps"] if table == Deal.__tablename__]
    _require_changeable(actor, sa.and_(Deal.id.in_(moved), Deal.company_id == act.company_id))


def _require_changeable(user: User, condition: sa.ColumnElement[bool]) -> None:
    """Those in the bin count as they would outside of it."""
    seen, own = (
        sa.or_(*sight.visible_parts(user, right), *sight.visible_parts(user, right, True))
        for right in ("deal.read", "deal.write")
    )
    query = sa.select(Deal.name).where(condition, seen, sa.not_(own)).order_by(Deal.id)
    names = db.session.scalars(query.limit(MOST_NAMED + 1)).all()
    if names:
        more = "…" if len(names) > MOST_NAMED else ""
        raise InputError("company.deals_of_others", names="、".join(names[:MOST_NAMED]) + more)


def move_company(
    merged_id: int, survivor_id: int, now: dt.datetime, choices: Choices
) -> Mapping[str, Sequence[int]]:
    """Deals and holdings, walled ones too: they stay hidden from whom they were hidden."""
    for model in (Deal, Holding):
        images.update_where(model, model.company_id == merged_id, {"company_id": survivor_id})
    return {}


def count_of(user: User, company_id: int) -> Mapping[str, int]:
    """How many of a company's deals this person may know of."""
    query = sa.select(sa.func.count()).where(Deal.company_id == company_id, sight.visible(user))
    return {Deal.__audit__: db.session.scalar(query) or 0}
