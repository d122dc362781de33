"""Carrying a deal over to another version of its pipeline."""

import datetime as dt

from portfolio.extensions import db
from portfolio.people.models import User
from portfolio.pipeline.models import Deal, MoveKind, PipelineVersion, StageEvent


def carry(
    deal: Deal, version: PipelineVersion, stage: str, actor: User | None, now: dt.datetime
) -> StageEvent:
    """Let a deal go by another version from now on, in this stage of it; its status stays.

    No gate is asked: nobody moves the deal, its pipeline is another. Who stays in a stage stays
    there since when it was entered. The caller flushes, once for all deals.
    """
    before = deal.stage
    deal.pipeline_id, deal.stage, deal.updated_at = version.id, stage, now
    if stage != before:
        deal.stage_entered_at = now
    event = StageEvent(
        deal_id=deal.id,
        kind=MoveKind.CARRY.value,
        from_stage=before,
        to_stage=stage,
        from_status=deal.status,
        to_status=deal.status,
        happened_at=now,
        recorded_at=now,
        actor_id=actor.id if actor else None,
        revisit_on=deal.revisit_on,
    )
    db.session.add(event)
    return event
