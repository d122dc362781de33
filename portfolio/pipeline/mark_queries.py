"""What the deals of companies tell of them, for who is to tell two companies apart."""

from collections.abc import Sequence

import sqlalchemy as sa
from flask_babel import gettext as _

from portfolio.companies.identity_queries import Mark
from portfolio.extensions import db, one_of
from portfolio.people import queries as people
from portfolio.people.models import User
from portfolio.pipeline.models import Deal
from portfolio.pipeline.sight_queries import visible
from portfolio.web.formatting import listed


def marks(user: User, company_ids: Sequence[int]) -> list[Mark]:
    """How many deals of each company this person may know of, and who manages them."""
    if not user.may("deal.read"):
        return []
    rows = db.session.execute(
        sa.select(Deal.company_id, Deal.owner_id, sa.func.count())
        .where(one_of(Deal.company_id, company_ids), visible(user))
        .group_by(Deal.company_id, Deal.owner_id)
        .order_by(sa.func.count().desc(), Deal.owner_id)
    ).all()
    names = people.names_of({owner_id for _company, owner_id, _number in rows})
    counted: dict[int | None, int] = dict.fromkeys(company_ids, 0)
    owners: dict[int | None, list[str]] = {i: [] for i in company_ids}
    for company_id, owner_id, number in rows:
        counted[company_id] += number
        owners[company_id].append(names[owner_id])
    numbers = {i: str(counted[i]) for i in company_ids}
    managers = {i: listed(owners[i]) for i in company_ids}
    return [
        Mark(_("Deals you may see"), numbers, compared=False),
        Mark(_("Who manages its deals"), managers, compared=False),
    ]
