"""What the story's funds own after closing: one holding for each deal that is invested."""

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa

from portfolio.extensions import db, unit_of_work
from portfolio.people.models import User
from portfolio.pipeline.models import Deal, Holding, StageEvent, Vehicle

INVESTED = ("post", "exit", "closed", "contribution")
SOURCE = "投后季报（虚构）"
# The value in hundredths of the cost, in turn: most have gained, one has lost.
WORTH = (100, 135, 180, 85, 240)
MICRO = 1_000_000


def enter_holdings(opened: Sequence[Deal]) -> int:
    """State a holding for each deal in its last stages; answers how many."""
    invested = [deal for deal in opened if deal.stage in INVESTED and deal.amount_fen]
    for number, deal in enumerate(invested):
        owner = db.session.get_one(User, deal.owner_id)
        at = _closed_at(deal)
        with unit_of_work("holding.state", owner, at=at):
            db.session.add(_holding(deal, WORTH[number % len(WORTH)], owner, at))
    return len(invested)


def _closed_at(deal: Deal) -> dt.datetime:
    entered = sa.select(sa.func.min(StageEvent.happened_at)).where(
        StageEvent.deal_id == deal.id, StageEvent.to_stage.in_(INVESTED)
    )
    return db.session.scalar(entered) or deal.stage_entered_at


def _whole(deal: Deal, cost: int) -> int | None:
    """What the cost is a part of: the company after the round, or the size of the sub-fund."""
    if deal.target_vehicle_id is not None:
        return db.session.get_one(Vehicle, deal.target_vehicle_id).size_fen
    return deal.pre_money_fen and deal.pre_money_fen + (deal.round_size_fen or cost)


def _holding(deal: Deal, worth: int, owner: User, at: dt.datetime) -> Holding:
    cost = deal.amount_fen or 0
    whole = _whole(deal, cost)
    return Holding(
        vehicle_id=deal.vehicle_id,
        company_id=deal.company_id,
        target_vehicle_id=deal.target_vehicle_id,
        deal_id=deal.id,
        acquired_on=at.date(),
        cost_fen=cost,
        value_fen=cost * worth // 100,
        stake_micro=cost * 100 * MICRO // whole if whole else None,
        as_of=at.date(),
        source=SOURCE,
        recorded_at=at,
        recorded_by_id=owner.id,
    )
