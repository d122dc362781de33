"""Edits, moves and deletions of deals that are kept, and how each is taken back.

Stage events and terms are facts: taking back appends what stands in their place.
"""

import datetime as dt
from collections.abc import Collection
from contextlib import AbstractContextManager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from portfolio.extensions import db
from portfolio.journal import image_operations as images
from portfolio.journal import operations as journal
from portfolio.journal.models import Act
from portfolio.journal.operations import Keeping
from portfolio.kernel.errors import InputError
from portfolio.people.models import User
from portfolio.pipeline import operations, queries
from portfolio.pipeline import sight_queries as sight
from portfolio.pipeline.gates import NO_ANSWERS, Answers
from portfolio.pipeline.models import Deal, DealTerms, MoveKind, PipelineVersion, StageEvent
from portfolio.pipeline.operations import Refused
from portfolio.pipeline.stages import Move

# Facts that are appended to: their rows are never taken away.
FACTS = (DealTerms.__tablename__, StageEvent.__tablename__)


def keeping_change(deal: Deal, actor: User, now: dt.datetime) -> AbstractContextManager[Keeping]:
    """Keep a change of a deal's own columns, terms, team and wall as one act."""
    return journal.keeping(
        "deal.change",
        "deal",
        deal.id,
        actor,
        now,
        deal.name,
        deal.company_id,
        deal.id,
        but=FACTS,
    )


def undo_change(act: Act, payload: Any, actor: User, now: dt.datetime) -> None:
    """Put a deal's columns and team back; former terms are stated again as a row of their own."""
    images.put_back(payload["steps"], renumber=True)
    deal = db.session.get_one(Deal, act.deal_id)
    newest = db.session.scalar(
        sa.select(DealTerms).where(DealTerms.deal_id == deal.id).order_by(DealTerms.id.desc())
    )
    stated = {name: getattr(newest, name, None) for name in operations.TERMS}
    if newest and any(getattr(deal, name) != value for name, value in stated.items()):
        operations.state_terms(deal, {}, actor, now)


def before_move(deal: Deal) -> dict[str, Any]:
    """What a move changes of a deal beside its stage and status, as plain values."""
    return {
        "entered": deal.stage_entered_at.isoformat(),
        "revisit": deal.revisit_on.isoformat() if deal.revisit_on else None,
        "withdrawn_by": deal.withdrawn_by,
    }


def move(
    deal: Deal,
    wanted: Move,
    actor: User,
    now: dt.datetime,
    expected_version: int | None = None,
    answers: Answers = NO_ANSWERS,
) -> Act:
    """Move a deal by the one operation, and keep the move so that it can be taken back.

    What was answered for its gate is no part of the move: it stays said.
    """
    before = before_move(deal)
    event = operations.move(deal, wanted, actor, now, expected_version, answers)
    return journal.keep(
        "deal.move",
        "deal",
        deal.id,
        {"moves": [[event.id, before]]},
        actor,
        now,
        deal.name,
        deal.company_id,
        deal.id,
    )


def check_moves(act: Act, payload: Any, actor: User) -> None:
    """Raise Refused, or ChangedBy with who moved a deal since."""
    wanted = [event_id for event_id, _ in payload["moves"]]
    events = db.session.scalars(sa.select(StageEvent).where(StageEvent.id.in_(wanted))).all()
    of_others = {event.deal_id for event in events if event.actor_id != actor.id}
    require_all(actor, "deal.write", {event.deal_id for event in events})
    require_all(actor, "deal.override", of_others)
    undoing = aliased(StageEvent)
    newest = (  # of the moves that stand: one that was taken back bars no earlier one
        sa.select(sa.func.max(StageEvent.id))
        .where(
            StageEvent.deal_id.in_({event.deal_id for event in events}),
            StageEvent.undoes_id.is_(None),
            ~sa.exists().where(undoing.undoes_id == StageEvent.id),
        )
        .group_by(StageEvent.deal_id)
    )
    for latest in db.session.scalars(sa.select(StageEvent).where(StageEvent.id.in_(newest))):
        if latest.id not in wanted or latest.from_stage is None or latest.from_status is None:
            by = db.session.get(User, latest.actor_id) if latest.actor_id else None
            raise journal.ChangedBy(by.name if by else "", latest.happened_at)


def require_all(actor: User, permission: str, deal_ids: Collection[int]) -> None:
    """Raise Refused unless the person holds the permission over each of these deals."""
    if deal_ids and sight.ids_with(actor, permission, deal_ids) != set(deal_ids):
        raise Refused


def undo_moves(act: Act, payload: Any, actor: User, now: dt.datetime) -> None:
    """Take moves back, the last first."""
    for event_id, before in reversed(payload["moves"]):
        _undo_move(event_id, before, actor, now)


def _undo_move(event_id: int, before: dict[str, Any], actor: User, now: dt.datetime) -> None:
    """Append the event that undoes another, the latest of the deal that stands.

    The deal stands as it did, in days too. Gates are not asked: nothing is moved, a move is
    withdrawn.
    """
    event = db.session.get_one(StageEvent, event_id)
    deal = db.session.get_one(Deal, event.deal_id)
    assert event.from_stage is not None and event.from_status is not None  # noqa: S101 - as checked
    deal.stage, deal.status, deal.updated_at = event.from_stage, event.from_status, now
    deal.stage_entered_at = dt.datetime.fromisoformat(before["entered"])
    deal.revisit_on = dt.date.fromisoformat(before["revisit"]) if before["revisit"] else None
    deal.withdrawn_by = before["withdrawn_by"]
    db.session.add(
        StageEvent(
            deal_id=deal.id,
            kind=MoveKind.UNDO.value,
            from_stage=event.to_stage,
            to_stage=event.from_stage,
            from_status=event.to_status,
            to_status=event.from_status,
            happened_at=now,
            recorded_at=now,
            actor_id=actor.id,
            revisit_on=deal.revisit_on,
            undoes_id=event.id,
        )
    )
    db.session.flush()


def require_deletable(actor: User, deal: Deal) -> None:
    """Raise Refused, or InputError `deal.delete_late` in its late stages."""
    operations.require(actor, "deal.write", deal)
    version = db.session.get_one(PipelineVersion, deal.pipeline_id)
    late = queries.pipeline_of(version).late(deal.stage)
    if late and not sight.may(actor, "deal.override", deal):
        raise InputError("deal.delete_late")


def delete(deal: Deal, actor: User, now: dt.datetime) -> Act | None:
    """Hide a deal from everybody, and with it whatever is tied to it."""
    require_deletable(actor, deal)
    return hide(deal, actor, now)


def hide(deal: Deal, actor: User | None, now: dt.datetime) -> Act | None:
    """Hide a deal from everybody so that it can be restored; whoever calls says who may."""
    with journal.keeping(
        "deal.delete", "deal", deal.id, actor, now, deal.name, deal.company_id, deal.id
    ) as kept:
        deal.deleted_at = now
    return kept.act


def check_deleted(act: Act, payload: Any, actor: User) -> None:
    """Raise Refused when the deal is in the bin no more.

    Nothing else stands against it: who cannot see the deal may have deleted its company meanwhile.
    """
    if db.session.get_one(Deal, act.deal_id).deleted_at is None:
        raise Refused


def restore(act: Act, payload: Any, actor: User, now: dt.datetime) -> None:
    """Show a deleted deal again, just as it was."""
    db.session.get_one(Deal, act.deal_id).deleted_at = None


def check_bulk(act: Act, payload: Any, actor: User) -> None:
    """Raise Refused or Changed when any part of a bulk change cannot be taken back.

    A deal that this person may not know of by now counts as one that was changed, and nothing says
    by whom; nor is a right to it missing, for that would tell that it is there.
    """
    steps = payload.get("steps", ())
    deals = {row_id for table, row_id, *_ in steps if table == Deal.__tablename__}
    moved = [event_id for event_id, _ in payload.get("moves", ())]
    deals |= set(db.session.scalars(sa.select(StageEvent.deal_id).where(StageEvent.id.in_(moved))))
    if sight.ids_with(actor, "deal.read", deals) != deals:
        raise InputError("undo.changed")
    require_all(actor, "deal.write", deals)
    check_moves(act, {"moves": payload.get("moves", [])}, actor)
    images.require_unchanged(steps)


def undo_bulk(act: Act, payload: Any, actor: User, now: dt.datetime) -> None:
    """Take a bulk change back as a whole."""
    undo_moves(act, {"moves": payload.get("moves", [])}, actor, now)
    images.put_back(payload.get("steps", []), renumber=True)
