"""Pages that edit a draft: the pipeline's own fields, and each of its parts as rows."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from portfolio.flows import drafts, fault_views, operations, queries
from portfolio.flows.changes import Change, compare
from portfolio.flows.fault_views import Told
from portfolio.flows.hanging import blank, hangs_on
from portfolio.flows.models import PipelineDraft
from portfolio.flows.operations import DraftConflict
from portfolio.flows.options import options_of
from portfolio.flows.parts import OUTER, PARTS, ROW_ID, TOP, Part
from portfolio.flows.rows import Values, closed, opened, top_values
from portfolio.flows.views import Answer, blueprint, draft_or_404, words_of
from portfolio.kernel.numbers import short_number
from portfolio.people import access
from portfolio.people import queries as people
from portfolio.web.formatting import listed, now, title_of
from portfolio.web.messages import sentence
from portfolio.web.requests import sent_number

ADDED = "added"


@dataclass
class Shown:
    """One row as the form shows it, with what is wrong with it by column ("" for the row).

    `inner` says how many rows it has within, `within` how much is wrong with these.
    """

    id: int
    values: Values
    errors: dict[str, list[str]] = field(default_factory=dict)
    inner: int | None = None
    within: int = 0


@blueprint.route("/settings/pipelines/drafts/<int:draft_id>", methods=["GET", "POST"])
@access.permit("settings.pipelines")
def draft(draft_id: int) -> Answer:
    """The pipeline's own fields, its parts, and everything that is still wrong."""
    row = draft_or_404(draft_id)
    definition = json.loads(row.definition)
    if request.method == "GET":
        return _overview(row, definition)
    typed = {column.name: " ".join(request.form.get(column.name, "").split()) for column in TOP}
    mine = {**definition, **typed}
    try:
        with access.writing("pipeline.draft"):
            operations.save(row, mine, "", sent_number("version"), access.me(), now())
    except DraftConflict:
        row = draft_or_404(draft_id)
        theirs = compare(mine, drafts.finished(json.loads(row.definition)))
        return _overview(row, mine, [c for c in theirs if not c.part]), 409
    return _saved(row, url_for("flows.draft", draft_id=row.id))


def _overview(
    row: PipelineDraft, definition: dict[str, Any], theirs: list[Change] | None = None
) -> str:
    found = fault_views.told(row)
    return render_template(
        "flows/draft.html",
        draft=row,
        definition=definition,
        columns=TOP,
        values=top_values(definition),
        errors={f.place.column: f.short for f in found if not f.place.part},
        faults=found,
        saved="saved" in request.args,
        parts=[PARTS[name] for name in OUTER],
        options=options_of(definition),
        overtaking=operations.newer_than(row),
        theirs=theirs,
        words=words_of,
        **_people(row),
    )


def _people(row: PipelineDraft) -> dict[str, str]:
    return {"editor": people.names_of({row.updated_by_id}).get(row.updated_by_id, "")}


@blueprint.route("/settings/pipelines/drafts/<int:draft_id>/<part>", methods=["GET", "POST"])
@access.permit("settings.pipelines")
def rows(draft_id: int, part: str) -> Answer:
    """The rows of a part: stages, checklists, reasons or moves."""
    return _edited(draft_or_404(draft_id), PARTS[part] if part in OUTER else abort(404), None)


@blueprint.route(
    "/settings/pipelines/drafts/<int:draft_id>/<part>/<int:row_id>", methods=["GET", "POST"]
)
@access.permit("settings.pipelines")
def inner(draft_id: int, part: str, row_id: int) -> Answer:
    """The rows within one row: the conditions of a stage, the items of a checklist."""
    outer = PARTS[part] if part in OUTER and PARTS[part].inner else abort(404)
    return _edited(draft_or_404(draft_id), PARTS[outer.inner], row_id)


def _edited(row: PipelineDraft, part: Part, outer_id: int | None) -> Answer:
    definition = json.loads(row.definition)
    known = drafts.rows_at(definition, part, outer_id)
    if known is None:
        abort(404)
    if request.method == "GET":
        return _page(row, part, outer_id, definition)
    mine = drafts.replaced(definition, part, outer_id, _done(part, _typed(part), definition))
    if mine is None:
        abort(404)
    try:
        with access.writing("pipeline.draft"):
            operations.save(row, mine, part.key, sent_number("version"), access.me(), now())
    except DraftConflict:
        row = draft_or_404(row.id)
        stored = drafts.finished(json.loads(row.definition))
        changes = compare(drafts.finished(mine), stored)
        named = {part.key, part.inner} - {""}
        theirs = [change for change in changes if change.part in named]
        return _page(row, part, outer_id, mine, theirs), 409
    do, _dash, number = request.form.get("do", "").partition("-")
    if do == "remove" and any(str(r[ROW_ID]) == number for r in _rows_of(row, part, outer_id)):
        return redirect(f"{request.path}?remove={number}#row-{number}")
    return _saved(row, request.path, {"add": ADDED}.get(do, f"row-{number}" if number else ""))


def _rows_of(row: PipelineDraft, part: Part, outer_id: int | None) -> list[dict[str, Any]]:
    return drafts.rows_at(json.loads(row.definition), part, outer_id) or []


def _saved(row: PipelineDraft, address: str, anchor: str = "") -> Answer:
    """Back to the page: it says itself that all is saved and what is still to mend, in one."""
    mark = ADDED if anchor == ADDED else "saved"
    anchor = f"#{anchor}" if anchor else ""
    if operations.faults_of(row):
        return redirect(f"{address}?{mark}=1{anchor}")
    flash(_("Saved."))
    return redirect(address + anchor)


def _text(name: str) -> Any:
    return request.form.get(name, "")


def _pairs(name: str) -> Any:
    starts, ends = (request.form.getlist(f"{name}-{end}") for end in ("from", "to"))
    return [{"from": start, "to": end} for start, end in zip(starts, ends, strict=False)]


READERS: dict[str, Callable[[str], Any]] = {
    "several": lambda name: request.form.getlist(name),
    "flag": lambda name: name in request.form,
    "pairs": _pairs,
}


def _typed(part: Part) -> list[tuple[int, Values]]:
    """The rows of the form in its order, by their number."""
    sent = request.form
    found = []
    for text in sent.getlist("row"):
        if (number := short_number(text)) is None:
            abort(400)
        values: Values = {}
        for column in part.columns:
            name = f"{text}-{column.name}"
            values[column.name] = READERS.get(column.kind, _text)(name)
        found.append((number, values))
    return found


def _done(
    part: Part, typed: list[tuple[int, Values]], definition: dict[str, Any]
) -> list[tuple[int, Values]]:
    """The rows after the button that was pressed: one added, moved or dropped. Of one that says
    something it is asked first whether to remove it."""
    do, _dash, text = request.form.get("do", "save").partition("-")
    if do == "add":
        return [*typed, (definition["next"] + 1, {})]
    at = next((n for n, (row_id, _v) in enumerate(typed) if str(row_id) == text), None)
    if at is None:
        return typed
    if do == "drop" or (do == "remove" and blank(closed(part, typed[at][1]))):
        return typed[:at] + typed[at + 1 :]
    to = at + {"up": -1, "down": 1}.get(do, 0)
    if 0 <= to < len(typed):
        typed[at], typed[to] = typed[to], typed[at]
    return typed


def _page(
    row: PipelineDraft,
    part: Part,
    outer_id: int | None,
    definition: dict[str, Any],
    theirs: list[Change] | None = None,
) -> str:
    inner = PARTS[part.inner] if part.inner else None
    shown = [
        Shown(
            r[ROW_ID],
            opened(part, r),
            inner=len(r.get(inner.place, [])) if inner else None,
        )
        for r in drafts.rows_at(definition, part, outer_id) or []
    ]
    found = fault_views.told(row) if theirs is None else []
    if ADDED in request.args:  # of a row that was just added nothing is wrong yet
        fresh = {r[ROW_ID] for r in drafts.rows_at(definition, part, outer_id) or [] if blank(r)}
        found = [f for f in found if f.place.part != part.key or f.place.row_id not in fresh]
    _mark(found, part, outer_id, shown)
    outer = fault_views.INNER.get(part.key)
    within: dict[str, Any] = (
        next((r for r in definition[outer.place] if r[ROW_ID] == outer_id), {}) if outer else {}
    )
    return render_template(
        "flows/rows.html",
        draft=row,
        part=part,
        inner_part=inner,
        outer=outer,
        within=within,
        rows=shown,
        wrong=[fault for fault in found if fault.concerns(part.key, outer_id)],
        to_mend=len(found),
        saved="saved" in request.args,
        asked=_asked(row, part, outer_id, definition),
        definition=definition,
        options=options_of(definition),
        theirs=theirs,
        words=words_of,
        **_people(row),
    )


def _mark(found: list[Told], part: Part, outer_id: int | None, shown: list[Shown]) -> None:
    """Put what is wrong at its row and column; what is wrong within a row at its button."""
    by_id = {line.id: line for line in shown}
    for fault in found:
        place = fault.place
        if (place.part, place.outer_id) == (part.key, outer_id) and place.row_id in by_id:
            by_id[place.row_id].errors.setdefault(place.column, []).append(fault.short)
        elif place.part == part.inner and place.outer_id in by_id:
            by_id[place.outer_id].within += 1


def _asked(
    row: PipelineDraft, part: Part, outer_id: int | None, definition: dict[str, Any]
) -> tuple[int, list[str]] | None:
    """The row that is about to be removed, and what hangs on it in words."""
    number = short_number(request.args.get("remove", ""))
    line = fault_views.row_at(definition, drafts.Place(part.key, outer_id, number, ""))
    if number is None or line is None:
        return None
    deals = Counter(deal.stage for deal in queries.open_deals(access.me(), row.key))
    found = [
        sentence(
            hanging.code,
            names=listed(title_of(r) if r.get("zh") else r.get("key", "") for r in hanging.rows),
            count=hanging.count,
        )
        for hanging in hangs_on(definition, part, line, deals)
    ]
    return number, found
