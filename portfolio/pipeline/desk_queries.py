"""Reads of the desk: what moved lately, what came and went by stage, whose deals stand longest."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from portfolio.extensions import db
from portfolio.people.models import User
from portfolio.pipeline.board_queries import DealLine, by_ids
from portfolio.pipeline.models import Deal, MoveKind, StageEvent, Status
from portfolio.pipeline.queries import happened
from portfolio.pipeline.sight_queries import visible

ACTIVE = Status.ACTIVE.value
CARRY = MoveKind.CARRY.value


@dataclass(frozen=True)
class Passage:
    """How many moves brought an active deal into a stage, and how many took one out of it."""

    came: int = 0
    went: int = 0

    def __add__(self, other: "Passage") -> "Passage":
        return Passage(self.came + other.came, self.went + other.went)


def passages(user: User, pipeline_ids: Sequence[int], since: dt.datetime) -> dict[str, Passage]:
    """By stage, what came and went since then, of deals this person may see.

    A deal that is put on hold or rejected goes out of its stage; one that is resumed comes in. What
    was carried to a new version of the pipeline did not move.
    """
    columns = (
        *(StageEvent.from_stage, StageEvent.from_status),
        *(StageEvent.to_stage, StageEvent.to_status),
    )
    rows = db.session.execute(
        sa.select(*columns, sa.func.count().label("moves"))
        .join(Deal, Deal.id == StageEvent.deal_id)
        .where(
            StageEvent.happened_at >= since,
            StageEvent.kind != CARRY,
            happened(),
            visible(user),
            Deal.pipeline_id.in_(pipeline_ids),
        )
        .group_by(*columns)
    )
    found: dict[str, Passage] = {}
    for row in rows:
        here, there = (row.from_stage, row.from_status), (row.to_stage, row.to_status)
        if here == there:
            continue
        if row.from_status == ACTIVE:
            found[row.from_stage] = found.get(row.from_stage, Passage()) + Passage(went=row.moves)
        if row.to_status == ACTIVE:
            found[row.to_stage] = found.get(row.to_stage, Passage()) + Passage(came=row.moves)
    return found


def recent_moves(user: User, since: dt.datetime, limit: int = 12) -> Sequence[tuple[Any, Any]]:
    """The latest stage events of deals this person may see, with the deal, newest first."""
    rows = db.session.execute(
        sa.select(StageEvent, Deal)
        .join(Deal, Deal.id == StageEvent.deal_id)
        .where(StageEvent.happened_at >= since, StageEvent.kind != CARRY, happened(), visible(user))
        .order_by(StageEvent.happened_at.desc())
        .limit(limit)
    )
    return [(row[0], row[1]) for row in rows]


def slowest_of(user: User, limit: int = 8) -> list[DealLine]:
    """The person's own active deals, those longest in their stage first."""
    ids = db.session.scalars(
        sa.select(Deal.id)
        .where(Deal.owner_id == user.id, Deal.status == Status.ACTIVE.value, visible(user))
        .order_by(Deal.stage_entered_at, Deal.id)
        .limit(limit)
    ).all()
    return by_ids(ids)
