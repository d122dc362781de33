"""Companies by who looks after their deals, as a filter for lists of slices below."""

from collections.abc import Sequence

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from portfolio.companies.models import Company
from portfolio.companies.sections import Filter
from portfolio.extensions import db
from portfolio.kernel.numbers import short_number
from portfolio.people import access
from portfolio.people.models import User
from portfolio.pipeline.models import Deal
from portfolio.pipeline.sight_queries import visible


def _choices() -> list[tuple[str, str]]:
    """Who owns a deal that the reader may see."""
    owners = sa.select(Deal.owner_id).where(visible(access.me())).distinct()
    rows = db.session.execute(
        sa.select(User.id, User.name).where(User.id.in_(owners)).order_by(User.name)
    )
    return [(str(user_id), name) for user_id, name in rows]


def _clause(chosen: Sequence[str]) -> sa.ColumnElement[bool]:
    """Companies with a deal of one of these owners that the reader may see."""
    owners = [number for text in chosen if (number := short_number(text)) is not None]
    deals = sa.select(Deal.company_id).where(Deal.owner_id.in_(owners), visible(access.me()))
    return Company.id.in_(deals)


OWNER_FILTER = Filter("manager", _l("Manager"), _choices, _clause)
