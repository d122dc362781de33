"""Assessing companies: outcomes are stored when they change."""

import datetime as dt
import json
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from portfolio.companies.models import Company
from portfolio.extensions import db
from portfolio.kernel.dates import local_date
from portfolio.kernel.numbers import MICRO, plain
from portfolio.readiness import queries
from portfolio.readiness.models import Assessment
from portfolio.readiness.nearness import distance
from portfolio.readiness.targets import Result, results
from portfolio.rulebook.engine import Outcome

CHUNK = 500


def refresh(company_ids: Iterable[int], now: dt.datetime) -> int:
    """Assess companies and store what changed; answers how many outcomes did."""
    ids, changed = list(company_ids), 0
    for start in range(0, len(ids), CHUNK):
        changed += _refresh_chunk(ids[start : start + CHUNK], now)
    return changed


def _refresh_chunk(ids: list[int], now: dt.datetime) -> int:
    day = local_date(now)
    known = queries.current(ids)
    stale: list[int] = []
    fresh: list[dict[str, Any]] = []
    for company_id, (figures, _) in queries.figures_of(ids, day).items():
        for result in results(figures, day):
            row = _row(company_id, result, day, now)
            old = known.get((company_id, result.target.key))
            if old is not None and (old.book, old.outcome) == (row["book"], row["outcome"]):
                if old.distance is None:  # stored before distances were
                    old.distance = row["distance"]
                continue
            if old is not None:
                stale.append(old.id)
            fresh.append(row)
    if stale:
        db.session.execute(
            sa.update(Assessment).where(Assessment.id.in_(stale)).values(superseded_at=now)
        )
    if fresh:
        db.session.execute(sa.insert(Assessment), fresh)
    return len(fresh)


def _row(company_id: int, result: Result, day: dt.date, now: dt.datetime) -> dict[str, Any]:
    clauses = [_clause(outcome) for outcome in result.outcome.walk()]
    return {
        "company_id": company_id,
        "target": result.target.key,
        "book": result.book.id,
        "status": result.outcome.status,
        "outcome": json.dumps(clauses, ensure_ascii=False),
        "distance": distance(result),
        "as_of": day,
        "computed_at": now,
        "superseded_at": None,
    }


def _clause(outcome: Outcome) -> dict[str, Any]:
    return {
        "id": outcome.clause.id,
        "status": outcome.status,
        "value": number_text(outcome.value),
        "gap": number_text(outcome.gap),
    }


def number_text(value: Any) -> str | None:
    """An exact number with at most six decimals as text; words stay words."""
    if value is None or isinstance(value, str):
        return value
    return plain(Decimal(round(value * MICRO)) / MICRO)


def every_company() -> list[int]:
    """The ids of all companies."""
    return list(db.session.scalars(sa.select(Company.id).order_by(Company.id)))


def when_figures_change(company_ids: Iterable[int], now: dt.datetime) -> None:
    """Listener of `figures_stated`: these companies are assessed anew, in the same transaction."""
    refresh(company_ids, now)
