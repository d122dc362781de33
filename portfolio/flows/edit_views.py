"""Pages that edit a draft: the pipeline's own fields, and each of its parts as rows."""

import json
from dataclasses import dataclass, field
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from portfolio.flows import drafts, operations
from portfolio.flows.changes import Change, compare
from portfolio.flows.models import PipelineDraft
from portfolio.flows.operations import DraftConflict
from portfolio.flows.options import options_of
from portfolio.flows.parts import OUTER, PARTS, ROW_ID, TOP, Part, Values, opened, top_values
from portfolio.flows.views import Answer, blueprint, draft_or_404, words_of
from portfolio.kernel.numbers import short_number
from portfolio.people import access
from portfolio.people import queries as people
from portfolio.pipeline.faults import FaultyDefinition
from portfolio.web.formatting import now, title_of
from portfolio.web.messages import sentence
from portfolio.web.requests import sent_number

INNER = {PARTS[name].inner: PARTS[name] for name in OUTER if PARTS[name].inner}


@dataclass
class Shown:
    """One row as the form shows it, with what is wrong with it by column ("" for the row)."""

    id: int
    values: Values
    errors: dict[str, list[str]] = field(default_factory=dict)
    inner: int | None = None


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
    flash(_("Saved."))
    return redirect(url_for("flows.draft", draft_id=row.id))


def _overview(
    row: PipelineDraft, definition: dict[str, Any], theirs: list[Change] | None = None
) -> str:
    found = operations.faults_of(row)
    own = {place.column: _said(place, fault) for place, fault in found if not place.part}
    return render_template(
        "flows/draft.html",
        draft=row,
        definition=definition,
        columns=TOP,
        values=top_values(definition),
        errors=own,
        faults=[
            (_door(row, place), _said(place, fault, _row(definition, place)))
            for place, fault in found
        ],
        parts=[PARTS[name] for name in OUTER],
        options=options_of(definition),
        overtaking=operations.newer_than(row),
        theirs=theirs,
        words=words_of,
        **_people(row),
    )


def _said(place: drafts.Place, fault: FaultyDefinition, row: dict[str, Any] | None = None) -> str:
    """What is wrong, in the words of the form; with the row's title where that is not in sight."""
    columns = PARTS[place.part].columns if place.part else TOP
    column = next((title_of(c) for c in columns if c.name == place.column), "")
    title = title_of(row) if row and row.get("zh") else (row or {}).get("key", "")
    part = title_of(PARTS[place.part]) if place.part and (row or not column) else ""
    named = " · ".join(filter(None, (part, title, column))) or fault.key
    return sentence(fault.code, **(fault.params | {"key": named}))


def _row(definition: dict[str, Any], place: drafts.Place) -> dict[str, Any] | None:
    """The row that a place lies in."""
    if not place.part or place.row_id is None:
        return None
    rows = drafts.rows_at(definition, PARTS[place.part], place.outer_id) or []
    return next((r for r in rows if r[ROW_ID] == place.row_id), None)


def _people(row: PipelineDraft) -> dict[str, str]:
    return {"editor": people.names_of({row.updated_by_id}).get(row.updated_by_id, "")}


def _door(row: PipelineDraft, place: drafts.Place) -> str:
    """The page and field where a fault is mended."""
    if not place.part:
        return url_for("flows.draft", draft_id=row.id, _anchor=place.column)
    anchor = f"{place.row_id}-{place.column}" if place.row_id else None
    if place.outer_id:
        outer = INNER[place.part].key
        return url_for(
            "flows.inner",
            draft_id=row.id,
            part=outer,
            row_id=place.outer_id,
            _anchor=anchor,
        )
    return url_for("flows.rows", draft_id=row.id, part=place.part, _anchor=anchor)


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
    mine = drafts.replaced(definition, part, outer_id, _done(_typed(part), definition))
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
    flash(_("Saved."))
    return redirect(request.path + _anchor())


def _anchor() -> str:
    """Where one goes on: at the row that was moved, or at the new one."""
    do, _dash, number = request.form.get("do", "").partition("-")
    return {"add": "#added", "up": f"#row-{number}", "down": f"#row-{number}"}.get(do, "")


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
            several = column.kind == "several"
            values[column.name] = sent.getlist(name) if several else sent.get(name, "")
            if column.kind == "flag":
                values[column.name] = name in sent
        found.append((number, values))
    return found


def _done(typed: list[tuple[int, Values]], definition: dict[str, Any]) -> list[tuple[int, Values]]:
    """The rows after the button that was pressed: one added, moved or removed."""
    do, _dash, text = request.form.get("do", "save").partition("-")
    if do == "add":
        return [*typed, (definition["next"] + 1, {})]
    at = next((n for n, (row_id, _v) in enumerate(typed) if str(row_id) == text), None)
    if at is None:
        return typed
    if do == "remove":
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
    wrong = _mark(row, part, outer_id, shown, definition) if theirs is None else []
    outer = INNER.get(part.key)
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
        wrong=wrong,
        definition=definition,
        options=options_of(definition),
        theirs=theirs,
        words=words_of,
        **_people(row),
    )


def _mark(
    row: PipelineDraft,
    part: Part,
    outer_id: int | None,
    shown: list[Shown],
    definition: dict[str, Any],
) -> list[tuple[str, str]]:
    """Put what is wrong at its row and column; answers with all of it, each with its field."""
    by_id = {line.id: line for line in shown}
    found = []
    for place, fault in operations.faults_of(row):
        if place.part != part.key or place.outer_id != outer_id:
            continue
        line = by_id.get(place.row_id or 0)
        if line is not None:
            line.errors.setdefault(place.column, []).append(_said(place, fault))
        text = _said(place, fault, _row(definition, place))
        target = f"{place.row_id}-{place.column}" if place.column else f"row-{place.row_id}"
        found.append((target if line else "main", text))
    return found
