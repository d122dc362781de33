"""Coverage in figures, now and at the ends of months as they were known then.

The past is read from rows that are appended: tags and holdings by when they were recorded and
superseded, deals from the event log, amounts from the terms that were stated. What a reader may
know of is asked by today's rights, and companies that were merged since are one in the past too:
merges keep no list of the deals that went over.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from portfolio.chokepoint import queries as chokepoint
from portfolio.chokepoint.models import Tag
from portfolio.chokepoint.taxonomy_queries import TechnologiesInForce
from portfolio.companies.merge_queries import unmerged
from portfolio.companies.models import Company
from portfolio.coverage.figures import Counted, Coverage, Part
from portfolio.coverage.phases import phases
from portfolio.coverage.queries import amounts_of, costs_of, counted, held, in_pipeline
from portfolio.extensions import db
from portfolio.people.models import User
from portfolio.pipeline import queries as pipeline
from portfolio.pipeline import sight_queries as sight
from portfolio.pipeline.models import Deal, DealTerms, Holding, StageEvent
from portfolio.pipeline.tally_queries import SHOWN

DEALS, COMPANIES = "deals", "companies"


def coverage(user: User, day: dt.date, known_at: dt.datetime | None = None) -> Coverage:
    """The figures of a day for a reader: of today, or as known at an instant of that day."""
    tags = _tags(day, known_at)
    deals = _deals(user) if known_at is None else _deals_then(user, known_at)
    return Coverage(
        day,
        _part(_once(deals), tags, "id"),
        _part(_once(_holdings(user, known_at)), tags, "company_id"),
    )


def _once(query: sa.Select) -> sa.CTE:
    """Rows that are made once however a plan joins them: the past of each deal is long to find."""
    return query.cte().prefix_with("MATERIALIZED")


def behind(
    user: User, what: str, domain: str | None, day: dt.date, known_at: dt.datetime
) -> sa.Select[int]:
    """The deals or the companies behind a figure of a past day, by id: those in chokepoint
    technology, in one domain of it, or all of them with None."""
    things = _deals_then(user, known_at) if what == DEALS else _holdings(user, known_at)
    rows = things.subquery()
    ids = rows.c.id if what == DEALS else rows.c.company_id
    query = sa.select(ids).distinct().order_by(ids)
    if domain is None:
        return query
    tags = _tags(day, known_at)
    tagged = sa.select(tags.c.company_id)
    if domain:
        tagged = tagged.where(_domain(tags.c.technology) == domain)
    return query.where(rows.c.company_id.in_(tagged))


def _tags(day: dt.date, known_at: dt.datetime | None) -> sa.CTE:
    """Which companies counted with which technologies."""
    # Without the state, which an index knows: of what that finds SQLite expects a few rows, and goes
    # through all deals for each of them.
    counts = (chokepoint.stood(Tag, known_at), chokepoint.counting(day))
    return _once(sa.select(Tag.company_id, Tag.technology).where(*counts))


def _thing(
    number: Any, company: Any, fen: Any, readable: sa.ColumnElement[bool]
) -> tuple[sa.ColumnElement[Any], ...]:
    """The columns that figures are made of."""
    mine = sa.case((readable, 1), else_=0)
    return (
        number.label("id"),
        company.label("company_id"),
        fen.label("fen"),
        mine.label("readable"),
    )


def _deals(user: User) -> sa.Select[Any]:
    columns = _thing(Deal.id, Deal.company_id, Deal.amount_fen, amounts_of(user))
    return sa.select(*columns).where(sight.visible(user), in_pipeline())


def _deals_then(user: User, known_at: dt.datetime) -> sa.Select[Any]:
    """The deals that were in the pipeline at an instant, of those that the person sees today."""
    terms = _newest(DealTerms, known_at)
    columns = _thing(Deal.id, Deal.company_id, DealTerms.amount_fen, amounts_of(user))
    return (
        _in_pipeline_then(columns, known_at)
        .outerjoin(terms, terms.c.deal_id == Deal.id)
        .outerjoin(DealTerms, DealTerms.id == terms.c.id)
        .where(sight.visible(user))
    )


def _in_pipeline_then(columns: Sequence[Any], known_at: dt.datetime) -> sa.Select[Any]:
    last = _newest(StageEvent, known_at)
    invested = phases().invested(pipeline.newest_first())
    return (
        sa.select(*columns)
        .select_from(Deal)
        .join(StageEvent, StageEvent.deal_id == Deal.id)
        .where(
            StageEvent.id.in_(sa.select(last.c.id)),
            StageEvent.to_status.in_(SHOWN),
            StageEvent.to_stage.not_in(invested),
            Deal.company_id.is_not(None),
        )
    )


class Counting(NamedTuple):
    """What coverage counts, before any reader's rights: the deals in the pipeline as (id, company,
    walled), the holdings as (company, deal, walled), where one is of no deal its company alone, and by
    company the domains that it counts in."""

    deals: Sequence[Any]
    holdings: Sequence[Any]
    domains: Mapping[int, frozenset[str]]


def what_counts(day: dt.date, known_at: dt.datetime | None = None) -> Counting:
    """What `coverage` counts of a day, for whoever counts it for many readers: three queries."""
    deal = Deal.id, Deal.company_id, Deal.walled
    query = (
        sa.select(*deal).where(in_pipeline())
        if known_at is None
        else _in_pipeline_then(deal, known_at)
    )
    holdings = (
        sa.select(Holding.company_id, Holding.deal_id, Deal.walled)
        .outerjoin(Deal, Deal.id == Holding.deal_id)
        .join(Company, Company.id == Holding.company_id)
        .where(chokepoint.stood(Holding, known_at), Deal.deleted_at.is_(None))
        .where(sa.or_(Holding.deal_id.is_not(None), unmerged()))
    )
    tags = _tags(day, known_at)
    domains: dict[int, set[str]] = {}
    for company_id, domain in db.session.execute(
        sa.select(tags.c.company_id, _domain(tags.c.technology)).distinct()
    ):
        domains.setdefault(company_id, set()).add(domain)
    return Counting(
        db.session.execute(query.where(Deal.deleted_at.is_(None))).all(),
        db.session.execute(holdings).all(),
        {company_id: frozenset(found) for company_id, found in domains.items()},
    )


def _newest(model: Any, known_at: dt.datetime) -> sa.Subquery:
    """Of each deal the last of its rows that was recorded by an instant."""
    query = sa.select(model.deal_id, sa.func.max(model.id).label("id"))
    return query.where(model.recorded_at <= known_at).group_by(model.deal_id).subquery()


def _holdings(user: User, known_at: dt.datetime | None) -> sa.Select[Any]:
    columns = _thing(Holding.id, Holding.company_id, Holding.cost_fen, costs_of(user))
    return sa.select(*columns).where(chokepoint.stood(Holding, known_at), held(user))


def _part(things: sa.CTE, tags: sa.CTE, what: str) -> Part:
    """The figures of some things: two queries."""
    is_tagged = sa.case((things.c.company_id.in_(sa.select(tags.c.company_id)), 1), else_=0)
    flagged = {
        bool(flag): counted(*told)
        for flag, *told in db.session.execute(
            sa.select(is_tagged.label("tagged"), *_measures(things, what)).group_by("tagged")
        )
    }
    part = flagged.get(True, Counted())
    return Part(flagged.get(False, Counted()) + part, part, _domains(things, tags, what))


def _domains(things: sa.CTE, tags: sa.CTE, what: str) -> Mapping[str, Counted]:
    once = (
        sa.select(_domain(tags.c.technology).label("domain"), *things.c)
        .join(tags, tags.c.company_id == things.c.company_id)
        .distinct()
        .subquery()
    )
    query = sa.select(once.c.domain, *_measures(once, what)).group_by(once.c.domain)
    return {row[0]: counted(*row[1:]) for row in db.session.execute(query)}


def _domain(technology: sa.ColumnElement[str]) -> sa.ColumnElement[str]:
    """The domain of a technology, of one too that is no more."""
    domains = {name: each.domain for name, each in TechnologiesInForce().items()}
    return sa.case(domains, value=technology, else_="")


def _measures(things: sa.CTE | sa.Subquery, what: str) -> tuple[sa.ColumnElement[Any], ...]:
    """How many there are, of how many rows the money is readable, of how many it is known, the sum,
    and how many rows there are."""
    mine = sa.case((things.c.readable == 1, things.c.fen))
    return (
        sa.func.count(sa.distinct(things.c[what])),
        sa.func.sum(things.c.readable),
        sa.func.count(mine),
        sa.func.sum(mine),
        sa.func.count(),
    )
