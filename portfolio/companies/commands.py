"""Command `companies export`."""

import sys
from pathlib import Path

import click
from flask.cli import AppGroup

from portfolio.companies import sheets
from portfolio.web.sheets import Sheet, write_csv, write_xlsx

group = AppGroup("companies", help="Companies and their figures.")


@group.command("export")
@click.option("--figures", is_flag=True, help="One row per company and fiscal year.")
@click.option("--header", type=click.Choice(["zh", "en", "machine"]), default="machine")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path))
def export(figures: bool, header: str, output: Path | None) -> None:
    """Write companies as CSV, or as XLSX when the output is named so."""
    ids = sheets.every_company()
    columns = sheets.figure_columns() if figures else sheets.COMPANY_COLUMNS
    rows = sheets.year_rows(ids) if figures else sheets.companies_in_order(ids)
    if output is not None and output.suffix.lower() == ".xlsx":
        with output.open("wb") as file:
            write_xlsx(file, [Sheet("figures" if figures else "companies", columns, rows)], header)
        return
    pieces = write_csv(columns, rows, header)
    if output is None:
        for piece in pieces:
            sys.stdout.buffer.write(piece)
        return
    with output.open("wb") as file:
        file.writelines(pieces)
