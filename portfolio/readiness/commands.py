"""Command `readiness refresh`."""

import datetime as dt

import click
from flask.cli import AppGroup

from portfolio.extensions import unit_of_work
from portfolio.readiness import operations

group = AppGroup("readiness", help="Pre-assessments under official standards.")


@group.command("refresh")
def refresh() -> None:
    """Assess every company under every rulebook in force and store what changed."""
    with unit_of_work("readiness.refresh"):
        ids = operations.every_company()
        changed = operations.refresh(ids, dt.datetime.now(dt.UTC))
    click.echo(f"{len(ids)} companies, {changed} outcomes changed")
