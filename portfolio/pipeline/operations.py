"""What is done with deals: opened, moved, held, rejected, re-termed, staffed and walled."""

import datetime as dt
import json
import secrets
from collections.abc import Iterable, Mapping
from typing import Any

from portfolio.audit import operations as audit
from portfolio.companies import operations as records
from portfolio.companies.models import Company
from portfolio.companies.operations import check_version
from portfolio.extensions import db
from portfolio.kernel.dates import SHANGHAI, local_date
from portfolio.kernel.errors import InputError
from portfolio.kernel.text import clean
from portfolio.people.models import User
from portfolio.pipeline import admission_queries as admissions
from portfolio.pipeline import check_operations as checks
from portfolio.pipeline import queries
from portfolio.pipeline.admission_queries import require as require
from portfolio.pipeline.askable import FIELDS as ASKABLE
from portfolio.pipeline.askable import LEAST_TRL, MOST_TRL
from portfolio.pipeline.flow import Pipeline
from portfolio.pipeline.gates import NO_ANSWERS, Answers
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
from portfolio.pipeline.refusals import Refused as Refused
from portfolio.pipeline.stages import Move
from portfolio.pipeline.stays import counted_before
from portfolio.pipeline.team_operations import require_unrecused

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
    if (queries.pipeline_of(pipeline).target == "vehicle") != (target_vehicle_id is not None):
        raise InputError("deal.wrong_target", value=pipeline.key)
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
    actor: User | None,
    now: dt.datetime,
    expected_version: int | None = None,
) -> Deal:
    """Change a deal's own columns. Raises Conflict, Refused or InputError."""
    require(actor, "deal.write", deal)
    check_version(deal.version, expected_version, "deal", deal.id)
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
    if deal.trl is not None and not LEAST_TRL <= deal.trl <= MOST_TRL:
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
    deal: Deal,
    wanted: Move,
    actor: User | None,
    now: dt.datetime,
    expected_version: int | None = None,
    answers: Answers = NO_ANSWERS,
) -> StageEvent:
    """Move a deal as its pipeline allows; the one way a stage or status ever changes.

    What is answered with the move is written with it. Raises Conflict and what `admissions.admitted` raises;
    then nothing is written.
    """
    require(actor, "deal.write", deal)  # before the version, which is nobody else's business
    check_version(deal.version, expected_version, "deal", deal.id)
    pipeline, wanted, found = admissions.admitted(deal, wanted, actor, now, answers)
    stage, status = found.stage, found.status
    take_answers(deal, pipeline, answers, actor, now)
    before = deal.stage, deal.status
    deal.stage_entered_at = _counts_from(deal, pipeline, stage, status, now)
    deal.stage, deal.status, deal.updated_at = stage, status, now
    rule = pipeline.moves[wanted.kind]
    deal.revisit_on = wanted.revisit_on if rule.revisit_days is not None else None
    deal.withdrawn_by = wanted.withdrawn_by if rule.withdrawn_by else ""
    return _append_event(deal, wanted.kind, *before, actor, now, wanted, found.overridden)


def _counts_from(
    deal: Deal, pipeline: Pipeline, stage: str, status: str, now: dt.datetime
) -> dt.datetime:
    """From when on the days in a stage count, once the deal stands in this stage and status.

    When it comes back from a rest to where it was, the days before it are kept, those of the rest
    left out: the beginning moves on to the day from which just so many days have passed.
    """
    if stage != deal.stage:
        return now
    if status != Status.ACTIVE.value or deal.status == Status.ACTIVE.value:
        return deal.stage_entered_at
    here, today = pipeline.stage(stage), local_date(now)
    before = counted_before(here, queries.history(deal.id), today)
    if here.days_since(deal.stage_entered_at, now) == before:
        return deal.stage_entered_at
    return min(now, dt.datetime.combine(here.latest_start(today, before), dt.time(12), SHANGHAI))


def action_of(pipeline: Pipeline, wanted: Move) -> str:
    """The verb under which the audit trail keeps a move."""
    rule = pipeline.moves.get(wanted.kind)
    if rule and rule.override:
        return "deal.skip"
    return "deal.override" if wanted.override.strip() else "deal.move"


def take_answers(
    deal: Deal, pipeline: Pipeline, answers: Answers, actor: User | None, now: dt.datetime
) -> None:
    """Write what was answered where it belongs: company, deal, terms, team, items, notes."""
    named = {ASKABLE[key]: value for key, value in answers.fields.items()}
    own = {f.name: value for f, value in named.items() if f.record == "deal"}
    of_company = {f.name: value for f, value in named.items() if f.record == "company"}
    if of_company and deal.company_id is None and deal.target_vehicle_id is None:
        raise InputError("deal.no_company")
    if of_company and deal.company_id is not None:
        if actor is not None and not actor.may("company.write"):
            raise Refused
        records.update(db.session.get_one(Company, deal.company_id), of_company, now)
    terms = {name: own.pop(name) for name in TERMS if name in own}
    owner_id = own.pop("owner_id", deal.owner_id)
    if own:
        change(deal, own, actor, now)
    if terms:
        state_terms(deal, terms, actor, now)
    members = [member.user_id for member in deal.members]
    if owner_id != deal.owner_id or set(answers.team) - set(members):
        set_team(deal, [*members, *answers.team], owner_id, now)
    if answers.items:
        checks.answer(deal, pipeline, answers.items, actor, now)
    checks.verify(deal, pipeline, answers.verified, actor, now)
    if answers.contact.strip():
        records.note_activity(answers.contact, "note", actor, now, deal_id=deal.id)


def _append_event(
    deal: Deal,
    kind: str,
    from_stage: str | None,
    from_status: str | None,
    actor: User | None,
    now: dt.datetime,
    wanted: Move,
    overridden: str = "",
) -> StageEvent:
    others = [code for code in dict.fromkeys(wanted.other_reasons) if code != wanted.reason_code]
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
        other_reasons=json.dumps(others) if others else "",
        note="\n".join(
            dict.fromkeys(t for t in (wanted.note.strip(), wanted.override.strip()) if t)
        ),
        revisit_on=wanted.revisit_on,
        overridden=overridden,
        evidence=wanted.evidence.strip(),
        evidence_version_id=wanted.evidence_version_id,
    )
    db.session.add(event)
    db.session.flush()
    return event


def require_staff(deal: Deal, user_ids: Iterable[int], owner_id: int) -> None:
    """Raise InputError `recusal.not_for_team` for somebody new who is recused of the deal."""
    present = {member.user_id for member in deal.members}
    require_unrecused(deal, {owner_id, *user_ids} - present)


def set_team(deal: Deal, user_ids: Iterable[int], owner_id: int, now: dt.datetime) -> None:
    """Say who is on the team and who owns the deal; the owner always is on the team.

    Raises InputError `recusal.not_for_team` for somebody new who is recused of the deal.
    """
    wanted = dict.fromkeys((owner_id, *user_ids))
    present = {member.user_id for member in deal.members}
    require_staff(deal, wanted, owner_id)
    deal.owner_id = owner_id
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
