"""Command `companies import`: the web import's engine on the command line."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import click

from portfolio.companies.commands import group
from portfolio.extensions import unit_of_work
from portfolio.intake import operations, queries
from portfolio.intake.operations import Prepared
from portfolio.kernel.errors import InputError
from portfolio.web.messages import sentence, text_of

SHOWN = 20


@group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--mapping", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Read and check, write nothing.")
@click.option("--sound-rows-only", is_flag=True, help="Leave refused rows out.")
@click.option("--json", "as_json", is_flag=True, help="Print the whole report as JSON.")
def import_file(
    file: Path, mapping: Path | None, dry_run: bool, sound_rows_only: bool, as_json: bool
) -> None:
    """Take in a CSV or XLSX file of companies and yearly figures."""
    content = file.read_bytes()
    try:
        chosen = json.loads(mapping.read_text(encoding="utf-8")) if mapping else {}
        prepared = operations.prepare(content, chosen)
    except (InputError, ValueError) as error:
        said = text_of(error) if isinstance(error, InputError) else str(error)
        click.echo(said, err=True)
        raise SystemExit(1) from error
    refused = bool(prepared.plan.refused) and not sound_rows_only
    report = operations.report(prepared.plan, [])
    if not (refused or dry_run):
        report = _applied(content, file.name, prepared)
    _print(_worded(report), as_json)
    if refused:
        click.echo(sentence("import.refused", rows=len(prepared.plan.refused_rows)), err=True)
        raise SystemExit(1)


def _applied(content: bytes, filename: str, prepared: Prepared) -> dict[str, Any]:
    now = dt.datetime.now(dt.UTC)
    with unit_of_work("company.import"):
        batch = operations.keep_upload(content, filename, None, now)
        operations.apply(batch, operations.as_it_stands(prepared), None, now)
        operations.upload_path(batch).unlink()
    return dict(json.loads(batch.report))


def _worded(report: dict[str, Any]) -> dict[str, Any]:
    """The report with a sentence for each finding, and labels for the duplicates."""
    for kind in ("refused", "warnings"):
        for finding in report[kind]:
            finding["message"] = sentence(finding["code"], **finding.pop("params"))
    ids = {int(d[side]) for d in report["duplicates"] for side in ("one", "other")}
    codes, names = queries.codes_of(ids), queries.everybodys_names() if ids else {}
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
    for kind in ("created", "updated", "unchanged"):
        counts = report[kind]
        click.echo(f"{kind:<10}{counts['companies']:>8} companies {counts['figures']:>8} figures")
    click.echo(f"{'disputed':<10}{report['disputed']:>27} figures")
    for kind in ("refused", "warnings"):
        click.echo(f"{kind}: {len(report[kind])}")
        for finding in report[kind][:SHOWN]:
            click.echo(f"  row {finding['row']}  {finding['field']}  {finding['message']}")
        if len(report[kind]) > SHOWN:
            click.echo("  ...")
    click.echo(f"likely duplicates: {len(report['duplicates'])}")
    for pair in report["duplicates"][:SHOWN]:
        sides = (f"{pair[s]['name']} {pair[s]['stock_code']}".strip() for s in ("one", "other"))
        click.echo("  " + " = ".join(sides))
