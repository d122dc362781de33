"""A deal as the system knew it at an instant: its columns, terms, team, way, papers and tasks.

Everything is read back from the audit trail, so that what was changed or deleted since stands as it
stood. Another kind of row that hangs on a deal is one more entry of `KINDS` and one field of
`DealThen`.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa

from portfolio.audit import past_queries as past
from portfolio.companies.models import Activity, Document, DocumentVersion, Task
from portfolio.companies.portrait_queries import (
    Kept,
    by_due_day,
    company_as_known,
    documents_then,
    ids_ever,
)
from portfolio.extensions import db
from portfolio.people.models import User
from portfolio.people.queries import names_of
from portfolio.pipeline.flow import Pipeline
from portfolio.pipeline.models import (
    Deal,
    DealCheck,
    DealMember,
    DealTerms,
    PipelineVersion,
    StageEvent,
    Vehicle,
    post_money,
)
from portfolio.pipeline.queries import pipeline_of
from portfolio.pipeline.sight_queries import ids_with

KINDS: tuple[Any, ...] = (
    *(DealMember, DealTerms, DealCheck, StageEvent),
    *(Activity, Task, Document),
)


@dataclass(frozen=True)
class DealThen:
    """A deal at a past instant, in the shape its page reads."""

    deal: SimpleNamespace
    pipeline: Pipeline
    company: SimpleNamespace | None
    terms: Sequence[SimpleNamespace]
    team: Sequence[int]
    events: Sequence[SimpleNamespace]
    activities: Sequence[SimpleNamespace]
    tasks: Sequence[SimpleNamespace]
    documents: Sequence[Kept]
    checks: dict[str, SimpleNamespace]


def deal_as_known(deal_id: int, known_at: dt.datetime, terms: bool = True) -> DealThen | None:
    """The deal at an instant, its papers with terms if wanted; None before it was opened. Who may
    see it is asked before."""
    found = past.as_known(Deal, [deal_id], known_at)
    if not found:
        return None
    deal = found[0]
    deal.post_money_fen = post_money(deal.pre_money_fen, deal.round_size_fen)
    deal.vehicle = db.session.get(Vehicle, deal.vehicle_id)
    deal.target_vehicle = db.session.get(Vehicle, deal.target_vehicle_id or 0)
    deal.owner_name = names_then({deal.owner_id}, known_at).get(deal.owner_id, "")
    rows = _hanging_on(deal_id, known_at)
    pipeline = past.as_known(PipelineVersion, [deal.pipeline_id], known_at)
    version: Any = (
        pipeline[0] if pipeline else db.session.get_one(PipelineVersion, deal.pipeline_id)
    )
    return DealThen(
        deal=deal,
        pipeline=pipeline_of(version),
        company=company_as_known(deal.company_id, known_at) if deal.company_id else None,
        terms=sorted(rows[DealTerms], key=lambda row: -row.id),
        team=[row.user_id for row in rows[DealMember]],
        events=rows[StageEvent],
        activities=sorted(rows[Activity], key=lambda row: (row.happened_at, row.id), reverse=True),
        tasks=by_due_day(rows[Task]),
        documents=documents_then(rows[Document], terms, known_at),
        checks=_checks_then(rows[DealCheck], known_at),
    )


def _checks_then(rows: Sequence[SimpleNamespace], known_at: dt.datetime) -> dict[str, Any]:
    """What was said of each item then; what took its place later does not count."""
    found = {}
    for row in sorted(rows, key=lambda row: row.id):
        if row.superseded_at is None or row.superseded_at > known_at:
            row.document_version = db.session.get(DocumentVersion, row.document_version_id or 0)
            found[row.item] = row
    return found


def _hanging_on(deal_id: int, known_at: dt.datetime) -> dict[Any, list[SimpleNamespace]]:
    """The rows of each kind that belonged to the deal at the instant."""
    told_of = past.ids_in_trail(KINDS, deal_id=deal_id)
    found = {}
    for model in KINDS:
        now = db.session.scalars(sa.select(model.id).where(model.deal_id == deal_id))
        rows = past.as_known(model, told_of[model].union(now), known_at)
        found[model] = [row for row in rows if row.deal_id == deal_id]
    return found


def names_then(ids: set[int], known_at: dt.datetime) -> dict[int, str]:
    """What people were called at an instant, by id; those entered later by their present name."""
    return names_of(ids) | {row.id: row.name for row in past.as_known(User, ids, known_at)}


def deals_of_company_then(
    user: User, company_id: int, known_at: dt.datetime
) -> list[SimpleNamespace]:
    """The company's deals at an instant, of those that this person may see now; newest first."""
    ids = ids_ever([Deal], company_id)[Deal]
    rows = past.as_known(Deal, ids_with(user, "deal.read", ids), known_at)
    there = [row for row in rows if row.company_id == company_id]
    owners = names_then({row.owner_id for row in there}, known_at)
    for row in there:
        row.owner_name = owners.get(row.owner_id, "")
    return sorted(there, key=lambda row: -row.id)
