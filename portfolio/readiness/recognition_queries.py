"""Reads of what companies were granted: what stands now or stood at an instant, and all of it."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

import sqlalchemy as sa

from portfolio.companies import queries as companies
from portfolio.companies.models import Company, Figure
from portfolio.extensions import db
from portfolio.people import queries as people
from portfolio.readiness.recognitions import GRANTED, Recognition, granted_targets
from portfolio.readiness.targets import Target

MOST = 50


def current(company_id: int, known_at: dt.datetime | None = None) -> Mapping[str, Recognition]:
    """What a company holds now, or held by what was known at an instant, by target."""
    query = companies.current_figures_of([company_id], known_at)
    rows = db.session.scalars(
        query.where(Figure.metric.in_(granted_targets()), Figure.choice == GRANTED)
    )
    return {found.target.key: found for found in _told(rows.all())}


def counts(condition: sa.ColumnElement[bool], day: dt.date) -> Mapping[str, int]:
    """By target how many companies under a condition hold it on a day."""
    rows = db.session.execute(
        sa.select(Figure.metric, sa.func.count())
        .join(Company, Company.id == Figure.company_id)
        .where(
            Figure.metric.in_(granted_targets()),
            Figure.choice == GRANTED,
            Figure.superseded_at.is_(None),
            Figure.disputed.is_(False),
            sa.or_(Figure.valid_until.is_(None), Figure.valid_until >= day),
            condition,
        )
        .group_by(Figure.metric)
    )
    return {granted_targets()[metric].key: count for metric, count in rows}


def history(company_id: int, target: Target) -> Sequence[Recognition]:
    """Everything that was recorded of a target, the newest first."""
    return _told(companies.stated_ever(company_id, target.granted, MOST))


def _told(rows: Iterable[Figure]) -> Sequence[Recognition]:
    rows = list(rows)
    names = people.names_of({row.recorded_by_id for row in rows if row.recorded_by_id})
    return [
        Recognition(
            granted_targets()[row.metric],
            row.choice == GRANTED,
            row.as_of,
            row.valid_until,
            row.source,
            row.evidence,
            row.recorded_at,
            names.get(row.recorded_by_id or 0, ""),
            row.superseded_at is None,
        )
        for row in rows
    ]
