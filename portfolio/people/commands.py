"""Commands about accounts: `users create`."""

import datetime as dt
import json
import sys

import click
from flask import current_app
from flask.cli import AppGroup

from portfolio.extensions import unit_of_work
from portfolio.kernel.errors import InputError
from portfolio.people import operations
from portfolio.web.messages import text_of

group = AppGroup("users", help="Accounts of people.")


@group.command("create")
@click.argument("email")
@click.option("--name", required=True, help="The person's name.")
@click.option("--role", "roles", multiple=True, required=True, help="May be repeated.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def create(
    email: str, name: str, roles: tuple[str, ...], password_stdin: bool, as_json: bool
) -> None:
    """Open an account and print a one-time link to set its password."""
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
    now = dt.datetime.now(dt.UTC)
    link = None
    try:
        with unit_of_work("user.create"):
            user = operations.create_user(email, name, roles, now, password)
            if password is None:
                token = operations.password_link(user, now)
                link = f"{current_app.config['BASE_URL']}/password/{token}"
    except InputError as error:
        click.echo(text_of(error), err=True)
        raise SystemExit(1) from error
    report = {"email": user.email, "name": user.name, "roles": list(roles), "link": link}
    if as_json:
        click.echo(json.dumps(report, ensure_ascii=False))
        return
    click.echo(f"{user.email}\t{user.name}\t{', '.join(roles)}")
    if link:
        click.echo(link)
