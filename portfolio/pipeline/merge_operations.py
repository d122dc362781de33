"""What of a merged company's deals goes over to the other one."""

import datetime as dt
from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from portfolio.companies.merging import Choices
from portfolio.extensions import db
from portfolio.journal import image_operations as images
from portfolio.people.models import User
from portfolio.pipeline import queries
from portfolio.pipeline.models import Deal, Holding


def move_company(
    merged_id: int, survivor_id: int, now: dt.datetime, choices: Choices
) -> Mapping[str, Sequence[int]]:
    """Deals and holdings, walled ones too: they stay hidden from whom they were hidden."""
    for model in (Deal, Holding):
        images.update_where(model, model.company_id == merged_id, {"company_id": survivor_id})
    return {}


def count_of(user: User, company_id: int) -> Mapping[str, int]:
    """How many of a company's deals this person may know of."""
    query = sa.select(sa.func.count()).where(Deal.company_id == company_id, queries.visible(user))
    return {Deal.__audit__: db.session.scalar(query) or 0}
