"""Commands `readiness refresh` and `readiness assess`."""

import datetime as dt
import json
from pathlib import Path

import click
from flask.cli import AppGroup

from portfolio.readiness import operations, path_queries, run_operations
from portfolio.readiness.answers import answers
from portfolio.readiness.cases import Refused, read_cases
from portfolio.web.messages import text_of

group = AppGroup("readiness", help="Pre-assessments under official standards.")


@group.command("refresh")
def refresh() -> None:
    """Assess every company under every rulebook in force and store what changed."""
    ids = operations.every_company()
    run = run_operations.look_through(ids, dt.datetime.now(dt.UTC))
    click.echo(f"{run.companies} companies, {run.changed} outcomes changed")


@group.command("recompute")
@click.argument("company_id", type=int)
def recompute(company_id: int) -> None:
    """Compute everything that was stored of a company again, from what was known then."""
    rows = path_queries.rows_of(company_id)
    differing = 0
    for row in rows:
        inputs, outcomes = path_queries.same_again(row)
        differing += not (inputs and outcomes)
        click.echo(
            f"{row.computed_at:%Y-%m-%d %H:%M:%S} by the rules of {row.as_of}: inputs "
            f"{'the same' if inputs else 'differ'}, outcomes {'the same' if outcomes else 'differ'}"
        )
    click.echo(f"{len(rows)} stored, {differing} differing")
    if differing:
        raise SystemExit(1)


@group.command("assess")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def assess(file: Path) -> None:
    """Assess the companies of a JSON file, clause by clause; needs no database."""
    try:
        cases = read_cases(file.read_bytes())
    except Refused as refused:
        click.echo(f"{refused.company}: {refused.key}: {text_of(refused.error)}", err=True)
        raise SystemExit(1) from refused
    click.echo(json.dumps({"assessments": answers(cases)}, ensure_ascii=False))
