"""The page of one technology of one company: what is claimed, what shows it, and all that was said."""

import datetime as dt
from typing import Any

from flask import abort, flash, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from portfolio.audit import kind_queries
from portfolio.audit.words import Words
from portfolio.chokepoint import evidence_operations, operations, queries, undo_operations
from portfolio.chokepoint.claim_views import page_of
from portfolio.chokepoint.forms import PieceForm, WithdrawForm
from portfolio.chokepoint.ladder import ladder
from portfolio.chokepoint.models import Tag, TagEvidence
from portfolio.chokepoint.passage_queries import passages_of
from portfolio.chokepoint.taxonomy_queries import TechnologiesInForce
from portfolio.chokepoint.telling import told
from portfolio.chokepoint.views import Answer, blueprint, company_or_404
from portfolio.companies import paper_queries as papers
from portfolio.companies.models import Company
from portfolio.extensions import db
from portfolio.kernel.errors import InputError
from portfolio.people import access
from portfolio.people import queries as people
from portfolio.web import past
from portfolio.web.formatting import now, title_of, today, zone
from portfolio.web.i18n import language
from portfolio.web.messages import text_of

PATH = "/companies/<int:company_id>/technologies/<technology>"


@blueprint.get(PATH)
@access.permit("company.read")
def claim(company_id: int, technology: str) -> Answer:
    """What is claimed and what shows it, today or as known on a past day; the forms for who reviews."""
    company, wrong, day = company_or_404(company_id), "", None
    try:
        day = past.asked_day()
    except InputError as error:
        wrong = text_of(error)
    page = _page(company, technology, PieceForm(formdata=None), day=day, wrong_day=wrong)
    return page, 422 if wrong else 200


@blueprint.post(f"{PATH}/evidence")
@access.permit("tag.review")
def add_evidence(company_id: int, technology: str) -> Answer:
    """Add a piece of evidence."""
    company = company_or_404(company_id)
    row = queries.current(company.id, technology) or abort(404)
    form = PieceForm()
    form.offer(papers.known(access.me(), queries.documents_of(company.id)))
    valid, piece = form.validate(), form.piece()
    errors = evidence_operations.problems(piece, today())
    if errors or not valid:
        form.place(errors)
        return _page(company, technology, form), 422
    with access.writing("tag.evidence"):
        added = evidence_operations.add(row, piece, access.me(), now())
        act = undo_operations.keep("tag.evidence", row, row, access.me(), now(), added=[added])
    flash(_("Evidence added."), str(act.id))
    return page_of(company, technology)


@blueprint.post(f"{PATH}/evidence/<int:evidence_id>/withdrawal")
@access.permit("tag.review")
def withdraw_evidence(company_id: int, technology: str, evidence_id: int) -> Answer:
    """Withdraw a piece of evidence, with the reason."""
    company = company_or_404(company_id)
    piece = db.session.get(TagEvidence, evidence_id)
    if piece is None or (piece.company_id, piece.technology) != (company.id, technology):
        abort(404)
    form, row = WithdrawForm(), queries.current(company.id, technology)
    if row is None or not form.validate():
        page = _page(company, technology, PieceForm(formdata=None), form, piece.id)
        return page, 422
    try:
        with access.writing("tag.withdraw_evidence"):
            fallen = evidence_operations.withdraw(piece, form.reason.data or "", access.me(), now())
            act = undo_operations.keep(
                *("tag.withdraw_evidence", fallen or row, row, access.me(), now()),
                withdrawn=[piece],
            )
    except InputError as error:
        form.reason.errors = [text_of(error)]
        return _page(company, technology, PieceForm(formdata=None), form, piece.id), 422
    flash(_("Evidence withdrawn."), str(act.id))
    return page_of(company, technology)


@blueprint.post("/companies/<int:company_id>/tags/<int:tag_id>/second-reading")
@access.permit("tag.review")
def read_again(company_id: int, tag_id: int) -> Response:
    """Stand behind a claim as its second reader."""
    company = company_or_404(company_id)
    row = db.session.get(Tag, tag_id)
    if row is None or row.company_id != company.id:
        abort(404)
    try:
        with access.writing("tag.read_again"):
            made = operations.read_again(row, access.me(), now())
            act = undo_operations.keep("tag.read_again", made, row, access.me(), now())
    except InputError as error:
        flash(text_of(error))
    else:
        flash(_("Read a second time; it counts now."), str(act.id))
    return page_of(company, row.technology)


def _page(
    company: Company,
    technology: str,
    form: PieceForm,
    withdrawal: WithdrawForm | None = None,
    withdrawing: int = 0,
    day: dt.date | None = None,
    wrong_day: str = "",
) -> str:
    known_at = past.end_of(day) if day else None
    ever = queries.ever_said(company.id, technology, known_at)
    if not ever.tags:
        abort(404)
    pieces = [row for row in ever.evidence if ever.stands(row)]
    documents = _documents(company, ever.evidence)
    form.offer(list(documents.values()))
    reviewing = access.me().may("tag.review") and day is None
    tag = next((row for row in reversed(ever.tags) if ever.stands(row)), None)
    return render_template(
        "chokepoint/claim.html",
        company=company,
        technology=technology,
        name=title_of(TechnologiesInForce()[technology]),
        tag=tag,
        found=passages_of(company.id, [tag])[technology] if tag and day is None else None,
        pieces=sorted(pieces, key=lambda row: (-ladder().rank(row.level), row.id)),
        documents=documents,
        history=told(ever, _words(ever)),
        names=people.names_of(ever.people()),
        form=form,
        withdrawal=withdrawal or WithdrawForm(formdata=None),
        withdrawing=withdrawing,
        reviewing=reviewing,
        me=access.me(),
        day=day or today(),
        as_of=day,
        wrong_day=wrong_day,
        now_url=request.path,
    )


def _documents(company: Company, pieces: Any) -> dict[int, Any]:
    """The documents that evidence names and this person may know of, and those to choose from."""
    named = queries.documents({row.document_id for row in pieces if row.document_id})
    found = papers.known(access.me(), [*queries.documents_of(company.id), *named])
    return {row.id: row for row in found}


def _words(ever: queries.Ever) -> Words:
    return Words(
        language(),
        zone(),
        people.names_of(ever.people()),
        dict(kind_queries.enums_by_type()),
    )
