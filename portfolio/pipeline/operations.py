"""What is done with deals: opened, moved, held, rejected, re-termed, staffed and walled."""

import datetime as dt
import secrets
from collections.abc import Iterable, Mapping
from typing import Any

from portfolio.audit import operations as audit
from portfolio.companies.operations import check_version
from portfolio.extensions import db
from portfolio.kernel.dates import local_date
from portfolio.kernel.errors import InputError
from portfolio.kernel.text import clean
from portfolio.people.models import User
from portfolio.pipeline import queries
from portfolio.pipeline.models import (
    Deal,
    DealGrant,
    DealMember,
    DealTerms,
    GrantKind,
    PipelineVersion,
    StageEvent,
    Status,
)
from portfolio.pipeline.stages import Move

TERMS = ("round", "round_size_fen", "amount_fen", "pre_money_fen", "lead_investor")
FIELDS = frozenset(
    [
        "name",
        "vehicle_id",
        "co_investment",
        "trl",
        "risks",
        "pre_review",
        "next_step",
        "next_step_on",
    ]
)


class Refused(InputError):
    """The person may not do this with this deal."""

    def __init__(self) -> None:
        super().__init__("deal.refused")


def require(actor: User, permission: str, deal: Deal) -> None:
    """Raise Refused unless the person holds the permission over the deal."""
    if not queries.may(actor, permission, deal):
        raise Refused


def open_deal(
    name: str,
    pipeline: PipelineVersion,
    vehicle_id: int,
    owner_id: int,
    actor: User | None,
    now: dt.datetime,
    company_id: int | None = None,
    target_vehicle_id: int | None = None,
    walled: bool = False,
    team: Iterable[int] = (),
    terms: Mapping[str, Any] | None = None,
    values: Mapping[str, Any] | None = None,
) -> Deal:
    """Open a deal in the first stage of a pipeline. Raises InputError without one target."""
    if (company_id is None) == (target_vehicle_id is None):
        raise InputError("deal.one_target")
    if not clean(name):
        raise InputError("name.missing")
    first = queries.pipeline_of(pipeline).first.key
    deal = Deal(
        code=secrets.token_hex(8),
        name=clean(name),
        pipeline_id=pipeline.id,
        vehicle_id=vehicle_id,
        owner_id=owner_id,
        company_id=company_id,
        target_vehicle_id=target_vehicle_id,
        walled=walled,
        stage=first,
        status=Status.ACTIVE.value,
        stage_entered_at=now,
        created_at=now,
        updated_at=now,
    )
    deal.members = [DealMember(user_id=user_id) for user_id in dict.fromkeys((owner_id, *team))]
    _assign(deal, values or {})
    db.session.add(deal)
    db.session.flush()
    deal.code = deal_code(now, deal.id)
    _append_event(deal, "open", None, None, actor, now, Move("open"))
    if terms:
        state_terms(deal, terms, actor, now)
    return deal


def deal_code(now: dt.datetime, deal_id: int) -> str:
    """The number people quote: year of entry and running number."""
    return f"P{local_date(now).year}-{deal_id:05d}"


def change(
    deal: Deal,
    values: Mapping[str, Any],
    actor: User,
    now: dt.datetime,
    expected_version: int | None = None,
) -> Deal:
    """Change a deal's own columns. Raises Conflict, Refused or InputError."""
    require(actor, "deal.write", deal)
    check_version(deal.version, expected_version)
    _assign(deal, values)
    deal.updated_at = now
    db.session.flush()
    return deal


def _assign(deal: Deal, values: Mapping[str, Any]) -> None:
    unknown = set(values) - FIELDS
    if unknown:
        raise InputError("field.unknown", value=sorted(unknown)[0])
    for name, value in values.items():
        setattr(deal, name, clean(value) if name in {"name", "next_step"} else value)
    if deal.trl is not None and not 1 <= deal.trl <= 9:
        raise InputError("trl.range")


def state_terms(
    deal: Deal,
    terms: Mapping[str, Any],
    actor: User | None,
    now: dt.datetime,
    source: str = "",
) -> DealTerms:
    """Append new terms; the deal's own columns repeat them."""
    merged = {name: getattr(deal, name) for name in TERMS} | dict(terms)
    unknown = set(merged) - set(TERMS)
    if unknown:
        raise InputError("field.unknown", value=sorted(unknown)[0])
    row = DealTerms(
        deal_id=deal.id,
        source=source,
        recorded_at=now,
        recorded_by_id=actor.id if actor else None,
        **merged,
    )
    for name, value in merged.items():
        setattr(deal, name, value)
    deal.updated_at = now
    db.session.add(row)
    db.session.flush()
    return row


def move(
    deal: Deal, wanted: Move, actor: User, now: dt.datetime, expected_version: int | None = None
) -> StageEvent:
    """Move a deal as its pipeline allows; the one way a stage or status ever changes.

    Raises Refused, Conflict or InputError (codes of `Pipeline.check`).
    """
    require(actor, "deal.write", deal)
    check_version(deal.version, expected_version)
    pipeline = queries.pipeline_of(db.session.get_one(PipelineVersion, deal.pipeline_id))
    if wanted.kind == "forward" and wanted.to_stage:
        kind = pipeline.kind_of(deal.stage, wanted.to_stage)
        wanted = Move(**{**wanted.__dict__, "kind": kind})
    permission = pipeline.moves.get(wanted.kind, {}).get("permission")
    if permission:
        require(actor, permission, deal)
    stage, status = pipeline.check(deal.stage, deal.status, wanted, local_date(now))
    before = deal.stage, deal.status
    if stage != deal.stage:
        deal.stage_entered_at = now
    deal.stage, deal.status, deal.updated_at = stage, status, now
    deal.revisit_on = wanted.revisit_on if status == Status.ON_HOLD.value else None
    deal.withdrawn_by = wanted.withdrawn_by if status == Status.WITHDRAWN.value else ""
    return _append_event(deal, wanted.kind, *before, actor, now, wanted)


def _append_event(
    deal: Deal,
    kind: str,
    from_stage: str | None,
    from_status: str | None,
    actor: User | None,
    now: dt.datetime,
    wanted: Move,
) -> StageEvent:
    event = StageEvent(
        deal_id=deal.id,
        kind=kind,
        from_stage=from_stage,
        to_stage=deal.stage,
        from_status=from_status,
        to_status=deal.status,
        happened_at=now,
        recorded_at=now,
        actor_id=actor.id if actor else None,
        reason_code=wanted.reason_code,
        note=wanted.note.strip(),
        revisit_on=wanted.revisit_on,
    )
    db.session.add(event)
    db.session.flush()
    return event


def set_team(deal: Deal, user_ids: Iterable[int], owner_id: int, now: dt.datetime) -> None:
    """Say who is on the team and who owns the deal; the owner always is on the team."""
    wanted = dict.fromkeys((owner_id, *user_ids))
    deal.owner_id = owner_id
    present = {member.user_id for member in deal.members}
    deal.members = [m for m in deal.members if m.user_id in wanted] + [
        DealMember(user_id=user_id) for user_id in wanted if user_id not in present
    ]
    deal.updated_at = now
    db.session.flush()


def set_wall(deal: Deal, walled: bool, actor: User, now: dt.datetime) -> None:
    """Make a deal confidential, or open it again."""
    require(actor, "deal.write", deal)
    deal.walled, deal.updated_at = walled, now


def grant(
    deal: Deal,
    user_id: int,
    kind: GrantKind,
    now: dt.datetime,
    reason: str = "",
    until: dt.datetime | None = None,
) -> DealGrant:
    """Put a person in a special relation to a deal."""
    row = DealGrant(
        deal_id=deal.id,
        user_id=user_id,
        kind=kind.value,
        reason=reason,
        granted_at=now,
        until=until,
    )
    db.session.add(row)
    db.session.flush()
    return row


def look_at_walled(deal: Deal) -> None:
    """Keep in the audit trail that a confidential deal was opened."""
    audit.record(
        audit.Entry("deal.look", "deal", deal.id, company_id=deal.company_id, deal_id=deal.id)
    )
