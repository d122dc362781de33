"""Reads of readiness: a company's figures as the engine takes them, and stored outcomes."""

import datetime as dt
from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from portfolio.companies import merge_queries as merges
from portfolio.companies import queries as companies
from portfolio.companies.models import Company, Figure
from portfolio.extensions import db, one_of
from portfolio.readiness.inputs import Stated, figures_from
from portfolio.readiness.models import Assessment
from portfolio.readiness.nearness import Near, near
from portfolio.readiness.targets import kept_targets
from portfolio.rulebook.values import Figures


def stated_of(
    company_ids: Iterable[int], known_at: dt.datetime | None = None
) -> dict[int, list[Stated]]:
    """The current figures of each company, or those known at an instant. One query."""
    ids = list(company_ids)
    found: dict[int, list[Stated]] = {company_id: [] for company_id in ids}
    gone = merges.moved_since(Figure.__tablename__, ids, known_at)[0] if known_at else {}
    columns = (
        *(Figure.id, Figure.company_id),
        *(Figure.metric, Figure.fiscal_year, Figure.micro, Figure.choice, Figure.audited),
        Figure.valid_until,
    )
    query = companies.current_figures_of(ids, known_at).with_only_columns(*columns)
    for figure_id, company_id, *row in db.session.execute(query):
        found[gone.get(figure_id, company_id)].append(Stated._make(row))
    return found


def figures_of(
    company_id: int, day: dt.date, known_at: dt.datetime | None = None
) -> tuple[Figures, bool]:
    """A company's figures as the engine takes them, and whether the latest fiscal year is
    audited."""
    return figures_from(stated_of([company_id], known_at)[company_id], day)


def current(company_ids: Iterable[int]) -> dict[tuple[int, str], Assessment]:
    """The stored outcomes by company and target."""
    rows = db.session.scalars(
        sa.select(Assessment).where(
            one_of(Assessment.company_id, company_ids), Assessment.superseded_at.is_(None)
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
    keys = [target.key for target in kept_targets() if target.standard]
    rows = db.session.execute(
        sa.select(Assessment.company_id, Assessment.target, Assessment.book, Assessment.outcome)
        .where(
            one_of(Assessment.company_id, company_ids),
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
