"""Command `deals export`: the committee list on the command line."""

import datetime as dt
from pathlib import Path
from urllib.parse import urlencode

import click
import sqlalchemy as sa

from portfolio.audit import operations as audit
from portfolio.committee import line_queries, sheets
from portfolio.extensions import db, unit_of_work
from portfolio.kernel.errors import InputError
from portfolio.pipeline import queries
from portfolio.pipeline.commands import group
from portfolio.pipeline.models import Deal, PipelineVersion
from portfolio.web.downloads import notes_sheet, units
from portfolio.web.i18n import speaking
from portfolio.web.messages import text_of
from portfolio.web.sheets import Sheet, save


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
    now = dt.datetime.now(dt.UTC)
    try:
        _check(pipeline, stages)
        ids = _ids(pipeline, stages)
        columns = sheets.columns(ids, now)
        sheet = Sheet("deals", columns, line_queries.lines(ids, None, now))
        with speaking("en" if header == "en" else "zh"):
            notes = notes_sheet(units(columns, header))
        save(sheet, header, output, workbook=kind == "xlsx", notes=[notes])
    except (InputError, OSError) as error:
        said = text_of(error) if isinstance(error, InputError) else str(error)
        click.echo(said, err=True)
        raise SystemExit(1) from error
    query = urlencode([("pipeline", pipeline or ""), *(("stage", stage) for stage in stages)])
    with unit_of_work("deal.export"):
        kept = {"rows": len(ids), "left_out": 0, "query": query}
        audit.record(audit.Entry("deal.export", "deal_list", None, after=kept))


def _check(pipeline: str | None, stages: tuple[str, ...]) -> None:
    """Refuse a pipeline or stage that does not exist, rather than write an empty file."""
    known = queries.pipelines().values()
    if pipeline and pipeline not in {p.key for p in known}:
        raise InputError("pipeline.unknown", value=pipeline)
    keys = {stage.key for p in known if not pipeline or p.key == pipeline for stage in p.stages}
    unknown = next((stage for stage in stages if stage not in keys), None)
    if unknown:
        raise InputError("stage.unknown", value=unknown)


def _ids(pipeline: str | None, stages: tuple[str, ...]) -> list[int]:
    query = sa.select(Deal.id).where(Deal.deleted_at.is_(None)).order_by(Deal.id)
    if pipeline:
        versions = sa.select(PipelineVersion.id).where(PipelineVersion.key == pipeline)
        query = query.where(Deal.pipeline_id.in_(versions))
    if stages:
        query = query.where(Deal.stage.in_(stages))
    return list(db.session.scalars(query))
