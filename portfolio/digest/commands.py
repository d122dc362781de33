"""Commands of digests: `digest run-once` and `scheduler`."""

import datetime as dt
import json

import click
from flask import current_app
from flask.cli import AppGroup, with_appcontext

from portfolio.digest import jobs
from portfolio.kernel.dates import SHANGHAI

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


@click.command("scheduler")
@with_appcontext
def scheduler() -> None:
    """Everything that happens by the clock. Starting several is harmless."""
    jobs.run_scheduler(current_app._get_current_object())  # type: ignore[attr-defined]
