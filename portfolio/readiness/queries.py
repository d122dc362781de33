"""Reads of readiness: a company's figures as the engine takes them, and stored outcomes."""

import datetime as dt
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

import sqlalchemy as sa

from portfolio.companies import queries as companies
from portfolio.companies.models import Company, Figure
from portfolio.extensions import db
from portfolio.kernel.numbers import MICRO
from portfolio.readiness.models import Assessment
from portfolio.readiness.nearness import Near, near
from portfolio.readiness.targets import latest_year, targets
from portfolio.rulebook.engine import Figures


def figures_of(
    company_ids: Iterable[int], day: dt.date, known_at: dt.datetime | None = None
) -> dict[int, tuple[Figures, bool]]:
    """For each company its figures as the engine takes them, and whether the latest fiscal year
    is audited. One query."""
    ids = list(company_ids)
    rows: dict[int, list[Figure]] = {company_id: [] for company_id in ids}
    for (company_id, _, _), row in companies.current_rows(ids, known_at).items():
        rows[company_id].append(row)
    return {company_id: _figures(found, day) for company_id, found in rows.items()}


def _figures(rows: Sequence[Figure], day: dt.date) -> tuple[Figures, bool]:
    yearly = [row for row in rows if row.fiscal_year is not None]
    audited = sorted({row.fiscal_year for row in yearly if row.audited and row.fiscal_year})
    stated = sorted({row.fiscal_year for row in yearly if row.fiscal_year})
    year, by_audit = latest_year(audited, stated, day)
    return (
        Figures(
            latest_year=year,
            years={(row.metric, row.fiscal_year or 0): _value(row) for row in yearly},
            facts={row.metric: _value(row) for row in rows if row.fiscal_year is None},
        ),
        by_audit,
    )


def _value(row: Figure) -> Any:
    return row.choice if row.micro is None else Fraction(row.micro, MICRO)


def current(company_ids: Iterable[int]) -> dict[tuple[int, str], Assessment]:
    """The stored outcomes by company and target."""
    rows = db.session.scalars(
        sa.select(Assessment).where(
            Assessment.company_id.in_(list(company_ids)), Assessment.superseded_at.is_(None)
        )
    )
    return {(row.company_id, row.target): row for row in rows}


def company_filter(chosen: Sequence[str]) -> sa.ColumnElement[bool]:
    """Companies whose current outcome is one of `target:status`."""
    clauses = []
    for text in chosen:
        target, _, status = text.partition(":")
        clauses.append(sa.and_(Assessment.target == target, Assessment.status == status))
    found = sa.select(Assessment.company_id).where(
        Assessment.superseded_at.is_(None), sa.or_(sa.false(), *clauses)
    )
    return Company.id.in_(found)


def nearest_standard(company_ids: Iterable[int]) -> dict[int, Near]:
    """For each company the standard that it meets, or is nearest to meeting: one query."""
    keys = [target.key for target in targets() if target.standard]
    rows = db.session.execute(
        sa.select(Assessment.company_id, Assessment.target, Assessment.book, Assessment.outcome)
        .where(
            Assessment.company_id.in_(list(company_ids)),
            Assessment.target.in_(keys),
            Assessment.superseded_at.is_(None),
        )
        .order_by(Assessment.distance.nulls_last(), Assessment.target)
    )
    found: dict[int, Near] = {}
    for company_id, *stored in rows:
        if company_id not in found and (read := near(*stored)):
            found[company_id] = read
    return found


def nearest_to(
    target: str, condition: sa.ColumnElement[bool], limit: int = 5
) -> list[tuple[int, str, Near]]:
    """The companies under a condition that are nearest to a target without meeting it yet: id,
    name and what is missing."""
    rows = db.session.execute(
        sa.select(
            Company.id,
            sa.func.coalesce(sa.func.nullif(Company.short_name, ""), Company.name_zh),
            Assessment.book,
            Assessment.outcome,
        )
        .join(Company, Company.id == Assessment.company_id)
        .where(
            Assessment.target == target,
            Assessment.superseded_at.is_(None),
            Assessment.distance > 0,
            condition,
        )
        .order_by(Assessment.distance, Assessment.company_id)
        .limit(limit)
    )
    return [(row[0], row[1], read) for row in rows if (read := near(target, row[2], row[3]))]


def counts(condition: sa.ColumnElement[bool]) -> dict[tuple[str, str], int]:
    """How many of the companies under a condition stand how under each target."""
    rows = db.session.execute(
        sa.select(Assessment.target, Assessment.status, sa.func.count())
        .join(Company, Company.id == Assessment.company_id)
        .where(Assessment.superseded_at.is_(None), condition)
        .group_by(Assessment.target, Assessment.status)
    )
    return {(row[0], row[1]): row[2] for row in rows}
