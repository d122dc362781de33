"""Command `deals export`: the committee list on the command line."""

import datetime as dt
import sys
from pathlib import Path

import click
import sqlalchemy as sa
from flask.cli import AppGroup

from portfolio.committee import sheets
from portfolio.extensions import db
from portfolio.pipeline.models import Deal, PipelineVersion
from portfolio.web.sheets import Sheet, write_csv, write_xlsx

group = AppGroup("deals", help="Deals.")


@group.command("export")
@click.option("--format", "kind", type=click.Choice(["csv", "xlsx"]), default="csv")
@click.option("--pipeline", help="direct or subfund.")
@click.option("--stage", "stages", multiple=True, help="May be repeated.")
@click.option("--header", type=click.Choice(["zh", "en", "machine"]), default="machine")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path))
def export(
    kind: str, pipeline: str | None, stages: tuple[str, ...], header: str, output: Path | None
) -> None:
    """Write the committee list of deals; XLSX needs --output."""
    if kind == "xlsx" and output is None:
        raise click.UsageError("--format xlsx needs --output")
    rows = sheets.lines(_ids(pipeline, stages), None, dt.datetime.now(dt.UTC))
    if kind == "xlsx" and output is not None:
        with output.open("wb") as file:
            write_xlsx(file, [Sheet("deals", sheets.columns(), rows)], header)
        return
    pieces = write_csv(sheets.columns(), rows, header)
    if output is None:
        for piece in pieces:
            sys.stdout.buffer.write(piece)
        return
    with output.open("wb") as file:
        file.writelines(pieces)


def _ids(pipeline: str | None, stages: tuple[str, ...]) -> list[int]:
    query = sa.select(Deal.id).order_by(Deal.id)
    if pipeline:
        versions = sa.select(PipelineVersion.id).where(PipelineVersion.key == pipeline)
        query = query.where(Deal.pipeline_id.in_(versions))
    if stages:
        query = query.where(Deal.stage.in_(stages))
    return list(db.session.scalars(query))
