"""Imports begin: the list of them, and a file or a pasted block taken in."""

import json
from contextlib import closing

from flask import abort, current_app, redirect, render_template, request, url_for
from flask_babel import gettext as _

from portfolio.intake import operations, queries
from portfolio.intake.models import BatchState, Kind
from portfolio.intake.reading import require_as_named
from portfolio.intake.run_views import look_again
from portfolio.intake.views import Answer, blueprint
from portfolio.kernel.errors import InputError
from portfolio.people import access
from portfolio.people import queries as people
from portfolio.web.formatting import local_dt, now
from portfolio.web.messages import text_of

MOST_PASTED = 8 * 1024 * 1024


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
        require_as_named(content, name)
        table = operations.read_table(content)
    except InputError as error:
        return _list(f"{name}: {text_of(error)}", request.form.get("pasted", "")), 422
    with access.writing("import.upload"):
        batch = operations.keep_upload(content, name, access.me(), now(), kind, table)
    look_again(batch, len(table.rows))
    return redirect(url_for("intake.preview", batch_id=batch.id))
