"""The page on which a deal whose company was deleted gets another one."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from portfolio.companies import queries as companies
from portfolio.kernel.errors import InputError
from portfolio.people import access
from portfolio.pipeline import detach_operations as operations
from portfolio.pipeline.record_views import writable
from portfolio.pipeline.views import Answer, blueprint
from portfolio.web.formatting import now
from portfolio.web.messages import text_of
from portfolio.web.requests import sent_number


@blueprint.route("/deals/<int:deal_id>/company", methods=["GET", "POST"])
@access.permit("deal.write")
def attach(deal_id: int) -> Answer:
    """Search for a company and give it to a deal that lost its own."""
    deal = writable(deal_id)
    lost = operations.detachment_of(deal)
    if lost is None:
        abort(404)
    error = ""
    if request.method == "POST":
        company = companies.get_visible(access.me(), sent_number("company_id") or 0)
        try:
            if company is None:
                raise InputError("company.none")
            with access.writing("deal.change"):
                operations.attach(deal, company, access.me(), now())
        except InputError as refusal:
            error = text_of(refusal)
        else:
            flash(_("Saved."))
            return redirect(url_for("pipeline.show", deal_id=deal.id))
    text = request.values.get("q", lost.former_name)[:100]
    found = companies.found(access.me(), text)
    page = render_template(
        "pipeline/attach.html",
        deal=deal,
        lost=lost,
        restorable=operations.restorable(lost),
        text=text,
        found=found,
        error=error,
    )
    return page, 422 if error else 200
