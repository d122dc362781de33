"""Commands `chokepoint suggest`, `chokepoint refresh`, `chokepoint evaluate` and `chokepoint fit`."""

import datetime as dt
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
from flask.cli import AppGroup
from flask_babel import gettext as _

from portfolio.chokepoint import run_operations
from portfolio.chokepoint.evaluation import Evaluation, cross_validated, judged
from portfolio.chokepoint.fitting import Labelled, fitted, labelled
from portfolio.chokepoint.lexicon import lexicon
from portfolio.chokepoint.run_models import SuggestionRun
from portfolio.chokepoint.suggest import answer
from portfolio.chokepoint.taxonomy_queries import lexicon_or_shipped
from portfolio.chokepoint.weighing import FILE, prior, weights
from portfolio.extensions import unit_of_work
from portfolio.kernel.errors import InputError
from portfolio.web.messages import text_of

group = AppGroup("chokepoint", help="Chokepoint technologies.")
A_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
ENCODINGS = ("utf-8-sig", "gb18030")


def _lines(file: Path) -> Iterator[tuple[int, str]]:
    """The lines of a file that say something, with their numbers; each in its own encoding."""
    for number, line in enumerate(file.read_bytes().split(b"\n"), start=1):
        if line.strip():
            yield number, _decoded(line)


def _decoded(line: bytes) -> str:
    for encoding in ENCODINGS:
        try:
            return line.decode(encoding)
        except UnicodeDecodeError:
            continue
    return line.decode("utf-8", "replace")


@group.command("suggest")
@click.argument("file", type=A_FILE)
def suggest(file: Path) -> None:
    """Suggest technologies for each text of a file of JSON lines, by the taxonomy in force; where
    there is no database, by the one that came with the program."""
    words = lexicon_or_shipped()
    if words is None:
        click.echo(_("The database cannot be read: by the taxonomy as it was shipped."), err=True)
    try:
        answers = [answer(line, number, words) for number, line in _lines(file)]
    except InputError as error:
        click.echo(text_of(error), err=True)
        raise SystemExit(1) from error
    for text in answers:
        click.echo(text)


@group.command("refresh")
def refresh() -> None:
    """Suggest technologies from the description of every company in the library; a run that stopped
    goes on where it was."""
    now = dt.datetime.now(dt.UTC)
    with unit_of_work(run_operations.ACTION):
        run_operations.ask(None, now)
    run_id = run_operations.claim(now)
    if run_id is None:
        click.echo(
            _("A run is going on; what it does is shown on the page of suggestions."), err=True
        )
        raise SystemExit(1)
    run_operations.go_through(run_id, _tell)


def _tell(run: SuggestionRun) -> None:
    told = f"{run.done} of {run.total} companies: {run.added} suggestions added"
    click.echo(f"{told}, {run.withdrawn} withdrawn", err=run.ended_at is None)


def _rows(files: Sequence[Path]) -> list[Labelled]:
    found = []
    for file in files:
        for number, line in _lines(file):
            try:
                found.append(labelled(json.loads(line), lexicon()))
            except (ValueError, KeyError, TypeError) as error:
                click.echo(text_of(InputError("suggest.line", row=number)), err=True)
                raise SystemExit(1) from error
    return found


@group.command("evaluate")
@click.argument("file", type=A_FILE)
@click.option("--with", "more", type=A_FILE, multiple=True, help="Fit to these rows as well.")
@click.option("--in-force", is_flag=True, help="Judge by the weights in force, not by folds.")
@click.option("--errors", default=20, show_default=True, help="So many of the worst errors.")
def evaluate(file: Path, more: tuple[Path, ...], in_force: bool, errors: int) -> None:
    """Print how well suggestions agree with labelled texts (JSON lines with id, text, labels and
    kind): each fifth of them judged by weights fitted to the others."""
    rows = _rows([file])
    if in_force:
        _print(judged(rows, lexicon(), weights()), errors)
    else:
        _print(cross_validated(rows, _rows(more), prior(), lexicon()), errors)


def _print(found: Evaluation, errors: int) -> None:
    tags = found.tags(found.rows)
    clean, without = found.clean(found.rows)
    click.echo(
        f"{len(found.rows)} texts: micro-F1 {tags.f1:.3f} (precision {tags.precision:.3f}, recall "
        f"{tags.recall:.3f}), no-tag accuracy {clean / max(1, without):.3f} ({clean} of {without})"
    )
    click.echo(f"\n{'what the text is about':<24}{'precision':>10}{'recall':>10}{'texts':>8}")
    for role, share in found.roles().items():
        texts = share.right + share.missed
        click.echo(f"{role.value:<24}{share.precision:>10.3f}{share.recall:>10.3f}{texts:>8}")
    click.echo(f"\n{'confidence':<24}{'named':>10}{'labelled':>10}{'share':>8}")
    for low, high, named, true in found.calibration():
        part = f"{true / named:.2f}" if named else ""
        click.echo(f"{f'{low:.1f} to {high:.1f}':<24}{named:>10}{true:>10}{part:>8}")
    click.echo(f"\nthe {errors} worst errors")
    for guess in found.worst(errors):
        what = "missed" if guess.labelled else "wrong"
        text = re.sub(r"\s+", " ", guess.row.text)[:120]
        click.echo(
            f"{guess.row.id} {guess.row.kind}: {what} {guess.technology} {guess.confidence:.2f} "
            f"{guess.reason or 'no word'} {guess.words!r} | {text}"
        )


@group.command("fit")
@click.argument("files", type=A_FILE, nargs=-1, required=True)
def fit(files: tuple[Path, ...]) -> None:
    """Fit the weights to labelled texts and write them down."""
    rows = _rows(files)
    found = fitted(rows, prior(), lexicon())
    lines = [f"{name} = {value:.2f}" for name, value in found.items()]
    head = FILE.read_text(encoding="utf-8").split("[fitted]")[0]
    FILE.write_text(head + "[fitted]\n" + "\n".join(lines) + "\n", encoding="utf-8")
    click.echo(f"fitted {len(lines)} weights to {len(rows)} texts")
