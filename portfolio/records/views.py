"""Pages of any record: changing it, deleting it, its history, and setting a field back."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from portfolio.audit import titles
from portfolio.companies import record_operations
from portfolio.companies.operations import Conflict, check_version
from portfolio.journal import operations as journal
from portfolio.journal.operations import Keeping
from portfolio.kernel.errors import InputError
from portfolio.kernel.numbers import short_number
from portfolio.people import access
from portfolio.people import queries as people
from portfolio.pipeline import history_queries
from portfolio.pipeline.undo_operations import FACTS
from portfolio.records import forms, operations, queries
from portfolio.records.queries import Record
from portfolio.web.formatting import now
from portfolio.web.i18n import language
from portfolio.web.messages import text_of

blueprint = Blueprint("records", __name__)
Answer = str | Response | tuple[str, int]


def _record(kind: str, number: int) -> Record:
    return queries.record(access.me(), kind, number) or abort(404)


def _writable(kind: str, number: int) -> Record:
    found = _record(kind, number)
    return found if found.writable else abort(403)


def home(of: Record) -> str:
    """The page on which the record stands."""
    if of.deal is not None:
        return url_for("pipeline.show", deal_id=of.deal.id)
    if of.company is not None:
        return url_for("companies.show", company_id=of.company.id)
    return "/"


def _keeping(action: str, of: Record) -> Any:
    return journal.keeping(
        action,
        of.kind,
        of.row.id,
        access.me(),
        now(),
        of.label,
        of.company.id if of.company else None,
        of.deal.id if of.deal else None,
        but=FACTS,
    )


@blueprint.route("/records/<kind>/<int:number>", methods=["GET", "POST"])
@access.permit("company.write")
def change(kind: str, number: int) -> Answer:
    """Change a person, a task, a document or a note."""
    if kind not in forms.CHANGES:
        abort(404)
    of = _writable(kind, number)
    form = forms.change_form(kind, of.row, of.deal)
    if not form.validate_on_submit():
        return _page(of, form)
    try:
        kept = _changed(of, form)
    except InputError as error:
        form.form_errors.append(text_of(error))
        return _page(of, form, 409 if isinstance(error, Conflict) else 422)
    flash(_("Saved."), kept.category)
    return redirect(home(of))


def _changed(of: Record, form: Any) -> Keeping:
    with access.writing(f"{of.kind}.change"), _keeping(f"{of.kind}.change", of) as kept:
        if hasattr(of.row, "version"):
            check_version(of.row.version, form.version.seen, of.kind, of.row.id)
        record_operations.change(of.row, forms.values_of(form))
    return kept


def _page(of: Record, form: Any, status: int = 0) -> Answer:
    page = render_template(
        "records/change.html",
        form=form,
        of=of,
        home=home(of),
        history=queries.history(access.me(), of, 20),
    )
    return page, status or (422 if form.is_submitted() else 200)


@blueprint.route("/records/<kind>/<int:number>/deletion", methods=["GET", "POST"])
@access.permit("company.write")
def delete(kind: str, number: int) -> Answer:
    """Ask first, naming what goes with it; then delete it into the bin."""
    of = _writable(kind, number)
    page = {
        "of": of,
        "home": home(of),
        "goes": operations.what_goes_with(kind, of.row),
        "held_by": queries.standing_in_the_way(access.me(), of),
    }
    against = operations.against_deleting(of.row, access.me())
    if request.method == "GET":
        error = text_of(against) if against else ""
        return render_template("records/delete.html", **page, error=error, final=bool(against))
    label, back = of.label, _after_deletion(of)
    try:
        with access.writing(f"{kind}.delete"):
            act = operations.delete(kind, of.row, access.me(), now())
    except InputError as error:
        return render_template("records/delete.html", **page, error=text_of(error)), 422
    flash(_("Deleted: %(label)s", label=label), str(act.id) if act else "message")
    return redirect(back)


def _after_deletion(of: Record) -> str:
    if of.kind == "company":
        return url_for("companies.index")
    return url_for("pipeline.index") if of.kind == "deal" else home(of)


@blueprint.get("/records/<kind>/<int:number>/history")
@access.permit("company.read")
def history(kind: str, number: int) -> str:
    """Everything that happened to a record, and what of it can be taken back."""
    of = _record(kind, number)
    acts = queries.undoable(access.me(), of, journal.undoable_actions()) if of.writable else []
    undoable = [act for act in acts if journal.refusal(act, access.me(), now()) is None]
    return render_template(
        "records/history.html",
        of=of,
        home=home(of),
        history=queries.history(access.me(), of),
        merged=queries.merged_into(of),
        undoable=undoable,
        actors=people.names_of(queries.actors_of(undoable)),
        version=operations.version_of(of.row),
    )


@blueprint.post("/records/<kind>/<int:number>/restorations")
@access.permit("company.write")
def set_back(kind: str, number: int) -> Response:
    """Set one field back to what it was before an entry of the trail."""
    of = _writable(kind, number)
    seq, column, version = (request.form.get(n, "") for n in ("entry", "column", "version"))
    number_of_entry = short_number(seq)
    entry = queries.entry_of(of, number_of_entry) if number_of_entry else None
    if entry is None:
        abort(404)
    expected = short_number(version) or 0 if hasattr(of.row, "version") else None
    back = redirect(url_for("records.history", kind=kind, number=number))
    try:
        with access.writing(f"{kind}.change"), _keeping(f"{kind}.change", of) as kept:
            operations.set_back(of.row, entry, column, access.me(), now(), expected)
    except InputError as error:
        flash(text_of(error))
        return back
    form = history_queries.form_of(of.deal) if kind == "deal" and of.deal else kind
    said = titles.column_title(column, language(), form)
    flash(_("Set back: %(field)s", field=said), kept.category)
    return back
