"""The papers of a deal: kept by its team, handed out to those who may read them."""

from contextlib import closing

from flask import abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import BooleanField

from portfolio.companies import operations as records
from portfolio.companies.models import TERMS, Document, DocumentVersion
from portfolio.companies.paper_queries import known
from portfolio.extensions import db
from portfolio.kernel.errors import InputError
from portfolio.people import access
from portfolio.pipeline import queries
from portfolio.pipeline.models import Deal
from portfolio.pipeline.record_views import writable
from portfolio.pipeline.views import Answer, blueprint, deal_or_404, looked_at
from portfolio.web.downloads import download
from portfolio.web.formatting import now
from portfolio.web.messages import text_of
from portfolio.web.record_forms import DocumentForm


class DealDocumentForm(DocumentForm):
    """A paper of a deal. Those with terms are for readers of terms alone."""

    terms = BooleanField(
        _l("Holds valuation or terms: only for those who may read them"), default=True
    )


@blueprint.route("/deals/<int:deal_id>/documents", methods=["GET", "POST"])
@access.permit("deal.write")
def documents(deal_id: int) -> Answer:
    """Keep a file; the same title makes the next version."""
    deal = writable(deal_id)
    form = DealDocumentForm()
    if not form.validate_on_submit():
        return _form_page(form, deal)
    try:
        title = _keep(form, deal)
    except InputError as error:
        form.file.errors = [text_of(error)]
        return _form_page(form, deal)
    flash(_("Kept %(title)s.", title=title))
    return redirect(url_for("pipeline.show", deal_id=deal.id, _anchor="documents"))


def _keep(form: DealDocumentForm, deal: Deal) -> str:
    upload = form.file.data
    with closing(upload):  # a large upload lies in a temporary file until then
        content = upload.read()
    title = (form.title.data or "").strip() or upload.filename
    kind = TERMS if form.terms.data else ""
    with access.writing("document.keep"):
        before = queries.document_titled(deal.id, title)
        version = records.keep_document(
            content,
            upload.filename,
            upload.mimetype,
            access.me(),
            now(),
            title=title,
            kind=kind,
            deal_id=deal.id,
            document=before,
        )
        if kind:  # once a version holds terms, the whole document is for readers of terms
            version.document.kind = kind
    return title


def _form_page(form: DealDocumentForm, deal: Deal) -> Answer:
    status = 422 if form.is_submitted() else 200
    title = _("Add a document")
    return render_template("pipeline/record.html", form=form, deal=deal, title=title), status


@blueprint.get("/deals/<int:deal_id>/documents/<int:version_id>")
@access.permit("deal.read")
def document(deal_id: int, version_id: int) -> Response:
    """Hand out one version, always as a download."""
    deal = deal_or_404(deal_id)
    version = db.session.get(DocumentVersion, version_id) or abort(404)
    holder = db.session.get_one(Document, version.document_id)
    if holder.deal_id != deal.id or not known(access.me(), [holder]):
        abort(404)
    looked_at(deal)
    return download(records.document_path(version.sha256), version.filename)
