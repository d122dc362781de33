"""Reads of the map: companies, deals by stage and money invested of each technology, in few queries."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from portfolio.chokepoint import queries as chokepoint
from portfolio.chokepoint.ladder import ladder
from portfolio.chokepoint.models import Tag, TagCard
from portfolio.chokepoint.standing import Standing
from portfolio.companies import queries as companies
from portfolio.companies.models import Company
from portfolio.coverage.asked import Asked
from portfolio.coverage.figures import Amount, Cell, Counted
from portfolio.coverage.phases import phases
from portfolio.extensions import db, one_of
from portfolio.people.models import User
from portfolio.pipeline import queries as pipeline
from portfolio.pipeline import sight_queries as sight
from portfolio.pipeline.models import Deal, Holding
from portfolio.pipeline.tally_queries import SHOWN

_COUNT = sa.func.count()


def claims(level: str, today: dt.date) -> sa.ColumnElement[bool]:
    """The condition over tags: those that count in statistics, or with a level all claims that hold
    at that level or above."""
    if not level:
        return chokepoint.counts_in_statistics(today)
    terms = ladder()
    levels = [name for name in terms.levels if terms.at_least(name, level)]
    holds = chokepoint.standing_of(today) != Standing.EXPIRED.value
    return sa.and_(chokepoint.stood(Tag), holds, Tag.level.in_(levels))


def amounts_of(user: User) -> sa.ColumnElement[bool]:
    """The condition that the amount of a deal the person sees is for them."""
    held = user.scopes("deal.terms")
    if held and held >= user.scopes("deal.read"):
        return sa.true()
    return sight.visible(user, "deal.terms") if held else sa.false()


def measures(column: Any, readable: sa.ColumnElement[bool]) -> tuple[sa.ColumnElement[Any], ...]:
    """How many rows, how many of them are readable, how many of these are known, and their sum."""
    mine = sa.case((readable, column))
    return (_COUNT, sa.func.count(sa.case((readable, 1))), sa.func.count(mine), sa.func.sum(mine))


def counted(count: int, readable: int, known: int, fen: Any, rows: int | None = None) -> Counted:
    """What the measures of some rows come to; `rows` where something else is counted than rows."""
    hidden = (count if rows is None else rows) - readable
    return Counted(count, Amount(int(fen or 0), known, readable - known, hidden))


def deals_shown(user: User, asked: Asked) -> list[sa.ColumnElement[bool]]:
    """The conditions over the deals that the map tells of: active or on hold, as far as seen."""
    found = [sight.visible(user), Deal.status.in_(SHOWN)]
    if asked.stage:
        found.append(Deal.stage == asked.stage)
    if asked.own:
        found.append(Deal.owner_id == user.id)
    return found


def held(user: User) -> sa.ColumnElement[bool]:
    """The condition over holdings in companies that stand and that the person may know of: one of a
    deal as that is, another one as its company."""
    own = sa.select(Company.id).where(Company.id == Holding.company_id, companies.visible(user))
    of_deal = sa.select(Deal.id).where(Deal.id == Holding.deal_id, sight.visible(user))
    return sa.and_(Holding.company_id.is_not(None), _either(own, of_deal))


def costs_of(user: User) -> sa.ColumnElement[bool]:
    """The condition that the cost of a holding the person may know of is for them."""
    if not user.scopes("deal.terms"):
        return sa.false()
    own = sa.select(Company.id).where(
        Company.id == Holding.company_id,
        companies.visible(user, "deal.terms"),
        Company.id.not_in(sight.companies_recused(user)),
    )
    of_deal = sa.select(Deal.id).where(
        Deal.id == Holding.deal_id, sight.visible(user, "deal.terms")
    )
    return _either(own, of_deal)


def _either(own: sa.Select[int], of_deal: sa.Select[int]) -> sa.ColumnElement[bool]:
    """The condition over holdings by their company where they are of no deal, else by their deal."""
    return sa.or_(
        sa.and_(Holding.deal_id.is_(None), own.correlate(Holding).exists()),
        of_deal.correlate(Holding).exists(),
    )


def cells(user: User, asked: Asked, today: dt.date, technology: str = "") -> dict[str, Cell]:
    """Technologies of which there is anything, by id, or one of them: three queries, whatever
    there is."""
    tagged = claims(asked.level, today)
    if technology:
        tagged = sa.and_(tagged, Tag.technology == technology)
    firms = _firms(user, tagged)
    stages: dict[str, dict[str, Counted]] = {}
    for name, stage, *told in _deals(user, asked, tagged):
        stages.setdefault(name, {})[stage] = counted(*told)
    invested = {name: counted(*told) for name, *told in _invested(user, tagged)}
    return {
        name: Cell(name, firms.get(name, 0), stages.get(name, {}), invested.get(name, Counted()))
        for name in {*firms, *stages, *invested}
    }


def _firms(user: User, tagged: sa.ColumnElement[bool]) -> dict[str, int]:
    query = sa.select(Tag.technology, _COUNT).join(Company, Company.id == Tag.company_id)
    rows = db.session.execute(query.where(tagged, companies.visible(user)).group_by(Tag.technology))
    return {row[0]: row[1] for row in rows}


def _deals(user: User, asked: Asked, tagged: sa.ColumnElement[bool]) -> Sequence[Any]:
    return db.session.execute(
        sa.select(Tag.technology, Deal.stage, *measures(Deal.amount_fen, amounts_of(user)))
        .join(Deal, Deal.company_id == Tag.company_id)
        .where(tagged, *deals_shown(user, asked))
        .group_by(Tag.technology, Deal.stage)
    ).all()


def _invested(user: User, tagged: sa.ColumnElement[bool]) -> Sequence[Any]:
    return db.session.execute(
        sa.select(Tag.technology, *measures(Holding.cost_fen, costs_of(user)))
        .join(Holding, Holding.company_id == Tag.company_id)
        .where(tagged, Holding.superseded_at.is_(None), held(user))
        .group_by(Tag.technology)
    ).all()


def side_by_side(user: User, technology: str, asked: Asked, today: dt.date) -> sa.Select[int]:
    """The tags of the companies that are said to develop a technology, the best evidence first."""
    query = (
        sa.select(Tag.id)
        .join(Company, Company.id == Tag.company_id)
        .where(Tag.technology == technology, claims(asked.level, today), companies.visible(user))
        .order_by(Tag.level.desc(), Company.name_zh, Tag.id)
    )
    with_deals = sa.select(Deal.company_id).where(
        Deal.company_id.is_not(None), *deals_shown(user, asked)
    )
    if asked.gaps:
        return query.where(Tag.company_id.not_in(with_deals))
    return query.where(Tag.company_id.in_(with_deals)) if asked.stage or asked.own else query


def with_companies(tag_ids: Sequence[int]) -> list[tuple[Tag, Company]]:
    """Tags in the order of their ids, with their cards and companies."""
    rows = db.session.execute(
        sa.select(Tag, Company)
        .join(Company, Company.id == Tag.company_id)
        .where(one_of(Tag.id, tag_ids))
        .options(joinedload(Tag.card).selectinload(TagCard.incumbents))
    )
    found = {tag.id: (tag, company) for tag, company in rows}
    return [found[number] for number in tag_ids if number in found]


def deals_of(user: User, company_ids: Sequence[int], asked: Asked) -> dict[int, list[Deal]]:
    """The deals of companies that the map tells of, the newest first."""
    rows = db.session.scalars(
        sa.select(Deal)
        .where(one_of(Deal.company_id, company_ids), *deals_shown(user, asked))
        .order_by(Deal.id.desc())
    )
    found: dict[int, list[Deal]] = {}
    for deal in rows:
        found.setdefault(deal.company_id or 0, []).append(deal)
    return found


def in_pipeline() -> sa.ColumnElement[bool]:
    """The condition over deals that are in the pipeline of companies: active or on hold, and not
    yet at a stage at which the money is out."""
    invested = phases().invested(pipeline.newest_first())
    return sa.and_(
        Deal.company_id.is_not(None), Deal.status.in_(SHOWN), Deal.stage.not_in(invested)
    )
