"""Reads of judgements: those that count of a company, and everything that was ever judged."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

from portfolio.companies import queries as companies
from portfolio.companies.models import Figure
from portfolio.extensions import db
from portfolio.people import queries as people
from portfolio.readiness.judgements import Judgement, judged
from portfolio.rulebook.metrics import Metric

MOST = 50


def current(company_id: int, known_at: dt.datetime | None = None) -> Mapping[str, Judgement]:
    """The judgements of a company now, or those known at an instant, by metric; withdrawn ones are
    none."""
    query = companies.current_figures_of([company_id], known_at)
    rows = db.session.scalars(query.where(Figure.metric.in_(judged()), Figure.choice.is_not(None)))
    return {found.metric.id: found for found in _told(rows.all())}


def history(company_id: int, metric: Metric) -> Sequence[Judgement]:
    """Everything that was judged of an item, the newest first."""
    return _told(companies.stated_ever(company_id, metric.id, MOST))


def _told(rows: Iterable[Figure]) -> Sequence[Judgement]:
    rows = list(rows)
    names = people.names_of({row.recorded_by_id or 0 for row in rows})
    return [
        Judgement(
            judged()[row.metric],
            row.choice,
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
