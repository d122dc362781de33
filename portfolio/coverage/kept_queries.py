"""The map and the figures, read once until something is written: they go through every tag and deal.

Each change of a tag, a deal or a holding is in the audit trail, so what was read at one length of
the trail holds as long as that does. What changes by the clock alone (the day, a grant that ends)
is part of the key. Of days that are over only what a person sees of them can change, so their
figures hold as long as that does.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from portfolio.audit import queries as audit
from portfolio.chokepoint import queries as chokepoint
from portfolio.chokepoint import taxonomy_queries
from portfolio.chokepoint.models import Tag
from portfolio.chokepoint.standing import Standing, TagState
from portfolio.companies import queries as companies
from portfolio.coverage.asked import Asked
from portfolio.coverage.figure_queries import coverage
from portfolio.coverage.figures import Cell, Coverage
from portfolio.coverage.phases import phases
from portfolio.coverage.queries import amounts_of, cells, costs_of, held
from portfolio.extensions import db
from portfolio.people import policy
from portfolio.people.models import User
from portfolio.pipeline import queries as pipeline
from portfolio.pipeline import sight_queries as sight
from portfolio.pipeline.models import Deal, DealGrant, Holding
from portfolio.web.past import end_of

Key = tuple[int, sa.Engine, int, tuple[tuple[int, str], ...]]


@dataclass(frozen=True)
class Drawn:
    """The cells of the map, how many suggestions wait, and how claims stand."""

    cells: Mapping[str, Cell]
    suggested: int
    standings: Mapping[Standing, int]


def drawn(user: User, asked: Asked, today: dt.date) -> Drawn:
    """The map of a person, as narrowed."""
    key = _key(user)
    return _drawn_at(key, asked, today) if key else _drawn(user, asked, today)


def covered(user: User, today: dt.date) -> Coverage:
    """The figures of today for a person (`figure_queries.coverage`)."""
    key = _key(user)
    return _covered_at(key, today) if key else coverage(user, today)


@dataclass(frozen=True)
class _Past:
    """Days that are over and all that their figures hang on; who asks is none of it."""

    engine: sa.Engine
    days: tuple[dt.date, ...]
    marks: tuple[Any, ...]
    user_id: int = field(compare=False)


def past(user: User, days: Sequence[dt.date]) -> list[Coverage]:
    """The figures of days that are over, in order of time, as they were known at their ends."""
    marks = _marks(user, end_of(days[-1]))
    return list(_past_at(_Past(db.engine, tuple(days), marks, user.id)))


def _marks(user: User, known_at: dt.datetime) -> tuple[Any, ...]:
    """What tells one past from another: which deals, holdings and tags of that time a person may
    know of, which of their amounts, and to which companies they belong now."""
    return (
        taxonomy_queries.latest(),
        tuple(phases().invested(pipeline.newest_first())),
        _mark(Deal, amounts_of(user), sight.visible(user), Deal.created_at <= known_at),
        _mark(Holding, costs_of(user), held(user), Holding.recorded_at <= known_at),
        _mark(Tag, sa.false(), Tag.recorded_at <= known_at),
    )


def _mark(model: Any, readable: sa.ColumnElement[bool], *among: Any) -> tuple[Any, ...]:
    """Sums that change with the rows, their companies and the readable ones among them."""
    number = sa.cast(model.id, sa.BigInteger)
    sums = (
        number,
        number * number,
        number * model.company_id,
        sa.case((readable, number * number)),
    )
    query = sa.select(sa.func.count(), *(sa.func.sum(each) for each in sums)).where(*among)
    return tuple(db.session.execute(query).one())


def _key(user: User) -> Key | None:
    """What everything read for a person hangs on: the length of the trail, whose trail it is, and
    the grants; None for who sees a part by team or agenda, and while something is written, which is
    not in the trail yet."""
    every = policy.ALL in user.scopes("deal.read") & user.scopes("company.read")
    if not every or db.session().info.get("action"):
        return None
    grants = sa.select(DealGrant.deal_id, DealGrant.kind).where(
        DealGrant.user_id == user.id,
        sa.or_(DealGrant.until.is_(None), DealGrant.until > dt.datetime.now(dt.UTC)),
    )
    held = tuple(sorted((row[0], row[1]) for row in db.session.execute(grants)))
    return (audit.newest_seq(), db.engine, user.id, held)


@lru_cache(maxsize=64)
def _drawn_at(key: Key, asked: Asked, today: dt.date) -> Drawn:
    return _drawn(db.session.get_one(User, key[2]), asked, today)


@lru_cache(maxsize=64)
def _covered_at(key: Key, today: dt.date) -> Coverage:
    return coverage(db.session.get_one(User, key[2]), today)


@lru_cache(maxsize=64)
def _past_at(key: _Past) -> tuple[Coverage, ...]:
    user = db.session.get_one(User, key.user_id)
    return tuple(coverage(user, day, end_of(day)) for day in key.days)


def _drawn(user: User, asked: Asked, today: dt.date) -> Drawn:
    visible = companies.visible(user)
    counts = chokepoint.counts(visible)
    suggested = sum(n for (_, state), n in counts.items() if state == TagState.SUGGESTED.value)
    return Drawn(cells(user, asked, today), suggested, chokepoint.standings(visible, today))
