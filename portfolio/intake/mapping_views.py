"""What a person says of an uploaded file: its kind, its columns, which values count; or gives it up."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from portfolio.intake import headings, operations
from portfolio.intake.choices import Choices, answered, read_choices
from portfolio.intake.models import Kind
from portfolio.intake.reading import labels
from portfolio.intake.run_views import look_again
from portfolio.intake.views import Answer, blueprint, found_by_check, preview_page, waiting_batch
from portfolio.kernel.errors import InputError
from portfolio.kernel.numbers import short_number
from portfolio.people import access
from portfolio.web.messages import text_of


@blueprint.post("/imports/<int:batch_id>/mapping")
@access.permit("import")
def remap(batch_id: int) -> Answer:
    """Say what the columns stand for."""
    batch = waiting_batch(batch_id)
    table = operations.read_table(operations.upload_path(batch).read_bytes())
    chosen = {label: _said(number) for number, label in enumerate(labels(table.headings))}
    try:
        targets = headings.mapped(table.headings, chosen, batch.kind)
        headings.check_targets(table.headings, targets, batch.kind)
    except InputError as error:
        return preview_page(batch, text_of(error), chosen)
    with access.writing("import.map"):
        batch.mapping, batch.remembered = json.dumps(chosen, ensure_ascii=False), False
    look_again(batch, len(table.rows))
    return redirect(url_for("intake.preview", batch_id=batch.id))


def _said(number: int) -> str:
    """The field of a column, with the unit of its values where one was chosen that it can have."""
    field, unit = (request.form.get(f"{what}-{number}", "") for what in ("column", "unit"))
    return field + headings.IN + unit if unit in headings.Target(field).units else field


@blueprint.get("/imports/<int:batch_id>/mapping")
@access.permit("import")
def mapping(batch_id: int) -> Response:
    """Where a refused mapping left its address: the page of the upload."""
    return redirect(url_for("intake.preview", batch_id=waiting_batch(batch_id).id))


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
    found = found_by_check(batch)
    old = read_choices(json.loads(batch.choices))
    new = answered(old, request.form, found.get("differences", []))
    with access.writing("import.choose"):
        batch.choices = json.dumps(new.as_json(), ensure_ascii=False)
    look_again(batch, int(found["size"]))
    if "formulas" in request.form:
        return redirect(url_for("intake.preview", batch_id=batch.id))
    flash(_taken(new, found.get("differences", [])))
    page = short_number(request.args.get("page", ""))
    return redirect(url_for("intake.preview", batch_id=batch.id, kind="differences", page=page))


def _taken(choices: Choices, differences: Sequence[Mapping[str, Any]]) -> str:
    """How many of the differing values the file's take the place of, once the choices are kept."""
    taken = sum(choices.takes(int(d["row"]), str(d["field"])) for d in differences)
    return _(
        "Your choices are kept: %(taken)s values of the file are taken, %(kept)s stay as they are.",
        taken=taken,
        kept=len(differences) - taken,
    )


@blueprint.post("/imports/<int:batch_id>/discard")
@access.permit("import")
def give_up(batch_id: int) -> Answer:
    """Give an upload up."""
    batch = waiting_batch(batch_id)
    with access.writing("import.discard"):
        operations.discard(batch)
    return redirect(url_for("intake.index"))
