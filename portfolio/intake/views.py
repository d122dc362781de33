"""The import in two steps: upload and map columns, look at every problem, then confirm."""

import datetime as dt
import json
from collections.abc import Sequence
from contextlib import closing
from typing import Any

from flask import (
    Blueprint,
    abort,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from portfolio.extensions import db
from portfolio.intake import headings, operations, queries
from portfolio.intake.headings import METRIC
from portfolio.intake.models import BatchState, ImportBatch
from portfolio.intake.operations import Prepared
from portfolio.intake.rows import Finding
from portfolio.kernel.errors import InputError
from portfolio.people import access
from portfolio.people import queries as people
from portfolio.rulebook.metrics import dictionary
from portfolio.web.formatting import title_of
from portfolio.web.messages import sentence, text_of
from portfolio.web.paging import PER_PAGE, Page, page_number

blueprint = Blueprint("intake", __name__)

Answer = str | Response | tuple[str, int]
SAMPLE = 3
FIELD_TITLES = {
    "company_id": _l("Company ID"),
    "stock_code": _l("Stock code"),
    "uscc": _l("Credit code"),
    "name_zh": _l("Chinese name"),
    "short_name": _l("Short name"),
    "name_en": _l("English name"),
    "former_names": _l("Former names"),
    "place": _l("Place"),
    "region_code": _l("Administrative code"),
    "industry": _l("Industry"),
    "founded_on": _l("Founded"),
    "website": _l("Website"),
    "lead_source": _l("Source of the lead"),
    "description": _l("What it does"),
    "fiscal_year": _l("Fiscal year"),
    "listed_on": _l("Listed on"),
}


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _batch_or_404(batch_id: int) -> ImportBatch:
    """The person's own import; other people's do not exist for them."""
    batch = db.session.get(ImportBatch, batch_id)
    if batch is None or batch.created_by_id != access.me().id:
        abort(404)
    return batch


@blueprint.get("/imports")
@access.permit("import")
def index() -> str:
    """The imports so far, and the form for the next."""
    return _list()


def _list(error: str = "") -> str:
    batches = queries.recent_batches()
    return render_template(
        "intake/index.html",
        batches=batches,
        states=BatchState._value2member_map_,
        reports={batch.id: json.loads(batch.report) for batch in batches},
        names=people.names_of({b.created_by_id for b in batches if b.created_by_id}),
        most=current_app.config["MAX_IMPORT_LENGTH"] // (1024 * 1024),
        error=error,
    )


@blueprint.before_app_request
def _allow_large_uploads() -> None:
    """The upload of an import may be larger than other requests."""
    if request.endpoint == "intake.upload":
        request.max_content_length = current_app.config["MAX_IMPORT_LENGTH"] + 1024 * 1024


@blueprint.post("/imports")
@access.permit("import")
def upload() -> Answer:
    """Take a file in; nothing is imported before it is confirmed."""
    file = request.files.get("file")
    if file is None or not file.filename:
        return _list(_("Choose a file.")), 422
    with closing(file):  # a large upload lies in a temporary file until then
        content = file.read()
    try:
        operations.read_table(content)
    except InputError as error:
        return _list(f"{file.filename}: {text_of(error)}"), 422
    with access.writing("import.upload"):
        batch = operations.keep_upload(content, file.filename, access.me(), _now())
    return redirect(url_for("intake.preview", batch_id=batch.id))


def _prepared(batch: ImportBatch) -> Prepared:
    content = operations.upload_path(batch).read_bytes()
    return operations.prepare(content, json.loads(batch.mapping))


@blueprint.get("/imports/<int:batch_id>")
@access.permit("import")
def preview(batch_id: int) -> Answer:
    """What the import would do, with every problem row by row; or what it did."""
    batch = _batch_or_404(batch_id)
    if batch.state != BatchState.UPLOADED.value:
        return _result(batch)
    return _preview(batch)


def _preview(batch: ImportBatch, error: str = "") -> Answer:
    prepared, refusal = None, error
    table = operations.read_table(operations.upload_path(batch).read_bytes())
    try:
        prepared = _prepared(batch)
    except InputError as problem:
        refusal = refusal or text_of(problem)
    chosen = json.loads(batch.mapping)
    kind = request.args.get("kind", "")
    findings = _findings(prepared, kind) if prepared else []
    number = page_number()
    shown = findings[(number - 1) * PER_PAGE : number * PER_PAGE]
    page = render_template(
        "intake/preview.html",
        batch=batch,
        prepared=prepared,
        report=operations.report(prepared.plan, []) if prepared else None,
        columns=_columns(table, headings.matched(table.headings), chosen),
        options=_options(),
        page=Page([_worded(f, refused) for f, refused in shown], number, len(findings)),
        kind=kind,
        refusal=refusal,
        same=queries.same_file(batch.sha256),
    )
    return (page, 422) if refusal else page


def _findings(prepared: Prepared, kind: str) -> Sequence[tuple[Finding, bool]]:
    """The findings of a kind, each with whether it refuses its row; refusals come first."""
    refused = [(finding, True) for finding in prepared.plan.refused]
    warnings = [(finding, False) for finding in prepared.plan.warnings]
    return {"refused": refused, "warnings": warnings}.get(kind, [*refused, *warnings])


def _worded(finding: Finding, refused: bool) -> dict[str, Any]:
    return {
        "row": finding.row,
        "field": _field_title(finding.field),
        "message": sentence(finding.code, **dict(finding.params)),
        "refused": refused,
    }


def _columns(table: Any, targets: Any, chosen: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "heading": heading,
            "field": chosen.get(heading, target.field),
            "reason": "" if chosen.get(heading, target.field) else target.reason,
            "sample": [row[place] for row in table.rows[:SAMPLE] if row[place].strip()],
        }
        for place, (heading, target) in enumerate(zip(table.headings, targets, strict=True))
    ]


def _options() -> list[tuple[str, str]]:
    return [(field, _field_title(field)) for field in headings.choices()]


def _field_title(field: str) -> str:
    metric = dictionary().get(field.removeprefix(METRIC))
    return title_of(metric) if metric else str(FIELD_TITLES.get(field, field))


@blueprint.post("/imports/<int:batch_id>/mapping")
@access.permit("import")
def remap(batch_id: int) -> Answer:
    """Say what the columns stand for."""
    batch = _batch_or_404(batch_id)
    if batch.state != BatchState.UPLOADED.value:
        abort(409)
    table = operations.read_table(operations.upload_path(batch).read_bytes())
    chosen = {
        heading: request.form.get(f"column-{place}", "")
        for place, heading in enumerate(table.headings)
    }
    try:
        headings.check_targets(table.headings, headings.mapped(table.headings, chosen))
    except InputError as error:
        return _preview(batch, text_of(error))
    with access.writing("import.map"):
        batch.mapping = json.dumps(chosen, ensure_ascii=False)
    return redirect(url_for("intake.preview", batch_id=batch.id))


@blueprint.post("/imports/<int:batch_id>/confirmation")
@access.permit("import")
def confirm(batch_id: int) -> Answer:
    """Import the file in one transaction: all rows, or the sound ones when that is chosen."""
    batch = _batch_or_404(batch_id)
    if batch.state != BatchState.UPLOADED.value:
        abort(409)
    try:
        prepared = _prepared(batch)
    except InputError as error:
        return _preview(batch, text_of(error))
    refused = len(prepared.plan.refused_rows)
    if refused and not request.form.get("sound_rows_only"):
        return _preview(batch, sentence("import.refused", rows=refused))
    path = operations.upload_path(batch)
    with access.writing("company.import"):
        if queries.locked(batch.id).state != BatchState.UPLOADED.value:
            abort(409)  # the same button pressed twice
        plan = operations.as_it_stands(prepared)
        if plan.refused_rows - prepared.plan.refused_rows:
            abort(409)  # others wrote meanwhile; the preview shows what it means now
        operations.apply(batch, plan, access.me(), _now())
    path.unlink(missing_ok=True)
    flash(_("Imported %(name)s.", name=batch.filename))
    return redirect(url_for("intake.preview", batch_id=batch.id))


@blueprint.post("/imports/<int:batch_id>/discard")
@access.permit("import")
def give_up(batch_id: int) -> Answer:
    """Give an upload up."""
    batch = _batch_or_404(batch_id)
    if batch.state != BatchState.UPLOADED.value:
        abort(409)
    with access.writing("import.discard"):
        operations.discard(batch)
    return redirect(url_for("intake.index"))


def _result(batch: ImportBatch) -> str:
    report = json.loads(batch.report)
    ids = {int(d[side]) for d in report.get("duplicates", []) for side in ("one", "other")}
    kinds = (("refused", True), ("warnings", False))
    findings = [(f, refused) for kind, refused in kinds for f in report.get(kind, [])]
    number = page_number()
    shown = findings[(number - 1) * PER_PAGE : number * PER_PAGE]
    return render_template(
        "intake/result.html",
        batch=batch,
        report=report,
        states=BatchState._value2member_map_,
        names=queries.names_of(ids),
        codes=queries.codes_of(ids),
        page=Page([_worded(_finding(f), r) for f, r in shown], number, len(findings)),
    )


def _finding(row: dict[str, Any]) -> Finding:
    """A finding as the report keeps it."""
    return Finding(row["row"], row["field"], row["code"], tuple(row["params"].items()))
