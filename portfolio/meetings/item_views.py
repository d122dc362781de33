"""The agenda of a meeting on the screen: deals found, put on, taken off, put in order, changed."""

from typing import Any

from flask import abort, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.wrappers import Response

from portfolio.companies.operations import Conflict
from portfolio.extensions import db
from portfolio.journal import operations as journal
from portfolio.kernel.errors import InputError
from portfolio.kernel.numbers import short_number
from portfolio.meetings import forms, item_queries
from portfolio.meetings import item_operations as operations
from portfolio.meetings.models import AgendaItem, Meeting
from portfolio.meetings.turns import stepped
from portfolio.meetings.views import Answer, blueprint, meeting_or_404, page
from portfolio.meetings.wording_queries import asked, name_of
from portfolio.people import access
from portfolio.people import queries as people
from portfolio.pipeline import sight_queries as sight
from portfolio.pipeline.models import Deal
from portfolio.web.formatting import now
from portfolio.web.messages import text_of
from portfolio.web.requests import sent_number


def _keeping(action: str, meeting: Meeting, deal: Deal) -> Any:
    label = f"{name_of(meeting)} · {deal.name}"
    return journal.keeping(
        action, "meeting", meeting.id, access.me(), now(), label, deal.company_id, deal.id
    )


def _seen(meeting_id: int, item_id: int) -> tuple[AgendaItem, Deal]:
    item = item_queries.seen_item(access.me(), meeting_id, item_id) or abort(404)
    return item, db.session.get_one(Deal, item.deal_id)


@blueprint.get("/meetings/<int:meeting_id>/deals")
@access.permit("committee.write")
def found(meeting_id: int) -> str:
    """Deals for the agenda, while one types."""
    meeting = meeting_or_404(meeting_id)
    text = request.args.get("q", "").strip()[:100]
    deals = item_queries.found_deals(access.me(), meeting.id, text)
    return render_template("meetings/_found.html", meeting=meeting, found=deals, text=text)


@blueprint.post("/meetings/<int:meeting_id>/items")
@access.permit("committee.write")
def put_on(meeting_id: int) -> Answer:
    """Put a deal on the agenda, from the page of the meeting."""
    meeting = meeting_or_404(meeting_id)
    deal = sight.get_visible(access.me(), sent_number("deal_id") or 0) or abort(404)
    try:
        _put_on(meeting, deal)
    except InputError as error:
        return page(meeting, text_of(error)), 422
    return redirect(url_for("meetings.show", meeting_id=meeting.id, _anchor="agenda"))


@blueprint.post("/deals/<int:deal_id>/meetings")
@access.permit("committee.write")
def put_on_from_deal(deal_id: int) -> Answer:
    """Put a deal on the agenda of a meeting, from the page of the deal."""
    deal = sight.get_visible(access.me(), deal_id) or abort(404)
    meeting = meeting_or_404(sent_number("meeting_id") or 0)
    try:
        _put_on(meeting, deal)
    except InputError as error:
        flash(text_of(error))
    return redirect(url_for("pipeline.show", deal_id=deal.id, _anchor="meetings"))


def _put_on(meeting: Meeting, deal: Deal) -> None:
    with access.writing("meeting.put_on"), _keeping("meeting.put_on", meeting, deal) as kept:
        operations.put_on(meeting, deal, access.me(), now())
    said = _("%(deal)s is on the agenda of %(meeting)s.", deal=deal.name, meeting=name_of(meeting))
    flash(said, kept.category)


@blueprint.route("/meetings/<int:meeting_id>/items/<int:item_id>", methods=["GET", "POST"])
@access.permit("committee.write")
def item(meeting_id: int, item_id: int) -> Answer:
    """What is asked about a deal, for how long, and who presents it."""
    meeting = meeting_or_404(meeting_id)
    row, deal = _seen(meeting.id, item_id)
    able = sight.assignable(deal) | people.names_of(
        {row.presenter_id} if row.presenter_id else set()
    )
    form = forms.item_form(row, able)
    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        try:
            _change(form, row, meeting, deal)
        except (InputError, StaleDataError) as error:
            conflict = isinstance(error, Conflict | StaleDataError)
            row, deal = _seen(meeting.id, item_id)
            form.version.data = str(row.version)  # seen below, and so to be saved over
            refusal = error if isinstance(error, InputError) else InputError("record.conflict")
            form.form_errors.append(text_of(refusal))
            status = 409 if conflict else 422
        else:
            return redirect(url_for("meetings.show", meeting_id=meeting.id, _anchor="agenda"))
    saved = _line(meeting, row) if status == 409 else None
    page = {"form": form, "meeting": meeting, "deal": deal, "saved": saved}
    return render_template("meetings/item.html", **page), status


def _line(meeting: Meeting, row: AgendaItem) -> str:
    """What is saved of an item now, in words."""
    lines = item_queries.lines(access.me(), [meeting.id])[meeting.id]
    return next(asked(line) for line in lines if line.id == row.id)


def _change(form: forms.ItemForm, row: AgendaItem, meeting: Meeting, deal: Deal) -> None:
    action = "meeting.change_item"
    with access.writing(action), _keeping(action, meeting, deal) as kept:
        operations.change_item(
            row,
            meeting,
            form.ask.data,
            form.minutes.number or 0,
            form.presenter,
            access.me(),
            form.version.seen,
        )
    flash(_("Saved."), kept.category)


@blueprint.post("/meetings/<int:meeting_id>/items/<int:item_id>/removal")
@access.permit("committee.write")
def take_off(meeting_id: int, item_id: int) -> Answer:
    """Take a deal off the agenda."""
    meeting = meeting_or_404(meeting_id)
    row, deal = _seen(meeting.id, item_id)
    try:
        with (
            access.writing("meeting.take_off"),
            _keeping("meeting.take_off", meeting, deal) as kept,
        ):
            operations.take_off(row, meeting, access.me(), now())
    except InputError as error:
        return page(meeting, text_of(error)), 422
    flash(_("%(deal)s is off the agenda.", deal=deal.name), kept.category)
    return redirect(url_for("meetings.show", meeting_id=meeting.id, _anchor="agenda"))


@blueprint.post("/meetings/<int:meeting_id>/order")
@access.permit("committee.write")
def order(meeting_id: int) -> Answer:
    """Put the agenda in order: as a whole (`order`), or one item some places on (`item`, `step`).
    `seen` is the order as the page showed it."""
    meeting = meeting_or_404(meeting_id)
    quiet = request.accept_mimetypes.best == "application/json"
    try:
        seen = _numbers("seen")
        wanted = _numbers("order") if "order" in request.form else _stepped(seen)
        with access.writing("meeting.order"):
            operations.put_in_order(meeting, seen, wanted, access.me())
    except InputError as error:
        if quiet:
            return _refused(error)
        return page(meeting_or_404(meeting_id), text_of(error)), 409
    if quiet:
        return jsonify(message=_("The order is saved."))
    return redirect(url_for("meetings.show", meeting_id=meeting.id, _anchor="agenda"))


def _refused(error: InputError) -> Response:
    answer = jsonify(message=text_of(error))
    answer.status_code = 409
    return answer


def _stepped(seen: list[int]) -> list[int]:
    step = {"up": -1, "down": 1}.get(request.form.get("step", ""), 0)
    return stepped(seen, sent_number("item") or 0, step)


def _numbers(name: str) -> list[int]:
    """The numbers of items that a form sent, apart by commas."""
    parts = request.form.get(name, "").split(",")
    return [number for part in parts if (number := short_number(part)) is not None]
