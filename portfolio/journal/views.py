"""Taking an act back, from the toast right after it or from a history."""

import datetime as dt

from flask import Blueprint, abort, flash, jsonify, redirect, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from portfolio.journal import operations, queries
from portfolio.kernel.errors import InputError
from portfolio.people import access
from portfolio.web.messages import text_of
from portfolio.web.paths import own_path

blueprint = Blueprint("journal", __name__)


@blueprint.post("/acts/<int:act_id>/undo")
@access.signed_in
def undo(act_id: int) -> Response | tuple[Response, int]:
    """Undo an act; what it cannot take back any more it says."""
    act = queries.get(act_id)
    undoer = operations.undoer_of(act) if act else None
    if act is None or undoer is None or not undoer.may(access.me(), act):
        abort(404)
    wants_json = request.accept_mimetypes.best == "application/json"
    try:
        with access.writing("act.undo"):
            left = operations.undo(act, access.me(), dt.datetime.now(dt.UTC))
    except InputError as error:
        if wants_json:
            return jsonify(message=text_of(error)), 409
        flash(text_of(error))
    else:
        said = text_of(left) if left else _("Taken back.")
        if wants_json:
            return jsonify(message=said)
        flash(said)
    return redirect(own_path(request.form.get("back")))
