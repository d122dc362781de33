"""Command `audit verify`."""

import json

import click
from flask.cli import AppGroup

from portfolio.audit import queries

group = AppGroup("audit", help="The audit trail.")


@group.command("verify")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def verify(as_json: bool) -> None:
    """Check the chain; a broken one exits 1 and names the first bad entry."""
    count, broken = queries.verify()
    report = {
        "entries": count,
        "whole": broken is None,
        "first_bad": broken.seq if broken else None,
        "reason": broken.reason if broken else None,
    }
    if as_json:
        click.echo(json.dumps(report))
    elif broken is None:
        click.echo(f"{count} entries, whole")
    else:
        click.echo(f"broken at entry {broken.seq}: {broken.reason}")
    if broken:
        raise SystemExit(1)
