"""Commands `companies import` and `deals import`: the web import's engine on the command line."""

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from portfolio.companies.commands import group as companies
from portfolio.extensions import unit_of_work
from portfolio.intake import headings, operations, queries, reporting
from portfolio.intake.choices import KEEP, TAKE, Choices
from portfolio.intake.job_operations import ACTIONS
from portfolio.intake.models import Kind
from portfolio.intake.operations import Prepared, RowsRefused
from portfolio.intake.reading import require_as_named
from portfolio.intake.wording_views import message
from portfolio.kernel.errors import InputError
from portfolio.people import queries as people
from portfolio.people.models import User
from portfolio.pipeline.commands import group as deals
from portfolio.readiness import run_operations
from portfolio.web.messages import sentence, text_of

SHOWN = 20
COUNTED = ("created", "updated", "unchanged")
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def _options(command: Callable[..., None]) -> Callable[..., None]:
    """What both commands take."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print the whole report as JSON."),
        click.option("--as", "address", help="The person it is done for; else nobody's account."),
        click.option("--update", is_flag=True, help="Take the file's values where they differ."),
        click.option("--formula-values", is_flag=True, help="Take the values of computed cells."),
        click.option("--sound-rows-only", is_flag=True, help="Leave refused rows out."),
        click.option("--dry-run", is_flag=True, help="Read and check, write nothing."),
        click.option("--mapping", type=FILE, help="JSON: heading to field."),
        click.argument("file", type=FILE),
    ):
        command = option(command)
    return command


@companies.command("import")
@click.option(
    "--kind",
    type=click.Choice([kind.value for kind in Kind if kind is not Kind.DEALS]),
    default=Kind.COMPANIES.value,
    help="What the rows are.",
)
@_options
def import_companies(kind: str, **options: Any) -> None:
    """Take in a CSV or XLSX file of companies and yearly figures, or of what belongs to them."""
    _run(kind, **options)


@deals.command("import")
@_options
def import_deals(**options: Any) -> None:
    """Take in a CSV or XLSX file of deals: new ones are opened, known ones found by number."""
    _run(Kind.DEALS.value, **options)


def _run(
    kind: str,
    file: Path,
    mapping: Path | None,
    dry_run: bool,
    sound_rows_only: bool,
    update: bool,
    formula_values: bool,
    address: str | None,
    as_json: bool,
) -> None:
    content = file.read_bytes()
    try:
        actor = _person(address)
        require_as_named(content, file.name)
        chosen = headings.read_mapping(mapping.read_bytes()) if mapping else {}
        choices = Choices(TAKE if update else KEEP, formulas=TAKE if formula_values else KEEP)
        prepared = operations.prepare(content, chosen, kind, choices, actor)
        operations.rehearse(prepared)
    except InputError as error:
        if as_json:
            _print(_worded(reporting.refused_whole(kind, error)), as_json)
        click.echo(text_of(error), err=True)
        raise SystemExit(1) from error
    refused = bool(prepared.plan.refused) and not sound_rows_only
    report = operations.report(prepared, [])
    if not (refused or dry_run):
        try:
            report = _applied(content, file.name, prepared, actor, sound_rows_only)
        except RowsRefused:
            refused, report = True, operations.report(prepared, [])
    _print(_worded(report), as_json)
    if refused:
        click.echo(sentence("import.refused", rows=len(prepared.plan.refused_rows)), err=True)
        raise SystemExit(1)


def _person(address: str | None) -> User | None:
    if address is None:
        return None
    user = people.by_email(address.strip().lower())
    if user is None or not user.active or not user.may("import"):
        raise InputError("person.unknown", value=address)
    return user


def _applied(
    content: bytes, filename: str, prepared: Prepared, actor: User | None, sound_rows_only: bool
) -> dict[str, Any]:
    now = dt.datetime.now(dt.UTC)
    with unit_of_work(ACTIONS[prepared.kind], actor=actor):
        batch = operations.keep_upload(content, filename, actor, now, prepared.kind)
        try:
            report = operations.apply(batch, prepared, actor, now, sound_rows_only)
        finally:
            operations.upload_path(batch).unlink()
    run_operations.settle()
    return report


def _worded(report: dict[str, Any]) -> dict[str, Any]:
    """The report with a sentence for each finding, and labels for the duplicates."""
    for kind in ("refused", "warnings"):
        for finding in report[kind]:
            finding["message"] = message(finding)
            del finding["params"]
    for column in report["ignored"]:
        column["message"] = sentence(column["reason"])
    ids = {int(d[side]) for d in report["duplicates"] for side in ("one", "other")}
    codes, names = queries.codes_of(ids), queries.names_of(ids)
    for duplicate in report["duplicates"]:
        for side in ("one", "other"):
            company_id = int(duplicate[side])
            duplicate[side] = {
                "company_id": company_id,
                "name": names.get(company_id, ""),
                "stock_code": codes.get(company_id, ""),
            }
    return report


def _print(report: dict[str, Any], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(report, ensure_ascii=False))
        return
    for kind in COUNTED:
        counts = "".join(f"{count:>8} {name}" for name, count in report[kind].items())
        click.echo(f"{kind:<10}{counts}")
    if report["disputed"]:
        click.echo(f"{'disputed':<10}{report['disputed']:>8} figures")
    for kind in ("refused", "warnings"):
        click.echo(f"{kind}: {len(report[kind])}")
        for finding in report[kind][:SHOWN]:
            whose = f"{finding['company']} {finding['company_code']}".strip()
            click.echo(f"  row {finding['row']}  {whose}  {finding['field']}  {finding['message']}")
        if len(report[kind]) > SHOWN:
            click.echo("  ...")
    for column in report["ignored"]:
        click.echo(f"ignored: {column['heading']}  {column['message']}")
    if report["other_sheets"]:
        click.echo(f"sheets not read: {', '.join(report['other_sheets'])}")
    click.echo(f"likely duplicates: {len(report['duplicates'])}")
    for pair in report["duplicates"][:SHOWN]:
        sides = (f"{pair[s]['name']} {pair[s]['stock_code']}".strip() for s in ("one", "other"))
        click.echo("  " + " = ".join(sides) + f"  {pair['reason']}")
