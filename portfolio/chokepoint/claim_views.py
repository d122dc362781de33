"""A claim in the browser: made with its evidence, stated anew, renewed, rejected."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from portfolio.chokepoint import operations, queries, undo_operations
from portfolio.chokepoint.claims import Claim, Unfit
from portfolio.chokepoint.forms import ClaimForm, RejectForm
from portfolio.chokepoint.ladder import ladder
from portfolio.chokepoint.models import Tag
from portfolio.chokepoint.passage_queries import passages_of
from portfolio.chokepoint.standing import COUNTING, Standing, TagState, standing
from portfolio.chokepoint.taxonomy_queries import TechnologiesInForce, taxonomy
from portfolio.chokepoint.views import Answer, blueprint, company_or_404
from portfolio.companies import paper_queries as papers
from portfolio.companies.models import Company
from portfolio.companies.operations import Conflict
from portfolio.extensions import db
from portfolio.kernel.errors import InputError
from portfolio.people import access
from portfolio.people import queries as people
from portfolio.web.formatting import local_dt, now, title_of, today
from portfolio.web.messages import text_of


@blueprint.route("/companies/<int:company_id>/tags", methods=["GET", "POST"])
@access.permit("tag.review")
def tag(company_id: int) -> Answer:
    """Claim a technology with its evidence, suggested or not; state a claim anew, or renew it."""
    company = company_or_404(company_id)
    form = ClaimForm()
    form.offer(papers.known(access.me(), queries.documents_of(company.id)))
    if request.method == "GET":
        return _asked(company, form)
    row = queries.current(company.id, form.technology.data or "")
    valid, claim = form.validate(), form.claim()
    if errors := operations.claim_problems(company.id, claim, row, today()):
        form.place(errors)
    if errors or not valid:
        return _page(company, form, row), 422
    # A suggestion that one was not led here by says nothing that could be lost.
    suggested = row is not None and row.state == TagState.SUGGESTED.value
    try:
        return _claimed(company, claim, row.id if row and suggested else form.seen.seen)
    except Unfit as error:
        form.place(error.errors)
    except Conflict:
        form.form_errors.append(_told(row))
        form.seen.data = str(row.id if row else 0)
        return _page(company, form, row), 409
    except InputError as error:
        form.technology.errors = [text_of(error)]
    return _page(company, form, row), 422


def _asked(company: Company, form: ClaimForm) -> Answer:
    """The form as one comes to it: for a suggestion with its words, for a claim with what it says."""
    technology = request.args.get("technology", "")
    row = queries.current(company.id, technology) if technology else None
    form.technology.data = technology if technology in taxonomy().technologies else ""
    form.show(row if row is None or row.card_id or _claims(row) else None, _expired(row))
    form.seen.data = str(row.id if row else 0)
    if row is not None and row.state == TagState.SUGGESTED.value and row.words:
        form.piece_text.data = operations.quoted(row)
        form.piece_dated_on.process_data(today())
    return _page(company, form, row)


def _claims(row: Tag) -> bool:
    return standing(row, today(), ladder()) is not None


def _expired(row: Tag | None) -> bool:
    return row is not None and standing(row, today(), ladder()) is Standing.EXPIRED


def _claimed(company: Company, claim: Claim, seen: int) -> Response:
    action = (
        "tag.renew" if _expired(queries.current(company.id, claim.technology)) else "tag.confirm"
    )
    with access.writing(action):
        made = operations.confirm(company.id, claim, access.me(), now(), seen)
        act = undo_operations.keep(
            action, made.tag, made.former, access.me(), now(), added=made.evidence
        )
    flash(_recorded(made.tag), str(act.id))
    return page_of(company, claim.technology)


def _recorded(tag: Tag) -> str:
    """What was recorded, and who is waited for."""
    how = standing(tag, today(), ladder())
    if how is Standing.REREAD:
        return _(
            "Recorded. It counts on through %(day)s; by then another person reads its new wording.",
            day=tag.reread_by,
        )
    if how is Standing.WAITING:
        return _("Recorded. It waits for its second reader.")
    return _("Recorded.")


def page_of(company: Company, technology: str) -> Response:
    """To the page of a technology of a company."""
    return redirect(url_for("chokepoint.claim", company_id=company.id, technology=technology))


def _told(row: Tag | None) -> str:
    """Who has said something else meanwhile."""
    if row is None:
        return _(
            "Somebody has taken this claim back meanwhile. Save again to claim it all the same."
        )
    names = people.names_of({row.recorded_by_id or 0})
    return _(
        "%(name)s has changed this meanwhile (%(at)s): %(state)s %(level)s. What you typed is kept; "
        "save again to put it in its place.",
        name=names.get(row.recorded_by_id or 0, _("System")),
        at=local_dt(row.recorded_at),
        state=title_of(TagState._value2member_map_[row.state]),
        level=row.level,
    )


def _page(company: Company, form: ClaimForm, row: Tag | None) -> str:
    standing_pieces = queries.evidence_of([company.id], technology=form.technology.data or "-")
    return render_template(
        "chokepoint/claim_form.html",
        form=form,
        company=company,
        row=row,
        renewing=_expired(row),
        keeps=row is not None and standing(row, today(), ladder()) in COUNTING,
        pieces=standing_pieces.get(company.id, []),
        latest=ladder().latest_recheck(today()),
    )


@blueprint.route("/companies/<int:company_id>/tags/<int:tag_id>/rejection", methods=["GET", "POST"])
@access.permit("tag.review")
def reject(company_id: int, tag_id: int) -> Answer:
    """Reject a suggestion or a claim, with the reason."""
    company = company_or_404(company_id)
    row = current_or_404(company, tag_id)
    form = RejectForm()
    if form.validate_on_submit():
        try:
            with access.writing("tag.reject"):
                words, code = form.reason.data or "", form.because.data
                rejected = operations.reject(row, words, access.me(), now(), code)
                act = undo_operations.keep("tag.reject", rejected, row, access.me(), now())
        except Conflict as error:
            flash(text_of(error))
            return page_of(company, row.technology)
        flash(_("Rejected."), str(act.id))
        return redirect(url_for("companies.show", company_id=company.id, _anchor="chokepoint"))
    title = _("Reject %(name)s", name=title_of(TechnologiesInForce()[row.technology]))
    found = passages_of(company.id, [row])[row.technology]
    page = render_template(
        "chokepoint/form.html", form=form, company=company, title=title, found=found
    )
    return page, 422 if form.is_submitted() else 200


def current_or_404(company: Company, tag_id: int) -> Tag:
    """The row that stands; one that another took the place of is gone for who would act on it."""
    row = db.session.get(Tag, tag_id)
    if row is None or row.company_id != company.id or row.superseded_at is not None:
        abort(404)
    return row
