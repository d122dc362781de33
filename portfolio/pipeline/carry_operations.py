"""Carrying a deal over to another version of its pipeline, and back."""

import datetime as dt
from typing import Any

from portfolio.extensions import db
from portfolio.people.models import User
from portfolio.pipeline.models import Deal, MoveKind, PipelineVersion, StageEvent


def carry(
    deal: Deal, version: PipelineVersion, stage: str, actor: User | None, now: dt.datetime
) -> StageEvent:
    """Let a deal go by another version from now on, in this stage of it; its status stays.

    No gate is asked: nobody moves the deal, its pipeline is another. Who stays in a stage stays
    there since when it was entered, and is not changed by it: what a deal says of itself is the
    same. The caller flushes, once for all deals.
    """
    entered = deal.stage_entered_at if stage == deal.stage else now
    return _carried(deal, version.id, stage, entered, actor, now)


def before_carry(deal: Deal) -> dict[str, Any]:
    """What carrying a deal over changes of it, as plain values."""
    return {
        "version": deal.pipeline_id,
        "stage": deal.stage,
        "entered": deal.stage_entered_at.isoformat(),
    }


def carry_back(
    deal: Deal, event: StageEvent, before: dict[str, Any], actor: User, now: dt.datetime
) -> StageEvent:
    """Take back that a deal was carried over, while that is the last thing that happened to it.

    It stands where it stood, in days too. The caller flushes.
    """
    entered = dt.datetime.fromisoformat(before["entered"])
    back = _carried(deal, before["version"], before["stage"], entered, actor, now)
    back.undoes_id = event.id
    return back


def _carried(
    deal: Deal,
    version_id: int,
    stage: str,
    entered: dt.datetime,
    actor: User | None,
    now: dt.datetime,
) -> StageEvent:
    event = StageEvent(
        deal_id=deal.id,
        kind=MoveKind.CARRY.value,
        from_stage=deal.stage,
        to_stage=stage,
        from_status=deal.status,
        to_status=deal.status,
        happened_at=now,
        recorded_at=now,
        actor_id=actor.id if actor else None,
        revisit_on=deal.revisit_on,
    )
    if stage != deal.stage:
        deal.updated_at = now
    deal.pipeline_id, deal.stage, deal.stage_entered_at = version_id, stage, entered
    db.session.add(event)
    return event
