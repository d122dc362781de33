"""Which companies lack what tells them from others or what is counted of them."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from portfolio.companies.models import Company, Figure

UNDECIDED = sa.and_(Figure.superseded_at.is_(None), Figure.disputed)
GAPS: Mapping[str, sa.ColumnElement[bool]] = {
    "uscc": Company.uscc.is_(None),
    "industry": Company.industry == "",
    "figures": Company.latest_revenue_fen.is_(None),
    "disputed": Company.id.in_(sa.select(Figure.company_id).where(UNDECIDED)),
}


def lacking(keys: list[str]) -> Any:
    """The condition that a company lacks any of these."""
    return sa.or_(sa.false(), *(GAPS[key] for key in keys if key in GAPS))
