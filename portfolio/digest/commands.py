"""Commands of digests: what is due is sent, what is planned and what was sent is told; `scheduler`."""

import datetime as dt
import json
from typing import Any

import click
from flask import current_app
from flask.cli import AppGroup, with_appcontext

from portfolio.digest import (
    archive_queries,
    audience_queries,
    jobs,
    preview_queries,
    schedule_queries,
)
from portfolio.digest.kinds import KINDS, TIMED
from portfolio.digest.models import DigestMessage, DigestSchedule
from portfolio.digest.states import MessageState
from portfolio.kernel.dates import SHANGHAI
from portfolio.people import queries as people

group = AppGroup("digest", help="Digests by e-mail.")


def _moment(text: str | None) -> dt.datetime | None:
    if text is None:
        return None
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(f"{text} is no ISO time", param_hint="--now") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)


@group.command("run-once")
@click.option("--now", "now", help="The moment, as an ISO time; without an offset Asia/Shanghai.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def run_once(now: str | None, as_json: bool) -> None:
    """Plan and send whatever is due at that moment."""
    report = jobs.run_once(jobs.clock_from(_moment(now)))
    counts = report.as_dict()
    if as_json:
        click.echo(json.dumps({**counts, "due": not report.idle}))
    elif report.idle:
        click.echo("nothing due")
    else:
        click.echo("\n".join(f"{name}\t{count}" for name, count in counts.items()))


@group.command("schedules")
@click.option("--now", "now", help="The moment, as an ISO time; without an offset Asia/Shanghai.")
@click.option("--all", "everybody", is_flag=True, help="People's own ones too.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def schedules(now: str | None, everybody: bool, as_json: bool) -> None:
    """Every schedule: when it comes, its next times, whom it goes to and whom it passes over."""
    moment = jobs.clock_from(_moment(now))()
    rows = [*schedule_queries.house()]
    if everybody:
        rows += [row for row in schedule_queries.schedules() if row.owner_id is not None]
    told = [_schedule(row, moment) for row in rows]
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    for said in told:
        passed = ", ".join(f"{reason} {count}" for reason, count in said["skips"].items())
        coming = " ".join(said["next"]) or "-"
        on = "on" if said["enabled"] else "off"
        reach = f"goes to {said['goes_to']}" + (f", skips {passed}" if passed else "")
        click.echo("\t".join([said["key"], said["kind"], said["when"], on, reach, coming]))


def _schedule(row: DigestSchedule, moment: dt.datetime) -> dict[str, Any]:
    timed = KINDS[row.kind].timed
    coming = schedule_queries.upcoming(row, moment) if timed and row.enabled else []
    reach = audience_queries.reach(row, moment)
    day = {"weekly": row.weekday, "monthly": f"day {row.month_day}", "daily": "working days"}
    when = f"{day[row.kind]} {row.local_time} {row.zone}" if timed else row.events
    return {
        "key": row.key,
        "kind": row.kind,
        "name": row.name,
        "when": when,
        "enabled": row.enabled,
        "goes_to": reach.gets,
        "skips": {reason.value: count for reason, count in reach.skipped},
        "next": [slot.due.astimezone(SHANGHAI).isoformat() for slot in coming],
    }


@group.command("archive")
@click.option("--state", type=click.Choice([state.value for state in MessageState]))
@click.option("--kind", type=click.Choice(list(KINDS)))
@click.option("--person", help="An e-mail address.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def archive(state: str | None, kind: str | None, person: str | None, as_json: bool) -> None:
    """The newest messages with their states, attempts and the server's answers."""
    user = people.by_email(person) if person else None
    if person and user is None:
        raise click.BadParameter(f"{person} has no account", param_hint="--person")
    wanted = archive_queries.Wanted(user.id if user else None, state or "", kind or "")
    told = [_message(row) for row in archive_queries.newest(wanted)]
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    for said in told:
        click.echo("\t".join("" if value is None else str(value) for value in said.values()))


def _message(row: DigestMessage) -> dict[str, Any]:
    return {
        "id": row.id,
        "kind": row.run.schedule.kind,
        "period": row.run.label,
        "origin": row.run.origin,
        "address": row.address,
        "state": row.state,
        "reason": row.reason,
        "attempts": row.attempts,
        "code": row.last_code,
        "sent_at": row.sent_at.isoformat() if row.sent_at else None,
    }


@group.command("preview")
@click.argument("email")
@click.option("--kind", type=click.Choice([kind.value for kind in TIMED]), default="weekly")
@click.option("--period", default="", help="As 2026-W48, 2026-11-28 or 2026-11; the coming one.")
def preview(email: str, kind: str, period: str) -> None:
    """What a person would get, as plain text; nothing is sent."""
    user = people.by_email(email)
    if user is None:
        raise click.BadParameter(f"{email} has no account", param_hint="EMAIL")
    found = preview_queries.preview(user, user, KINDS[kind], period, jobs.clock_from(None)())
    if found is None:
        raise click.BadParameter(f"{period} is no period yet", param_hint="--period")
    click.echo(f"{found.words.subject}\n\n{found.words.text}", nl=False)


@click.command("scheduler")
@with_appcontext
def scheduler() -> None:
    """Everything that happens by the clock. Starting several is harmless."""
    jobs.run_scheduler(current_app._get_current_object())  # type: ignore[attr-defined]
