"""Reads of lists and boards: ids first, cards in pages."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache

import sqlalchemy as sa

from portfolio.companies.models import Company
from portfolio.companies.queries import matching
from portfolio.companies.sections import Filter
from portfolio.extensions import db, one_of
from portfolio.people.models import User
from portfolio.pipeline.listing import DealListing
from portfolio.pipeline.models import Deal, PipelineVersion, Status, post_money
from portfolio.pipeline.sight_queries import count_of_visible, either, visible, visible_parts
from portfolio.pipeline.sort_queries import order_of
from portfolio.pipeline.tally_queries import in_versions

CARDS = 10
MOST_LISTED = 2_000


def listed(
    user: User,
    listing: DealListing,
    filters: Sequence[Filter] = (),
    permission: str = "deal.read",
) -> sa.Select[int]:
    """The ids of the deals in a list, in its order.

    Sorting by an amount shows something of it: only amounts this person may read are compared.
    """
    seen = [visible(user)]
    if permission != "deal.read":
        seen.append(visible(user, permission))
    return _in_order(user, listing, filters, *seen)


def counted(
    user: User, listing: DealListing, filters: Sequence[Filter] = ()
) -> tuple[sa.Select[int], int]:
    """The same, and how many deals the list has."""
    parts = visible_parts(user)
    count = None if listing.filtered else count_of_visible(user)
    if count is None:
        conditions = _conditions(listing, filters)
        counts = [
            sa.select(sa.func.count()).select_from(Deal).where(part, *conditions).scalar_subquery()
            for part in parts
        ]
        count = sum(db.session.execute(sa.select(*counts)).one())
    return _in_order(user, listing, filters, either(parts)), count


def _in_order(
    user: User, listing: DealListing, filters: Sequence[Filter], *seen: sa.ColumnElement[bool]
) -> sa.Select[int]:
    query = sa.select(Deal.id).where(*seen, *_conditions(listing, filters))
    return query.order_by(*order_of(user, listing.sort))


def _conditions(listing: DealListing, filters: Sequence[Filter]) -> list[sa.ColumnElement[bool]]:
    by_key = {f.key: f for f in filters}
    found = [by_key[key].clause(list(values)) for key, values in listing.extra]
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
    """Deals of companies that the text finds, or whose own name or number holds it.

    Looked up once, each along an index, where they are few; a list asks twice.
    """
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    # SQLite's LIKE ignores the case of Latin letters as it is.
    like = Deal.name.like if db.session.get_bind().dialect.name == "sqlite" else Deal.name.ilike
    found = sa.union(
        sa.select(Deal.id).where(like(f"%{escaped}%", escape="\\")),
        sa.select(Deal.id).where(Deal.code == text.upper()),
        sa.select(Deal.id).where(Deal.company_id.in_(sa.select(Company.id).where(matching(text)))),
    )
    ids = db.session.scalars(found.limit(MOST_LISTED + 1)).all()
    return Deal.id.in_(ids if len(ids) <= MOST_LISTED else found)


@dataclass(frozen=True, slots=True)
class DealLine:
    """What a list or a card shows of a deal."""

    id: int
    code: str
    name: str
    pipeline_id: int
    stage: str
    status: str
    stage_entered_at: dt.datetime
    walled: bool
    round: str
    amount_fen: int | None
    pre_money_fen: int | None
    round_size_fen: int | None
    next_step: str
    next_step_on: dt.date | None
    revisit_on: dt.date | None
    updated_at: dt.datetime
    version: int
    owner_id: int
    company_id: int | None
    owner_name: str
    company_name: str

    @property
    def post_money_fen(self) -> int | None:
        """As of a deal: pre-money plus the whole round, when both are known."""
        return post_money(self.pre_money_fen, self.round_size_fen)


_LINE = (
    *(getattr(Deal, field.name) for field in fields(DealLine)[:-2]),
    User.name,
    sa.func.coalesce(sa.func.nullif(Company.short_name, ""), Company.name_zh, Deal.name),
)


# Outer joins, so that deals are looked up first.
_LINES = (
    sa.select(*_LINE)
    .select_from(Deal)
    .outerjoin(User, User.id == Deal.owner_id)
    .outerjoin(Company, Company.id == Deal.company_id)
)


def by_ids(ids: Sequence[int]) -> list[DealLine]:
    """Deals in the order of the ids, with what a list or a card shows of them."""
    rows = db.session.execute(_LINES.where(one_of(Deal.id, ids)))
    found = {row[0]: DealLine(*row) for row in rows}
    return [found[deal_id] for deal_id in ids if deal_id in found]


def cards(
    user: User,
    pipeline_ids: Sequence[int],
    stage: str,
    offset: int = 0,
    owner_id: int | None = None,
    limit: int = CARDS,
) -> list[DealLine]:
    """A page of a column, those longest in the stage first."""
    ids = _column_ids(visible(user), pipeline_ids, stage, owner_id).limit(limit).offset(offset)
    return by_ids(db.session.scalars(ids).all())


def first_cards(
    user: User, pipeline_ids: Sequence[int], stages: Iterable[str], owner_id: int | None = None
) -> dict[str, list[DealLine]]:
    """The first page of every column, in two queries however many there are."""
    shown = tuple(stages)
    if not shown:
        return {}
    rows = db.session.execute(_first_ids(visible(user), tuple(pipeline_ids), shown, owner_id)).all()
    column = {row.id: row.stage for row in rows}
    cards: dict[str, list[DealLine]] = {stage: [] for stage in shown}
    for deal in sorted(by_ids(list(column)), key=lambda deal: (deal.stage_entered_at, deal.id)):
        cards[column[deal.id]].append(deal)
    return cards


@lru_cache(maxsize=256)  # the condition of a person is one object, so a board's is built once
def _first_ids(
    seen: sa.ColumnElement[bool],
    pipeline_ids: tuple[int, ...],
    stages: tuple[str, ...],
    owner_id: int | None,
) -> sa.CompoundSelect[int, str]:
    parts = []
    for stage in stages:
        ids = _column_ids(seen, pipeline_ids, stage, owner_id).limit(CARDS).subquery()
        parts.append(sa.select(ids.c.id, sa.literal(stage).label("stage")))
    return sa.union_all(*parts)


def _column_ids(
    seen: sa.ColumnElement[bool],
    pipeline_ids: Sequence[int],
    stage: str,
    owner_id: int | None,
) -> sa.Select[int]:
    query = (
        sa.select(Deal.id)
        .where(
            in_versions(pipeline_ids),
            Deal.status == Status.ACTIVE.value,
            Deal.stage == stage,
            seen,
        )
        .order_by(Deal.stage_entered_at, Deal.id)
    )
    return query if owner_id is None else query.where(Deal.owner_id == owner_id)


def of_company(user: User, company_id: int) -> list[DealLine]:
    """The company's deals that this person may see."""
    rows = db.session.execute(
        _LINES.where(Deal.company_id == company_id, visible(user))
        .order_by(Deal.updated_at.desc())
        .limit(50)
    )
    return [DealLine(*row) for row in rows]
