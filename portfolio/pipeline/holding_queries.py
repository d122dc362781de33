"""What the fund's vehicles hold of a company, now or as the system knew it at an instant."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import sqlalchemy as sa

from portfolio.audit import past_queries as past
from portfolio.companies.portrait_queries import ids_ever
from portfolio.companies.queries import readable
from portfolio.extensions import db
from portfolio.kernel.numbers import from_micro
from portfolio.people.models import User
from portfolio.pipeline.models import Holding, Vehicle
from portfolio.pipeline.queries import vehicles
from portfolio.pipeline.sight_queries import readable_deals

HUNDREDTH = Decimal("0.01")


@dataclass(frozen=True)
class Held:
    """A holding as its reader may see it: without `terms` neither stake nor amounts are for them."""

    vehicle: Vehicle
    row: Any
    terms: bool

    @property
    def stake(self) -> Decimal | None:
        """The part of the whole in percent, to the hundredth."""
        micro = self.row.stake_micro
        return None if micro is None else from_micro(micro).quantize(HUNDREDTH, ROUND_HALF_UP)


def of_company(user: User, company_id: int, known_at: dt.datetime | None = None) -> list[Held]:
    """The holdings that stand, the oldest first; those of deals that the person may not know of are
    left out. A holding of a deal is read as its deal is, another one as its company."""
    rows = _now(company_id) if known_at is None else _then(company_id, known_at)
    if not rows:
        return []
    deals = readable_deals(user, {row.deal_id for row in rows if row.deal_id is not None})
    own = readable(user, [company_id]).get(company_id, False)
    by_id = {vehicle.id: vehicle for vehicle in vehicles()}
    return [
        Held(by_id[row.vehicle_id], row, own if row.deal_id is None else deals[row.deal_id])
        for row in sorted(rows, key=lambda row: row.id)
        if row.deal_id is None or row.deal_id in deals
    ]


def _now(company_id: int) -> Sequence[Any]:
    query = sa.select(Holding).where(Holding.company_id == company_id)
    return db.session.scalars(query.where(Holding.superseded_at.is_(None))).all()


def _then(company_id: int, known_at: dt.datetime) -> Sequence[Any]:
    rows = past.as_known(Holding, ids_ever([Holding], company_id)[Holding], known_at)
    return [
        row
        for row in rows
        if row.company_id == company_id
        and (row.superseded_at is None or row.superseded_at > known_at)
    ]
