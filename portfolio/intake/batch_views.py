"""What happens to a checked file: it is imported; its rejected rows as a file."""

import io
import json
from functools import partial

from flask import Response as FlaskResponse
from flask import abort, current_app, flash, redirect, request, url_for
from flask_babel import gettext as _

from portfolio.intake import headings, job_operations, operations, queries, sheets
from portfolio.intake.choices import TAKE, read_choices
from portfolio.intake.models import BatchState, ImportBatch
from portfolio.intake.operations import RowsRefused
from portfolio.intake.run_views import look_again, run_beside
from portfolio.intake.views import (
    Answer,
    batch_or_404,
    blueprint,
    preview_page,
    waiting_batch,
)
from portfolio.intake.wording_views import field_title
from portfolio.kernel.errors import InputError
from portfolio.people import access
from portfolio.web.downloads import XLSX
from portfolio.web.formatting import now, today
from portfolio.web.i18n import language
from portfolio.web.messages import sentence, text_of
from portfolio.web.sheets import Sheet, write_csv, write_xlsx


@blueprint.post("/imports/<int:batch_id>/confirmation")
@access.permit("import")
def confirm(batch_id: int) -> Answer:
    """Import the file in one transaction: all rows, or the sound ones when that is chosen."""
    batch = waiting_batch(batch_id)
    found = json.loads(batch.checked) if batch.checked else operations.check(batch, access.me())
    if "report" not in found:
        return preview_page(batch)
    refused = {finding["row"] for finding in found["report"]["refused"]}
    sound_rows_only = bool(request.form.get("sound_rows_only"))
    if refused and (not sound_rows_only or len(refused) >= found["report"]["rows"]):
        return preview_page(batch, sentence("import.refused", rows=len(refused)))
    if found["size"] >= current_app.config["IMPORT_AT_ONCE_ROWS"]:
        with access.writing("import.confirm"):
            run_beside(batch, job_operations.APPLY, found["size"], sound_rows_only)
        return redirect(url_for("intake.preview", batch_id=batch.id))
    return _at_once(batch, refused, sound_rows_only)


def _at_once(batch: ImportBatch, seen: set[int], sound_rows_only: bool) -> Answer:
    """A short file finishes within the request. Where others wrote meanwhile and rows are refused
    that were sound when the person looked, nothing is written and they look again."""
    try:
        prepared = operations.prepared_batch(batch, access.me())
        with access.writing(job_operations.ACTIONS[batch.kind]):
            if queries.locked(batch.id).state != BatchState.UPLOADED.value:
                abort(409)  # the same button pressed twice
            operations.apply(batch, prepared, access.me(), now(), sound_rows_only)
            if prepared.plan.refused_rows - seen:
                raise RowsRefused(prepared.plan)
    except RowsRefused as refusal:
        look_again(batch, len(prepared.table.rows))
        return preview_page(batch, text_of(refusal))
    except InputError as error:
        return preview_page(batch, text_of(error))
    operations.clear_away(batch)
    flash(_("Imported %(name)s.", name=batch.filename))
    return redirect(url_for("intake.preview", batch_id=batch.id))


@blueprint.get("/imports/<int:batch_id>/rejected.csv")
@access.permit("import")
def rejected_csv(batch_id: int) -> Answer:
    """The rejected rows as CSV."""
    batch = batch_or_404(batch_id)
    sheet = _rejected(batch)
    content = b"".join(write_csv(sheet.columns, sheet.rows, language()))
    return _file(batch, content, "csv", "text/csv; charset=utf-8")


@blueprint.get("/imports/<int:batch_id>/rejected.xlsx")
@access.permit("import")
def rejected_xlsx(batch_id: int) -> Answer:
    """The rejected rows as a workbook, every cell as text."""
    batch = batch_or_404(batch_id)
    target = io.BytesIO()
    write_xlsx(target, [_rejected(batch)], language())
    return _file(batch, target.getvalue(), "xlsx", XLSX)


def _rejected(batch: ImportBatch) -> Sheet:
    whole = json.loads(
        batch.report if batch.state == BatchState.DONE.value else batch.checked or "{}"
    )
    report = whole.get("report", whole)
    path = operations.upload_path(batch)
    if not report.get("refused") or not path.exists():
        abort(404)
    table = operations.read_table(path.read_bytes())
    if read_choices(json.loads(batch.choices)).formulas == TAKE:
        table.take_values()
    targets = headings.matched(table.headings, batch.kind)
    columns = sheets.rejected_columns(table, targets)
    rows = sheets.rejected_rows(table, report["refused"], partial(field_title, kind=batch.kind))
    return Sheet(_("Rejected rows"), columns, rows)


def _file(batch: ImportBatch, content: bytes, ending: str, media_type: str) -> FlaskResponse:
    name = f"rejected_{batch.id}_{today():%Y%m%d}.{ending}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return FlaskResponse(content, mimetype=media_type, headers=headers)
