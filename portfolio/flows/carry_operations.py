"""Carrying the open deals of a pipeline over to the version in force, and taking that back."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from portfolio.extensions import db, serialise
from portfolio.flows import queries
from portfolio.journal import operations as journal
from portfolio.journal.models import Act
from portfolio.kernel.errors import InputError
from portfolio.kernel.parts import in_parts
from portfolio.people.models import User
from portfolio.pipeline import carry_operations as carrying
from portfolio.pipeline.models import Deal, PipelineVersion, StageEvent, Status
from portfolio.pipeline.queries import pipeline_of
from portfolio.web.formatting import listed

ACTION = "pipeline.carry"
NAMED = 20


class ShownOtherwise(InputError):
    """What the person was shown is not so any more: one must see it again first."""

    def __init__(self) -> None:
        super().__init__("carry.changed")


def carry_over(
    version: PipelineVersion,
    mapping: Mapping[str, str],
    actor: User,
    now: dt.datetime,
    shown: str | None = None,
) -> Act | None:
    """Let the open deals of earlier versions go by this one, all or none; kept as one act.

    The mapping leads from each stage that it has not to one that it has. `shown` is the summary
    that the person confirmed. Raises InputError `carry.unmapped`, `carry.stuck` where a deal at
    rest could never go on, `carry.not_in_force` of a version in which no deal begins, or
    ShownOtherwise.
    """
    serialise(f"pipeline:{version.key}")
    db.session.refresh(version)
    if not version.current:
        raise InputError("carry.not_in_force")
    flow = pipeline_of(version)
    stages = {stage.key for stage in flow.stages}
    for stage in queries.stages_to_map(version.key, json.loads(version.definition)):
        if mapping.get(stage["key"]) not in stages:
            raise InputError("carry.unmapped", value=stage)
    deals = _locked(
        PipelineVersion.key == version.key,
        Deal.pipeline_id != version.id,
        Deal.status.in_(queries.OPEN),
    )
    if shown is not None and shown != queries.summary_of(queries.to_carry(actor, version)):
        raise ShownOtherwise
    kept = []
    for deal in deals:
        goal = mapping.get(deal.stage, deal.stage)
        if deal.status != Status.ACTIVE.value and not flow.offered(goal, deal.status):
            raise InputError("carry.stuck", value=flow.stage(goal))
        before = carrying.before_carry(deal)
        kept.append((carrying.carry(deal, version, goal, actor, now), before))
    db.session.flush()
    moves = [[event.id, before] for event, before in kept]
    label = f"{flow.zh} · {flow.version}"
    told = {"moves": moves, "deals": [deal.id for deal in deals]}
    if not moves:
        return None
    return journal.keep(ACTION, "pipeline_version", version.id, told, actor, now, label)


def _locked(*conditions: sa.ColumnElement[bool]) -> Sequence[Deal]:
    """The deals under these conditions, in one order everywhere, until the unit of work ends."""
    return db.session.scalars(
        sa.select(Deal)
        .join(PipelineVersion, PipelineVersion.id == Deal.pipeline_id)
        .where(Deal.deleted_at.is_(None), *conditions)
        .order_by(Deal.id)
        .with_for_update(of=Deal)
        .execution_options(populate_existing=True)
    ).all()


def may_take_back(user: User, act: Act) -> bool:
    """Whoever sets up pipelines."""
    return user.may("settings.pipelines")


def check_take_back(act: Act, payload: Any, actor: User) -> None:
    """Raise InputError `carry.all_moved` when something happened since to all of the deals."""
    deals: list[Deal] = []
    latest: set[int] = set()
    for part in in_parts(sorted(payload["deals"])):
        there = sa.and_(Deal.id.in_(part), Deal.deleted_at.is_(None))
        found = db.session.scalars(sa.select(Deal).where(there).order_by(Deal.id)).all()
        latest |= set(_latest([deal.id for deal in found]).values())
        deals += found
    if not any(event_id in latest for event_id, _ in payload["moves"]):
        key = db.session.get_one(PipelineVersion, act.object_id).key
        raise InputError("carry.all_moved", names=_names(actor, key, deals))


def take_back(act: Act, payload: Any, actor: User, now: dt.datetime) -> InputError | None:
    """Let the deals go by their earlier versions again, but for those to which something happened
    since: of these it says which, as far as the person may know of them.

    Raises InputError `carry.all_moved` when that is all of them.
    """
    key = db.session.get_one(PipelineVersion, act.object_id).key
    serialise(f"pipeline:{key}")
    deals: dict[int, Deal] = {}
    latest: dict[int, int] = {}
    for part in in_parts(payload["deals"]):
        deals |= {deal.id: deal for deal in _locked(Deal.id.in_(part))}
        latest |= _latest(part)
    left, back = [], 0
    for event_id, before in payload["moves"]:
        event = db.session.get_one(StageEvent, event_id)
        deal = deals.get(event.deal_id)
        if deal is not None and latest[deal.id] == event_id:
            carrying.carry_back(deal, event, before, actor, now)
            back += 1
        elif deal is not None:
            left.append(deal)
    db.session.flush()
    names = _names(actor, key, left)
    if not back:
        raise InputError("carry.all_moved", names=names)
    return InputError("carry.some_moved", names=names) if left else None


def _latest(deal_ids: Sequence[int]) -> dict[int, int]:
    query = sa.select(StageEvent.deal_id, sa.func.max(StageEvent.id))
    rows = db.session.execute(
        query.where(StageEvent.deal_id.in_(deal_ids)).group_by(StageEvent.deal_id)
    )
    return {row[0]: row[1] for row in rows}


def _names(actor: User, key: str, deals: Sequence[Deal]) -> str:
    """The deals by number and name; those one may only count as so many more."""
    seen = set(queries.seen(actor, key, [deal.id for deal in deals]))
    named = [f"{deal.code} {deal.name}" for deal in deals if deal.id in seen][:NAMED]
    more = queries.how_many(actor, [deal.id for deal in deals]) - len(named)
    return listed([*named, *([f"+{more}"] if more > 0 else [])]) or "—"
