"""Commands `readiness refresh`, `readiness foresee` and `readiness assess`, and what prints what is kept."""

import datetime as dt
import json
from pathlib import Path

import click
from flask.cli import AppGroup

from portfolio.companies.merge_queries import unmerged
from portfolio.readiness import (
    foresight_operations,
    foresight_queries,
    operations,
    path_queries,
    question_queries,
    run_operations,
)
from portfolio.readiness.answers import answers
from portfolio.readiness.asking import asked_for
from portfolio.readiness.cases import Refused, read_cases
from portfolio.readiness.successions import of_book
from portfolio.web.messages import text_of

group = AppGroup("readiness", help="Pre-assessments under official standards.")


@group.command("refresh")
def refresh() -> None:
    """Assess every company under every rulebook in force and store what changed."""
    ids = operations.every_company()
    run = run_operations.look_through(ids, dt.datetime.now(dt.UTC))
    click.echo(f"{run.companies} companies, {run.changed} outcomes changed")


@group.command("foresee")
@click.argument("book")
def foresee(book: str) -> None:
    """Compute who gains and who loses where a rulebook begins to apply, or ends for good."""
    chosen = of_book(book)
    if not chosen:
        raise click.BadParameter(f"no day on which {book} begins or ends is known")
    foresight_operations.foresee(chosen, dt.datetime.now(dt.UTC))
    for one in chosen:
        row = foresight_queries.foresight_of(one)
        assert row is not None  # noqa: S101 - just computed
        click.echo(
            f"{one.day} {one.purpose}: {foresight_queries.how_many(row, unmerged())} companies change"
        )
        for target, effects in foresight_queries.counts_by_target(row, unmerged()).items():
            told = ", ".join(f"{name} {count}" for name, count in effects.items())
            click.echo(f"  {target}: {told}")


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


@group.command("questions")
@click.argument("company_ids", type=int, nargs=-1)
@click.option("--sample", default=20, show_default=True, help="So many companies if none is named.")
def questions(company_ids: tuple[int, ...], sample: int) -> None:
    """Print the questions worth asking, and how many open verdicts the answers decide."""
    ids = list(company_ids) or operations.every_company()[:sample]
    found = question_queries.worth_of(ids, dt.datetime.now(dt.UTC))
    for company_id, worth in found.items():
        for number, question in enumerate(worth.questions, start=1):
            years = [year for year in question.years if year is not None]
            click.echo(f"{company_id} {number}. {asked_for(question.metric, years, 'zh')}")
        click.echo(
            f"{company_id} of {worth.open} open verdicts {float(worth.mean):.2f} decided on average, "
            f"{worth.least} to {worth.most}, {worth.tried} combinations"
        )
    still = sum(worth.open for worth in found.values())
    decided = float(sum(worth.mean for worth in found.values()))
    share = f"{decided / still:.1%}" if still else "none"
    click.echo(f"{len(found)} companies, {still} open verdicts, {decided:.2f} decided: {share}")


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
