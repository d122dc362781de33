"""Reads of claims as a list: those that stand in one way on a day, those that are due."""

import datetime as dt
from typing import Any

import sqlalchemy as sa

from portfolio.chokepoint import queries
from portfolio.chokepoint.models import Tag
from portfolio.chokepoint.standing import CLAIMS, Standing
from portfolio.companies.models import Company
from portfolio.extensions import db
from portfolio.web.paging import Page, page_of_rows


def listed(
    visible: sa.ColumnElement[bool],
    today: dt.date,
    how: Standing | None,
    due: bool = False,
    technology: str = "",
) -> Page:
    """The page asked for of the claims of companies under a condition, those first whose re-check
    comes first: those that stand in one way, that are due, or all."""
    stands = queries.standing_of(today)
    query: sa.Select[*tuple[Any, ...]] = (
        sa.select(Tag, Company.id, Company.name_zh, Company.short_name)
        .join(Company, Company.id == Tag.company_id)
        .where(queries.stood(Tag), Tag.state.in_(CLAIMS), visible)
        .where(stands == how.value if how else stands.is_not(None))
        .order_by(Tag.recheck_on.is_(None), Tag.recheck_on, Tag.id)
    )
    if due:
        query = query.where(queries.due_until(today))
    if technology:
        query = query.where(Tag.technology == technology)
    return Page(*page_of_rows(query))


def due(visible: sa.ColumnElement[bool], today: dt.date) -> int:
    """How many claims are due."""
    query = (
        sa.select(sa.func.count())
        .select_from(Tag)
        .join(Company, Company.id == Tag.company_id)
        .where(queries.due_until(today), visible)
    )
    return db.session.scalar(query) or 0
