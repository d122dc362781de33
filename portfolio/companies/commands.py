"""Command `companies export`."""

from pathlib import Path

import click
from flask.cli import AppGroup

from portfolio.audit import operations as audit
from portfolio.companies import sheets
from portfolio.extensions import unit_of_work
from portfolio.web.sheets import Sheet, save

group = AppGroup("companies", help="Companies and their figures.")


@group.command("export")
@click.option("--figures", is_flag=True, help="One row per company and fiscal year.")
@click.option("--header", type=click.Choice(["zh", "en", "machine"]), default="machine")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path))
def export(figures: bool, header: str, output: Path | None) -> None:
    """Write companies as CSV, or as XLSX when the output is named so."""
    ids = sheets.every_company()
    columns = sheets.figure_columns() if figures else sheets.company_columns(header)
    rows = sheets.year_rows(ids) if figures else sheets.companies_in_order(ids)
    sheet = Sheet("figures" if figures else "companies", columns, rows)
    workbook = output is not None and output.suffix.lower() == ".xlsx"
    try:
        save(sheet, header, output, workbook)
    except OSError as error:
        click.echo(str(error), err=True)
        raise SystemExit(1) from error
    with unit_of_work("company.export"):
        said = {"rows": len(ids), "left_out": 0, "query": "figures" if figures else ""}
        audit.record(audit.Entry("company.export", "company", None, after=said))
