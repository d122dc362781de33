"""One item of a deal's checklists on its own page: answered with proof, verified by another."""

from contextlib import closing

from flask import abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _

from portfolio.companies import operations as records
from portfolio.companies.models import TERMS, Document, DocumentVersion
from portfolio.extensions import db
from portfolio.kernel.errors import InputError
from portfolio.people import access
from portfolio.people import queries as people
from portfolio.pipeline import check_operations, gate_queries, queries
from portfolio.pipeline.flow import Pipeline
from portfolio.pipeline.forms import CheckForm
from portfolio.pipeline.gates import STATES, CheckAnswer, CheckState, state_title, states_of
from portfolio.pipeline.models import Deal, DealCheck
from portfolio.pipeline.record_views import writable
from portfolio.pipeline.stages import Item
from portfolio.pipeline.views import Answer, blueprint, looked_at
from portfolio.web.fields import choices
from portfolio.web.formatting import now, title_of
from portfolio.web.messages import text_of


@blueprint.route("/deals/<int:deal_id>/checks/<item_key>", methods=["GET", "POST"])
@access.permit("deal.write")
def check(deal_id: int, item_key: str) -> Answer:
    """Say how an item stands, with its proof."""
    deal = looked_at(writable(deal_id))
    flow = queries.pipeline_of(deal.pipeline)
    item = flow.items.get(item_key) or abort(404)
    row = gate_queries.checks_of(deal.id).get(item.key)
    form = CheckForm(obj=row)
    form.state.choices = choices(
        (state.value, title_of(state_title(item, state)))
        for state in (CheckState.TODO, *states_of(item))
    )
    if not form.validate_on_submit():
        return _page(deal, flow, item, form)
    try:
        with access.writing("check.answer"):
            given = CheckAnswer(
                STATES[form.state.data],
                form.note.data or "",
                form.link.data or "",
                _file(deal, item, form, row),
            )
            check_operations.answer(deal, flow, {item.key: given}, access.me(), now())
    except InputError as error:
        form.note.errors = [text_of(error)]
        return _page(deal, flow, item, form)
    flash(
        _(
            "%(item)s: %(state)s",
            item=title_of(item),
            state=title_of(state_title(item, given.state)),
        )
    )
    return redirect(url_for("pipeline.show", deal_id=deal.id, _anchor=f"i-{item.key}"))


def _file(deal: Deal, item: Item, form: CheckForm, row: DealCheck | None) -> int | None:
    """The version that proves the item: the file just sent, else the one kept before."""
    upload = form.file.data
    if not upload:
        return row.document_version_id if row else None
    before = row.document_version_id if row else None
    known = db.session.get(DocumentVersion, before) if before else None
    with closing(upload):
        content = upload.read()
    version = records.keep_document(
        content,
        upload.filename,
        upload.mimetype,
        access.me(),
        now(),
        title=title_of(item),
        kind=TERMS,
        deal_id=deal.id,
        document=db.session.get(Document, known.document_id) if known else None,
    )
    return version.id


def _page(deal: Deal, flow: Pipeline, item: Item, form: CheckForm) -> Answer:
    rows = gate_queries.said_of(deal.id, item.key)
    ids = {i for row in rows for i in (row.recorded_by_id, row.verified_by_id) if i}
    page = render_template(
        "pipeline/check.html",
        deal=deal,
        item=item,
        checklist=next(c for c in flow.checklists if item in c.items),
        form=form,
        rows=rows,
        names=people.names_of(ids),
        states=STATES,
        state_title=state_title,
        verifiable=_verifiable(item, rows[0] if rows else None),
    )
    return page, 422 if form.is_submitted() else 200


def _verifiable(item: Item, row: DealCheck | None) -> bool:
    """Whether I may confirm what another person said."""
    if row is None or row.superseded_at or not item.verify or row.verified_by_id:
        return False
    return row.state in {CheckState.DONE, CheckState.NA} and row.recorded_by_id != access.me().id


@blueprint.post("/deals/<int:deal_id>/checks/<item_key>/verification")
@access.permit("deal.write")
def verify(deal_id: int, item_key: str) -> Answer:
    """Confirm what another person said of an item."""
    deal = writable(deal_id)
    flow = queries.pipeline_of(deal.pipeline)
    item = flow.items.get(item_key) or abort(404)
    try:
        with access.writing("check.verify"):
            check_operations.verify(deal, flow, [item.key], access.me(), now())
    except InputError as error:
        flash(text_of(error))
    else:
        flash(_("Verified: %(item)s", item=title_of(item)))
    return redirect(url_for("pipeline.show", deal_id=deal.id, _anchor=f"i-{item.key}"))
