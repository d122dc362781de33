"""What the map shows, read once until something is written: it goes through every tag of the house.

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
from portfolio.coverage.figures import Cell
from portfolio.coverage.queries import cells
from portfolio.extensions import db
from portfolio.people import policy
from portfolio.people.models import User
from portfolio.pipeline.models import DealGrant


@dataclass(frozen=True)
class Drawn:
    """The cells of the map, how many suggestions wait, and how claims stand."""

    cells: Mapping[str, Cell]
    suggested: int
    standings: Mapping[Standing, int]


def drawn(user: User, asked: Asked, today: dt.date) -> Drawn:
    """The map of a person, as narrowed."""
    every = policy.ALL in user.scopes("deal.read") & user.scopes("company.read")
    if not every or db.session().info.get("action"):  # what is being written is not in the trail
        return _drawn(user, asked, today)
    grants = sa.select(DealGrant.deal_id, DealGrant.kind).where(
        DealGrant.user_id == user.id,
        sa.or_(DealGrant.until.is_(None), DealGrant.until > dt.datetime.now(dt.UTC)),
    )
    held = tuple(sorted((row[0], row[1]) for row in db.session.execute(grants)))
    return _drawn_at(audit.newest_seq(), db.engine, user.id, held, asked, today)


@lru_cache(maxsize=64)  # the length of the trail, whose it is, and the grants are part of the key
def _drawn_at(
    seq: int,
    engine: sa.Engine,
    user_id: int,
    held: tuple[tuple[int, str], ...],
    asked: Asked,
    today: dt.date,
) -> Drawn:
    return _drawn(db.session.get_one(User, user_id), asked, today)


def _drawn(user: User, asked: Asked, today: dt.date) -> Drawn:
    visible = companies.visible(user)
    counts = chokepoint.counts(visible)
    suggested = sum(n for (_, state), n in counts.items() if state == TagState.SUGGESTED.value)
    return Drawn(cells(user, asked, today), suggested, chokepoint.standings(visible, today))
