"""Command `chokepoint suggest`."""

from pathlib import Path

import click
from flask.cli import AppGroup

from portfolio.chokepoint.suggest import answer
from portfolio.kernel.errors import InputError
from portfolio.web.messages import text_of

group = AppGroup("chokepoint", help="Chokepoint technologies.")


@group.command("suggest")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def suggest(file: Path) -> None:
    """Suggest technologies for each text of a file of JSON lines."""
    lines = file.read_text(encoding="utf-8").splitlines()
    try:
        answers = [answer(line, n) for n, line in enumerate(lines, start=1) if line.strip()]
    except InputError as error:
        click.echo(text_of(error), err=True)
        raise SystemExit(1) from error
    for text in answers:
        click.echo(text)
