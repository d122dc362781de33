"""The import in two steps: upload or paste, map columns, look at every problem."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
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
    session,
    url_for,
)
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from portfolio.extensions import db
from portfolio.intake import headings, job_operations, jobs, operations, queries
from portfolio.intake.choices import ANSWERS, Choices, place, read_choices
from portfolio.intake.models import BatchState, ImportBatch, JobState, Kind
from portfolio.intake.reading import labels
from portfolio.intake.wording_views import ENCODINGS, field_title, worded
from portfolio.kernel.errors import InputError
from portfolio.people import access
from portfolio.people import queries as people
from portfolio.web.formatting import local_dt
from portfolio.web.messages import sentence, text_of
from portfolio.web.paging import PER_PAGE, Page, page_number

blueprint = Blueprint("intake", __name__)

Answer = str | Response | tuple[str, int]
MOST_PASTED = 8 * 1024 * 1024
MOST_PAIRS = 30
WATCHED = "import"


def now() -> dt.datetime:
    """The moment of the request."""
    return dt.datetime.now(dt.UTC)


def batch_or_404(batch_id: int) -> ImportBatch:
    """The person's own import; other people's do not exist for them."""
    batch = db.session.get(ImportBatch, batch_id)
    if batch is None or batch.created_by_id != access.me().id:
        abort(404)
    return batch


def waiting_batch(batch_id: int) -> ImportBatch:
    """The person's own import that waits to be confirmed and that nobody works on."""
    batch = batch_or_404(batch_id)
    if batch.state != BatchState.UPLOADED.value or queries.open_job(batch.id) is not None:
        abort(409)
    return batch


@blueprint.get("/imports")
@access.permit("import")
def index() -> str:
    """The imports so far, and the form for the next."""
    return _list()


def _list(error: str = "", pasted: str = "") -> str:
    batches = queries.recent_batches()
    return render_template(
        "intake/index.html",
        batches=batches,
        busy=queries.busy({batch.id for batch in batches}),
        states=BatchState._value2member_map_,
        kinds=Kind._value2member_map_,
        summaries={batch.id: json.loads(batch.summary) for batch in batches},
        names=people.names_of({b.created_by_id for b in batches if b.created_by_id}),
        most=current_app.config["MAX_IMPORT_LENGTH"] // (1024 * 1024),
        error=error,
        pasted=pasted,
        chosen=request.form.get("kind", ""),
    )


@blueprint.before_app_request
def _allow_large_uploads() -> None:
    """The upload of an import may be larger than other requests."""
    if request.endpoint == "intake.upload":
        request.max_content_length = current_app.config["MAX_IMPORT_LENGTH"] + 1024 * 1024
        request.max_form_memory_size = MOST_PASTED


@blueprint.before_app_request
def _tell_result() -> None:
    """A long import that ended while the person was elsewhere is told on the next page."""
    watched = session.get(WATCHED)
    whole_page = request.method == "GET" and "HX-Request" not in request.headers
    if watched is None or not whole_page or request.endpoint in {None, "static"}:
        return
    job = queries.latest_job(watched)
    if job is not None and job.state in {JobState.WAITING.value, JobState.RUNNING.value}:
        return
    session.pop(WATCHED)
    batch = db.session.get(ImportBatch, watched)
    if job is None or batch is None:
        return
    if job.state == JobState.FAILED.value:
        flash(_("%(name)s could not be imported.", name=batch.filename))
    elif job.task == job_operations.APPLY:
        flash(_("Imported %(name)s.", name=batch.filename))
    else:
        flash(_("%(name)s has been checked.", name=batch.filename))


def _sent() -> tuple[bytes, str]:
    """The file that was chosen, or the block that was pasted, with its name."""
    file = request.files.get("file")
    pasted = request.form.get("pasted", "")
    if file is not None and file.filename:
        with closing(file):  # a large upload lies in a temporary file until then
            return file.read(), file.filename
    if pasted.strip():
        return pasted.encode(), _("Pasted %(time)s", time=local_dt(now()))
    return b"", ""


@blueprint.post("/imports")
@access.permit("import")
def upload() -> Answer:
    """Take a file or a pasted block in; nothing is imported before it is confirmed."""
    content, name = _sent()
    if not name:
        return _list(_("Choose a file or paste a table.")), 422
    kind = request.form.get("kind", "")
    if kind not in {"", *Kind._value2member_map_}:
        abort(400)
    try:
        table = operations.read_table(content)
    except InputError as error:
        return _list(f"{name}: {text_of(error)}", request.form.get("pasted", "")), 422
    with access.writing("import.upload"):
        batch = operations.keep_upload(content, name, access.me(), now(), kind, table)
    look_again(batch, len(table.rows))
    return redirect(url_for("intake.preview", batch_id=batch.id))


def look_again(batch: ImportBatch, rows: int) -> None:
    """Check an upload: within the request, or beside it when the file is long."""
    if rows < current_app.config["IMPORT_AT_ONCE_ROWS"]:
        found = operations.check(batch, access.me())
        with access.writing("import.check"):
            job_operations.keep_check(batch, found)
        return
    with access.writing("import.check"):
        batch.checked = ""
        run_beside(batch, job_operations.CHECK, rows)


def run_beside(batch: ImportBatch, task: str, rows: int, sound_rows_only: bool = False) -> None:
    """Queue a long run and let it begin; called inside the unit of work that asks for it."""
    ip = access.client_ip()
    job_operations.queue(batch, task, rows, access.me(), ip, now(), sound_rows_only)
    session[WATCHED] = batch.id


@blueprint.after_app_request
def _begin_runs(response: Response) -> Response:
    """What was queued begins once it is committed."""
    if request.method == "POST" and session.get(WATCHED) is not None:
        jobs.start(current_app._get_current_object())  # type: ignore[attr-defined]
    return response


@blueprint.get("/imports/<int:batch_id>")
@access.permit("import")
def preview(batch_id: int) -> Answer:
    """What the import would do, with every problem row by row; or what it did."""
    batch = batch_or_404(batch_id)
    job = queries.open_job(batch.id)
    if job is not None:
        return render_template(
            "intake/running.html", batch=batch, job=job, done=job_operations.done_so_far(batch)
        )
    if batch.state != BatchState.UPLOADED.value:
        return result_page(batch)
    return preview_page(batch)


def _found(batch: ImportBatch) -> dict[str, Any]:
    """What the check of an upload found. One that was uploaded before checks were kept is checked
    as it is looked at."""
    found = json.loads(batch.checked) if batch.checked else operations.check(batch, access.me())
    return dict(found)


def _refusal(found: Mapping[str, Any], batch: ImportBatch) -> str:
    said = found.get("refusal")
    if said:
        return sentence(said["code"], **said["params"])
    job = queries.latest_job(batch.id)
    if job is not None and job.state == JobState.FAILED.value and job.error:
        said = json.loads(job.error)
        return sentence(said["code"], **said["params"])
    return ""


def preview_page(batch: ImportBatch, error: str = "") -> Answer:
    """The page of an upload, with 422 when something stands against importing it."""
    found = _found(batch)
    refusal = error or _refusal(found, batch)
    report, differences = found.get("report"), found.get("differences", [])
    view = request.args.get("kind", "")
    choices = read_choices(json.loads(batch.choices))
    sound = found["size"] - len({f["row"] for f in report["refused"]}) if report else 0
    page = render_template(
        "intake/preview.html",
        batch=batch,
        report=report,
        sound=sound,
        columns=_reasoned(found["columns"]),
        encoding=ENCODINGS.get(found.get("encoding", ""), ""),
        options=[(field, field_title(field)) for field in headings.choices(batch.kind)],
        page=_shown(report, differences, choices, view),
        view=view,
        refusal=refusal,
        same=queries.same_file(batch.sha256),
        kinds=Kind._value2member_map_,
        pairs=duplicate_pairs(report, found.get("entered", {})) if report else [],
        differing=_differing(differences, choices),
        choices=choices,
    )
    return (page, 422) if refusal else page


def _shown(
    report: Mapping[str, Any] | None,
    differences: Sequence[dict[str, Any]],
    choices: Choices,
    view: str,
) -> Page:
    """The page of findings, or of differing values, that was asked for."""
    number = page_number()
    part = slice((number - 1) * PER_PAGE, number * PER_PAGE)
    if view == "differences":
        return Page(_pairs(differences[part], choices), number, len(differences))
    findings = _findings(report, view) if report else []
    return Page([worded(f, refused) for f, refused in findings[part]], number, len(findings))


def _reasoned(columns: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        column | {"reason": sentence(column["reason"]) if column["reason"] else ""}
        for column in columns
    ]


def _findings(report: Mapping[str, Any], view: str) -> Sequence[tuple[dict[str, Any], bool]]:
    """The findings of a kind, each with whether it refuses its row; refusals come first."""
    refused = [(finding, True) for finding in report["refused"]]
    warnings = [(finding, False) for finding in report["warnings"]]
    return {"refused": refused, "warnings": warnings}.get(view, [*refused, *warnings])


def _differing(differences: Sequence[dict[str, Any]], choices: Choices) -> list[dict[str, Any]]:
    """The columns in which values differ: how many, and what was chosen for each."""
    counted: dict[str, int] = {}
    for difference in differences:
        counted[difference["field"]] = counted.get(difference["field"], 0) + 1
    return [
        {
            "field": field,
            "title": field_title(field),
            "count": count,
            "choice": choices.columns.get(field, ""),
        }
        for field, count in counted.items()
    ]


def _pairs(differences: Sequence[dict[str, Any]], choices: Choices) -> list[dict[str, Any]]:
    return [
        difference
        | {
            "title": field_title(difference["field"]),
            "place": place(difference["row"], difference["field"]),
            "takes": choices.takes(difference["row"], difference["field"]),
        }
        for difference in differences
    ]


def duplicate_pairs(
    report: Mapping[str, Any], entered: Mapping[str, str]
) -> list[list[dict[str, Any]]]:
    """Likely duplicates for showing: each side a company with its link, or a row of the file."""
    shown = report["duplicates"][:MOST_PAIRS]
    ids = {int(d[s]) for d in shown for s in ("one", "other") if d[s].isdigit()}
    names, codes = queries.names_of(ids), queries.codes_of(ids)
    pairs = []
    for duplicate in shown:
        sides: list[dict[str, Any]] = []
        for side in ("one", "other"):
            label = duplicate[side]
            if label.isdigit():
                known = int(label)
                sides.append(
                    {"id": known, "name": names.get(known, ""), "code": codes.get(known, "")}
                )
            else:
                sides.append({"row": label.split()[-1], "name": entered.get(label, "")})
        pairs.append(sides)
    return pairs


@blueprint.post("/imports/<int:batch_id>/mapping")
@access.permit("import")
def remap(batch_id: int) -> Answer:
    """Say what the columns stand for."""
    batch = waiting_batch(batch_id)
    table = operations.read_table(operations.upload_path(batch).read_bytes())
    chosen = {
        label: request.form.get(f"column-{number}", "")
        for number, label in enumerate(labels(table.headings))
    }
    try:
        targets = headings.mapped(table.headings, chosen, batch.kind)
        headings.check_targets(table.headings, targets, batch.kind)
    except InputError as error:
        return preview_page(batch, text_of(error))
    with access.writing("import.map"):
        batch.mapping, batch.remembered = json.dumps(chosen, ensure_ascii=False), False
    look_again(batch, len(table.rows))
    return redirect(url_for("intake.preview", batch_id=batch.id))


@blueprint.post("/imports/<int:batch_id>/kind")
@access.permit("import")
def rekind(batch_id: int) -> Answer:
    """Say what the rows are; without a kind, forget how files of this shape were mapped."""
    batch = waiting_batch(batch_id)
    kind = request.form.get("kind", "")
    if kind not in {"", *Kind._value2member_map_}:
        abort(400)
    table = operations.read_table(operations.upload_path(batch).read_bytes())
    with access.writing("import.map"):
        operations.forget_mapping(batch)
        batch.kind = kind or headings.recognised(table.headings)
    look_again(batch, len(table.rows))
    return redirect(url_for("intake.preview", batch_id=batch.id))


@blueprint.post("/imports/<int:batch_id>/choices")
@access.permit("import")
def choose(batch_id: int) -> Answer:
    """Say which of two differing values is taken: for the file, by column, or by value."""
    batch = waiting_batch(batch_id)
    found = _found(batch)
    old = read_choices(json.loads(batch.choices))
    new = _choices(old, found.get("differences", []))
    with access.writing("import.choose"):
        batch.choices = json.dumps(new.as_json(), ensure_ascii=False)
    look_again(batch, int(found["size"]))
    target = url_for("intake.preview", batch_id=batch.id, kind="differences")
    return redirect(target)


def _choices(old: Choices, differences: Sequence[Mapping[str, Any]]) -> Choices:
    """What the form says; a value's answer is kept only where its column would say otherwise."""
    sent = request.form
    columns = dict(old.columns)
    for field in {str(d["field"]) for d in differences}:
        if f"column-{field}" in sent:
            columns.pop(field, None)
            if sent[f"column-{field}"] in ANSWERS:
                columns[field] = sent[f"column-{field}"]
    whole = sent.get("whole", old.whole)
    general = Choices(whole if whole in ANSWERS else old.whole, columns)
    values = dict(old.values)
    for difference in differences:
        row, field = int(difference["row"]), str(difference["field"])
        answer = sent.get(f"value-{place(row, field)}")
        if answer in ANSWERS:
            values.pop(place(row, field), None)
            if (answer == "take") != general.takes(row, field):
                values[place(row, field)] = answer
    return Choices(general.whole, columns, values)


@blueprint.post("/imports/<int:batch_id>/discard")
@access.permit("import")
def give_up(batch_id: int) -> Answer:
    """Give an upload up."""
    batch = waiting_batch(batch_id)
    with access.writing("import.discard"):
        operations.discard(batch)
    return redirect(url_for("intake.index"))


def result_page(batch: ImportBatch, obstacles: Sequence[Any] = (), count: int = 0) -> str:
    """What an import did; with what stands against taking it back, where that was asked."""
    report = json.loads(batch.report)
    findings = [
        (finding, refused)
        for kind, refused in (("refused", True), ("warnings", False))
        for finding in report.get(kind, [])
    ]
    number = page_number()
    shown = findings[(number - 1) * PER_PAGE : number * PER_PAGE]
    return render_template(
        "intake/result.html",
        batch=batch,
        report=report,
        states=BatchState._value2member_map_,
        kinds=Kind._value2member_map_,
        pairs=duplicate_pairs(report, {}) if report.get("duplicates") else [],
        page=Page([worded(f, r) for f, r in shown], number, len(findings)),
        rejected=bool(report.get("refused")) and operations.upload_path(batch).exists(),
        obstacles=obstacles,
        against=count,
    )
