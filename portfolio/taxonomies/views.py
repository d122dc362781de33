"""The taxonomy for those who edit it: the draft with its changes, and the way into each technology."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from portfolio.chokepoint import taxonomy_queries
from portfolio.kernel.errors import InputError
from portfolio.people import access
from portfolio.people import queries as people
from portfolio.taxonomies import operations, queries
from portfolio.taxonomies.queries import Drafted
from portfolio.taxonomies.wording_views import told
from portfolio.web.formatting import now
from portfolio.web.messages import text_of
from portfolio.web.requests import sent_number

blueprint = Blueprint("taxonomies", __name__)

Answer = str | Response | tuple[str, int]


def draft_globals(found: Drafted) -> dict[str, Any]:
    """What every page of the draft shows of it."""
    row = found.row
    return {
        "drafted": found,
        "version": row.version if row else 0,
        "told": [told(change, found.book) for change in found.changes],
        "wrong": {place: text_of(error) for place, error in found.faults.items()},
        "editor": people.names_of({row.updated_by_id}).get(row.updated_by_id, "") if row else "",
        "overtaking": queries.overtaking(row) if row else [],
        "number": taxonomy_queries.latest()[1],
        "publishing": queries.publishing(),
    }


@blueprint.get("/settings/taxonomy")
@access.permit("settings.taxonomy")
def index() -> Answer:
    """The draft, and every technology to change."""
    return _page()


def _page(error: str = "") -> str:
    found = queries.drafted()
    return render_template(
        "taxonomies/index.html",
        error=error,
        overtold=[
            (edition, [told(change, found.book) for change in changes])
            for edition, changes in queries.with_changes(
                queries.overtaking(found.row) if found.row else []
            )
        ],
        **draft_globals(found),
    )


def _done(action: str, do: Callable[[Drafted], object], said: str) -> Answer:
    """Do something to the draft that the person saw, and go back to it."""
    try:
        with access.writing(action):
            do(operations.locked(sent_number("version")))
    except InputError as error:
        return _page(text_of(error)), 409
    flash(said)
    return redirect(url_for("taxonomies.index"))


@blueprint.post("/settings/taxonomy/drop")
@access.permit("settings.taxonomy")
def drop() -> Answer:
    """Take one change out of the draft."""
    place = sent_number("place")
    if place is None:
        abort(400)

    def do(found: Drafted) -> None:
        operations.drop(found, place, access.me(), now())

    return _done("taxonomy.draft", do, _("The change is taken out of the draft."))


@blueprint.post("/settings/taxonomy/discard")
@access.permit("settings.taxonomy")
def discard() -> Answer:
    """Forget the draft."""
    said = _("The draft is discarded. What is in force stays.")
    return _done("taxonomy.discard", operations.discard, said)


@blueprint.post("/settings/taxonomy/base")
@access.permit("settings.taxonomy")
def put_on() -> Answer:
    """Let the draft stand on the edition that overtook it."""
    onto = sent_number("onto")

    def do(found: Drafted) -> None:
        operations.put_on_newest(found, onto, access.me(), now())

    return _done("taxonomy.draft", do, _("The draft stands on the newest edition now."))


def seen_in(request_field: str) -> str:
    """A short text that a form sent."""
    return request.form.get(request_field, "").strip()
