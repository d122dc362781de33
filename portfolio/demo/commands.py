"""Commands `demo load` and `demo people`."""

import datetime as dt
import json

import click
import sqlalchemy as sa
from flask import current_app
from flask.cli import AppGroup

from portfolio.demo import mass_operations, operations
from portfolio.extensions import db
from portfolio.kernel.errors import InputError
from portfolio.people.models import User
from portfolio.web.messages import sentence, text_of

group = AppGroup("demo", help="Invented data to look at and to measure with.")


@group.command("load")
@click.option("--companies", type=click.IntRange(min=1), help="As many companies and deals.")
@click.option("--seed", default=1, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def load(companies: int | None, seed: int, as_json: bool) -> None:
    """Fill an empty database with the demo story, or with masses for scale tests."""
    try:
        if current_app.config["APP_ENV"] == "production":
            raise InputError("demo.production")
        operations.refuse_unless_empty()
        now = dt.datetime.now(dt.UTC)
        report = (
            mass_operations.load(companies, seed, now) if companies else operations.load(seed, now)
        )
    except InputError as error:
        click.echo(text_of(error), err=True)
        raise SystemExit(1) from error
    if as_json:
        click.echo(json.dumps(report))
        return
    for name, count in report.items():
        click.echo(f"{name:<12}{count:>10,}")


@group.command("people")
def show_people() -> None:
    """Print the demo log-ins; nothing when this is not the demo."""
    told = operations.story()["person"]
    known = set(db.session.scalars(sa.select(User.email)))
    rows = [row for row in told if row["email"] in known]
    if not rows:
        return
    click.echo(sentence("demo.password", value=operations.PASSWORD))
    for row in rows:
        click.echo(f"  {row['email']:<26}{row['name']}  {', '.join(row['roles'])}")
