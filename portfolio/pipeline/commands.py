"""Commands `deals move`, with the same gate as elsewhere, and `deals return-held`."""

import datetime as dt
import json
from typing import NoReturn

import click
import sqlalchemy as sa
from flask.cli import AppGroup

from portfolio.companies.history_queries import titles_of
from portfolio.extensions import db, unit_of_work
from portfolio.kernel import dates
from portfolio.kernel.errors import InputError
from portfolio.people import queries as people
from portfolio.people.models import User
from portfolio.pipeline import hold_operations, operations, queries
from portfolio.pipeline import sight_queries as sight
from portfolio.pipeline.answer_forms import read_pairs
from portfolio.pipeline.gates import GateMissing, Standing
from portfolio.pipeline.models import Deal, PipelineVersion, StageEvent, Status
from portfolio.pipeline.stages import Move
from portfolio.web.formatting import title_of
from portfolio.web.messages import text_of

group = AppGroup("deals", help="Deals.")


@group.command("move")
@click.argument("code")
@click.argument("stage", required=False, default="")
@click.option("--kind", default="", help="Kind of move; the foremost one unless named.")
@click.option("--reason", "reason_code", default="", help="Reason code.")
@click.option("--other-reason", "other_reasons", multiple=True, help="Further reason code.")
@click.option("--note", default="", help="In your words.")
@click.option("--revisit-on", "revisit_on", help="Day to look again, such as 2026-12-31.")
@click.option("--evidence", default="", help="What is new, for reopening.")
@click.option("--answer", "answers", multiple=True, help="KEY=VALUE; may be repeated.")
@click.option("--override", default="", help="Why it goes on although conditions are open.")
@click.option("--actor", "address", help="E-mail of who moves it; the system without one.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def move(
    code: str,
    stage: str,
    kind: str,
    reason_code: str,
    other_reasons: tuple[str, ...],
    note: str,
    revisit_on: str | None,
    evidence: str,
    answers: tuple[str, ...],
    override: str,
    address: str | None,
    as_json: bool,
) -> None:
    """Move the deal CODE to STAGE (the next one unless named), as its pipeline allows.

    KEY is a field (company.industry, deal.amount_fen), a checklist item (i03), `verify`, `team`,
    `tag` or `contact`. Conditions left open are named, and nothing is written.
    """
    try:
        day = dates.parse_date(revisit_on) if revisit_on else None
        wanted = Move(
            kind, stage, reason_code, note, day, other_reasons, evidence=evidence, override=override
        )
        deal, event = _moved(code, wanted, answers, _person(address))
    except InputError as error:
        _refuse(error, as_json)
    if as_json:
        click.echo(json.dumps(_report(deal, event), ensure_ascii=False))
        return
    flow = queries.pipeline_of(db.session.get_one(PipelineVersion, deal.pipeline_id))
    click.echo(f"{deal.code}  {title_of(flow.stage(deal.stage))}  {titles_of(Status)[deal.status]}")


@group.command("return-held")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def return_held(as_json: bool) -> None:
    """Bring back the deals on hold whose day to look again has come; the scheduler does so too.

    Exit 1 when one of them could not come back.
    """
    told = hold_operations.return_held(dt.datetime.now(dt.UTC))
    if as_json:
        refused = [{"code": code, "reason": error.code} for code, error in told.refused]
        click.echo(json.dumps({"returned": told.back, "refused": refused}))
    else:
        click.echo("\n".join(told.back) or "nothing due")
    for code, error in told.refused:
        click.echo(f"{code}  {text_of(error)}", err=True)
    if told.refused:
        raise SystemExit(1)


def _person(address: str | None) -> User | None:
    user = people.by_email(address.strip().lower()) if address else None
    if address and (user is None or not user.active):
        raise InputError("person.unknown", value=address)
    return user


def _moved(
    code: str, wanted: Move, answers: tuple[str, ...], actor: User | None
) -> tuple[Deal, StageEvent]:
    deal = db.session.scalar(sa.select(Deal).where(Deal.code == code.strip().upper()))
    if deal is None or (actor is not None and not sight.may(actor, "deal.read", deal)):
        raise InputError("deal.unknown", value=code)
    flow = queries.pipeline_of(db.session.get_one(PipelineVersion, deal.pipeline_id))
    given = read_pairs(answers, flow)
    now = dt.datetime.now(dt.UTC)
    with unit_of_work(operations.action_of(flow, wanted), actor):
        return deal, operations.move(deal, wanted, actor, now, answers=given)


def _report(deal: Deal, event: StageEvent) -> dict[str, object]:
    return {
        "code": deal.code,
        "kind": event.kind,
        "from_stage": event.from_stage,
        "stage": deal.stage,
        "status": deal.status,
        "overridden": json.loads(event.overridden) if event.overridden else [],
    }


def _refuse(error: InputError, as_json: bool) -> NoReturn:
    """The reason on stderr, and what is missing on stdout for scripts; exit 1."""
    click.echo(text_of(error), err=True)
    if as_json:
        left = error.open if isinstance(error, GateMissing) else ()
        told = {"code": error.code, "missing": [_missing(standing) for standing in left]}
        click.echo(json.dumps(told, ensure_ascii=False))
    raise SystemExit(1) from error


def _missing(standing: Standing) -> dict[str, object]:
    return {
        "stage": standing.condition.stage,
        "condition": standing.condition.key,
        "title": title_of(standing.condition),
        "fields": list(standing.fields),
        "items": [item.key for item in standing.items],
        "people": standing.people,
        "contact": standing.contact,
    }
