"""Long runs over files beside the requests: begun, watched, and told about when they have ended."""

from flask import Response as FlaskResponse
from flask import current_app, flash, render_template, request, session
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from portfolio.extensions import db
from portfolio.intake import job_operations, jobs, operations, queries
from portfolio.intake.models import ImportBatch, JobState
from portfolio.intake.views import Answer, batch_or_404, blueprint
from portfolio.people import access
from portfolio.web.formatting import now

WATCHED = "import"


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


@blueprint.get("/imports/<int:batch_id>/progress")
@access.permit("import")
def progress(batch_id: int) -> Answer:
    """How far a long run is; the page loads anew when it has ended."""
    batch = batch_or_404(batch_id)
    job = queries.open_job(batch.id)
    if job is None:
        return FlaskResponse("", headers={"HX-Refresh": "true"})
    done = job_operations.done_so_far(batch)
    return render_template("intake/_progress.html", batch=batch, job=job, done=done)


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
