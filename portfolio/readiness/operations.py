"""Assessing companies: outcomes are stored when they change."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from portfolio.companies.merge_queries import unmerged
from portfolio.companies.models import Company
from portfolio.extensions import db, insert_rows
from portfolio.kernel.dates import local_date
from portfolio.kernel.parts import in_parts
from portfolio.readiness import queries
from portfolio.readiness.models import Assessment
from portfolio.readiness.stored import Assessor, Stored

CHUNK = 500


def refresh(company_ids: Iterable[int], now: dt.datetime) -> int:
    """Assess companies and store what changed; answers how many outcomes did."""
    assessor = Assessor(local_date(now))
    return sum(_refresh_part(part, assessor, now) for part in in_parts(company_ids, CHUNK))


def _refresh_part(ids: list[int], assessor: Assessor, now: dt.datetime) -> int:
    known = queries.current(ids)
    stale: list[int] = []
    fresh: list[dict[str, Any]] = []
    for company_id, stated in queries.stated_of(ids).items():
        for found in assessor.stored(stated):
            old = known.get((company_id, found.target))
            if old is not None and (old.book, old.outcome) == (found.book, found.outcome):
                if old.distance is None:  # stored before distances were
                    old.distance = found.distance
                continue
            if old is not None:
                stale.append(old.id)
            fresh.append(_row(company_id, found, assessor.day, now))
    if stale:
        db.session.execute(
            sa.update(Assessment).where(Assessment.id.in_(stale)).values(superseded_at=now)
        )
    insert_rows(Assessment, fresh)
    return len(fresh)


def _row(company_id: int, found: Stored, day: dt.date, now: dt.datetime) -> dict[str, Any]:
    return {
        "company_id": company_id,
        **found._asdict(),
        "as_of": day,
        "computed_at": now,
        "superseded_at": None,
    }


def every_company() -> list[int]:
    """The ids of all companies."""
    return list(db.session.scalars(sa.select(Company.id).where(unmerged()).order_by(Company.id)))


def when_figures_change(company_ids: Iterable[int], now: dt.datetime) -> None:
    """Listener of `figures_stated`: these companies are assessed anew, in the same transaction."""
    refresh(company_ids, now)
