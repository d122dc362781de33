"""The map and the figures, read once until something is written: they go through every tag and deal.

Each change of a tag, a deal or a holding is in the audit trail, so what was read at one length of
the trail holds as long as that does. What changes by the clock alone (the day, a grant that ends)
is part of the key.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import sqlalchemy as sa

from portfolio.audit import queries as audit
from portfolio.chokepoint import queries as chokepoint
from portfolio.chokepoint.standing import Standing, TagState
from portfolio.companies import queries as companies
from portfolio.coverage.asked import Asked
from portfolio.coverage.figure_queries import coverage
from portfolio.coverage.figures import Cell, Coverage
from portfolio.coverage.queries import cells
from portfolio.extensions import db
from portfolio.people import policy
from portfolio.people.models import User
from portfolio.pipeline.models import DealGrant

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


def covered(user: User, day: dt.date, known_at: dt.datetime | None = None) -> Coverage:
    """The figures of a day for a person (`figure_queries.coverage`)."""
    key = _key(user)
    return _covered_at(key, day, known_at) if key else coverage(user, day, known_at)


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


@lru_cache(maxsize=256)
def _covered_at(key: Key, day: dt.date, known_at: dt.datetime | None) -> Coverage:
    return coverage(db.session.get_one(User, key[2]), day, known_at)


def _drawn(user: User, asked: Asked, today: dt.date) -> Drawn:
    visible = companies.visible(user)
    counts = chokepoint.counts(visible)
    suggested = sum(n for (_, state), n in counts.items() if state == TagState.SUGGESTED.value)
    return Drawn(cells(user, asked, today), suggested, chokepoint.standings(visible, today))
