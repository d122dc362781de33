"""Reads of lists and boards: ids first, counts and sums by stage, cards in pages."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from portfolio.companies.models import Company
from portfolio.companies.queries import matching
from portfolio.companies.sections import Filter
from portfolio.extensions import db
from portfolio.people.models import User
from portfolio.pipeline.listing import DealListing
from portfolio.pipeline.models import Deal, PipelineVersion, StageEvent, Status
from portfolio.pipeline.queries import visible

CARDS = 20

SORT_COLUMNS: dict[str, Any] = {
    "updated": Deal.updated_at,
    "name": Deal.name,
    "amount": Deal.amount_fen,
    "entered": Deal.stage_entered_at,
    "created": Deal.created_at,
}


def listed(
    user: User,
    listing: DealListing,
    filters: Sequence[Filter] = (),
    permission: str = "deal.read",
) -> sa.Select[int]:
    """The ids of the deals in a list, in its order.

    Sorting by an amount shows something of it: only amounts this person may read are compared.
    """
    query = sa.select(Deal.id).where(visible(user))
    if permission != "deal.read":
        query = query.where(visible(user, permission))
    query = query.where(*_conditions(listing))
    by_key = {f.key: f for f in filters}
    for key, chosen in listing.extra:
        query = query.where(by_key[key].clause(list(chosen)))
    column = SORT_COLUMNS[listing.sort.removeprefix("-")]
    if listing.sort.endswith("amount"):
        column = sa.case((visible(user, "deal.terms"), column))
    order = column.desc() if listing.sort.startswith("-") else column.asc()
    return query.order_by(order.nulls_last(), Deal.id)


def _conditions(listing: DealListing) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if listing.pipeline:
        versions = sa.select(PipelineVersion.id).where(PipelineVersion.key == listing.pipeline)
        found.append(Deal.pipeline_id.in_(versions))
    if listing.stages:
        found.append(Deal.stage.in_(listing.stages))
    if listing.statuses:
        found.append(Deal.status.in_(listing.statuses))
    if listing.owners:
        found.append(Deal.owner_id.in_(listing.owners))
    if listing.text:
        found.append(_named(listing.text))
    return found


def _named(text: str) -> sa.ColumnElement[bool]:
    """Deals of companies that the text finds, or whose own name or number holds it."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    own = Deal.name.ilike(f"%{escaped}%", escape="\\")
    companies = sa.select(Company.id).where(matching(text))
    return sa.or_(own, Deal.code == text.upper(), Deal.company_id.in_(companies))


def by_ids(ids: Sequence[int]) -> list[Deal]:
    """Deals in the order of the ids, with what a list or a card shows of them."""
    rows = db.session.scalars(
        sa.select(Deal)
        .where(Deal.id.in_(ids))
        .options(
            joinedload(Deal.company),
            joinedload(Deal.owner),
            joinedload(Deal.vehicle),
            joinedload(Deal.target_vehicle),
        )
    )
    found = {row.id: row for row in rows}
    return [found[deal_id] for deal_id in ids if deal_id in found]


@dataclass(frozen=True)
class Tally:
    """Of one stage: how many deals, and the sum of the amounts this reader may see."""

    count: int = 0
    sum_fen: int | None = None


def tallies(user: User, pipeline_id: int, owner_id: int | None = None) -> dict[str, Tally]:
    """Counts and sums of active deals by stage."""
    base = (Deal.pipeline_id == pipeline_id, Deal.status == Status.ACTIVE.value)
    mine = () if owner_id is None else (Deal.owner_id == owner_id,)
    counts = _by_stage(sa.func.count(), *base, *mine, visible(user))
    sums: dict[str, int | None] = {}
    if user.scopes("deal.terms"):
        seen = visible(user, "deal.terms")
        sums = _by_stage(sa.func.sum(Deal.amount_fen), *base, *mine, seen)
    return {
        stage: Tally(count, None if (total := sums.get(stage)) is None else int(total))
        for stage, count in counts.items()
    }


def _by_stage(measure: Any, *conditions: sa.ColumnElement[bool]) -> dict[str, Any]:
    rows = db.session.execute(
        sa.select(Deal.stage, measure).where(*conditions).group_by(Deal.stage)
    )
    return {row[0]: row[1] for row in rows}


def cards(
    user: User, pipeline_id: int, stage: str, offset: int = 0, owner_id: int | None = None
) -> list[Deal]:
    """A page of a column, those longest in the stage first."""
    return by_ids(_card_ids(visible(user), pipeline_id, stage, offset, owner_id))


def first_cards(
    user: User, pipeline_id: int, stages: Iterable[str], owner_id: int | None = None
) -> dict[str, list[Deal]]:
    """The first page of every column: the rows of all of them are read in one query."""
    seen = visible(user)
    ids = {stage: _card_ids(seen, pipeline_id, stage, 0, owner_id) for stage in stages}
    found = {deal.id: deal for deal in by_ids([i for part in ids.values() for i in part])}
    return {stage: [found[i] for i in part if i in found] for stage, part in ids.items()}


def _card_ids(
    seen: sa.ColumnElement[bool],
    pipeline_id: int,
    stage: str,
    offset: int,
    owner_id: int | None,
) -> Sequence[int]:
    query = (
        sa.select(Deal.id)
        .where(
            Deal.pipeline_id == pipeline_id,
            Deal.status == Status.ACTIVE.value,
            Deal.stage == stage,
            seen,
        )
        .order_by(Deal.stage_entered_at, Deal.id)
        .limit(CARDS)
        .offset(offset)
    )
    if owner_id is not None:
        query = query.where(Deal.owner_id == owner_id)
    return db.session.scalars(query).all()


def recent_moves(user: User, since: dt.datetime, limit: int = 12) -> Sequence[tuple[Any, Any]]:
    """The latest stage events of deals this person may see, with the deal, newest first."""
    rows = db.session.execute(
        sa.select(StageEvent, Deal)
        .join(Deal, Deal.id == StageEvent.deal_id)
        .where(StageEvent.happened_at >= since, visible(user))
        .order_by(StageEvent.happened_at.desc())
        .limit(limit)
    )
    return [(row[0], row[1]) for row in rows]


def of_company(user: User, company_id: int) -> list[Deal]:
    """The company's deals that this person may see."""
    ids = db.session.scalars(
        sa.select(Deal.id)
        .where(Deal.company_id == company_id, visible(user))
        .order_by(Deal.updated_at.desc())
        .limit(50)
    ).all()
    return by_ids(ids)


def slowest_of(user: User, limit: int = 8) -> list[Deal]:
    """The person's own active deals, those longest in their stage first."""
    ids = db.session.scalars(
        sa.select(Deal.id)
        .where(Deal.owner_id == user.id, Deal.status == Status.ACTIVE.value, visible(user))
        .order_by(Deal.stage_entered_at)
        .limit(limit)
    ).all()
    return by_ids(ids)
