"""What the gates are asked about, read for many deals in a fixed number of queries."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from portfolio.chokepoint import queries as chokepoint
from portfolio.companies.models import Activity, Company, Document
from portfolio.extensions import db, one_of
from portfolio.pipeline.askable import FIELDS
from portfolio.pipeline.flow import Pipeline
from portfolio.pipeline.gates import (
    NO_ANSWERS,
    STATES,
    Answers,
    Check,
    Facts,
    Standing,
    projected,
    standings,
)
from portfolio.pipeline.models import Deal, DealCheck, DealMember

_COLUMNS = [
    getattr(Company if field.record == "company" else Deal, field.name) for field in FIELDS.values()
]


def facts_of(deal_ids: Iterable[int]) -> dict[int, Facts]:
    """The facts of these deals, whatever their number, in six queries."""
    ids = list(deal_ids)
    if not ids:
        return {}
    rows = db.session.execute(
        sa.select(Deal.id, Deal.company_id, *_COLUMNS)
        .outerjoin(Company, Company.id == Deal.company_id)
        .where(one_of(Deal.id, ids))
    ).all()
    companies = {row[1] for row in rows if row[1] is not None}
    tagged = set(chokepoint.confirmed_of(companies)) if companies else set()
    checks, team, active = _checks(ids), _team(ids), _active(ids, companies)
    return {
        row[0]: Facts(
            filled=_filled(row[2:]),
            checks=checks.get(row[0], {}),
            team=team.get(row[0], 0),
            tagged=row[1] in tagged,
            active=("deal", row[0]) in active or ("company", row[1]) in active,
        )
        for row in rows
    }


def gate_of(
    deal: Deal, pipeline: Pipeline, to_stage: str, answers: Answers = NO_ANSWERS
) -> tuple[Standing, ...]:
    """How the conditions on the way to a stage stand, once these answers are given."""
    conditions = pipeline.gate(deal.stage, to_stage)
    if not conditions:
        return ()
    members = [member.user_id for member in deal.members]
    facts = projected(facts_of([deal.id])[deal.id], answers, members)
    return standings(pipeline, conditions, facts)


def _filled(values: Sequence[Any]) -> frozenset[str]:
    named = zip(FIELDS, values, strict=True)
    return frozenset(key for key, value in named if value is not None and value != "")


def _checks(ids: list[int]) -> dict[int, dict[str, Check]]:
    rows = db.session.execute(
        sa.select(
            DealCheck.deal_id, DealCheck.item, DealCheck.state, DealCheck.verified_by_id
        ).where(one_of(DealCheck.deal_id, ids), DealCheck.superseded_at.is_(None))
    )
    found: dict[int, dict[str, Check]] = {}
    for deal_id, item, state, verified_by in rows:
        check = Check(STATES[state], verified_by is not None)
        found.setdefault(deal_id, {})[item] = check
    return found


def _team(ids: list[int]) -> dict[int, int]:
    rows = db.session.execute(
        sa.select(DealMember.deal_id, sa.func.count())
        .where(one_of(DealMember.deal_id, ids))
        .group_by(DealMember.deal_id)
    )
    return {row[0]: row[1] for row in rows}


def _active(ids: list[int], companies: set[int]) -> set[tuple[str, int | None]]:
    """What has a note, a contact or a document: deals, and companies apart from any deal."""
    parts = []
    for model in (Activity, Document):
        parts.append(
            sa.select(sa.literal("deal"), model.deal_id).where(model.deal_id.in_(ids)).distinct()
        )
        parts.append(
            sa.select(sa.literal("company"), model.company_id)
            .where(model.deal_id.is_(None), model.company_id.in_(list(companies)))
            .distinct()
        )
    return {(row[0], row[1]) for row in db.session.execute(sa.union(*parts))}


def checks_of(deal_id: int, known_at: dt.datetime | None = None) -> dict[str, DealCheck]:
    """What is said of each item of one deal, or was said in the system at an instant."""
    query = (
        sa.select(DealCheck)
        .where(DealCheck.deal_id == deal_id)
        .options(joinedload(DealCheck.document_version))
        .order_by(DealCheck.id)
    )
    if known_at is None:
        query = query.where(DealCheck.superseded_at.is_(None))
    else:
        query = query.where(
            DealCheck.recorded_at <= known_at,
            sa.or_(DealCheck.superseded_at.is_(None), DealCheck.superseded_at > known_at),
        )
    return {row.item: row for row in db.session.scalars(query)}


def said_of(deal_id: int, item: str) -> Sequence[DealCheck]:
    """Everything that was ever said of one item, the newest first."""
    return db.session.scalars(
        sa.select(DealCheck)
        .where(DealCheck.deal_id == deal_id, DealCheck.item == item)
        .options(joinedload(DealCheck.document_version))
        .order_by(DealCheck.id.desc())
    ).all()
