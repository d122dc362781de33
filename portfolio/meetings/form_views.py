"""Planning a meeting, changing it, cancelling it, and noting that it was held."""

import json
from dataclasses import replace
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm.exc import StaleDataError

from portfolio.audit import queries as audit
from portfolio.companies.operations import Conflict
from portfolio.holidays.queries import calendar
from portfolio.journal import operations as journal
from portfolio.kernel.errors import InputError
from portfolio.meetings import forms, operations, queries
from portfolio.meetings.forms import CancelForm, MeetingForm
from portfolio.meetings.models import Meeting
from portfolio.meetings.views import Answer, blueprint, meeting_or_404, page
from portfolio.meetings.wording_queries import name_of
from portfolio.people import access
from portfolio.people import queries as people
from portfolio.web.fields import choices
from portfolio.web.formatting import now
from portfolio.web.merging import differences, unanswered
from portfolio.web.messages import text_of
from portfolio.web.requests import sent_number


def _keeping(action: str, meeting: Meeting) -> Any:
    return journal.keeping(
        action, "meeting", meeting.id, access.me(), now(), label=name_of(meeting)
    )


def _prepared(form: MeetingForm, named: dict[int, str]) -> MeetingForm:
    form.invited.choices = choices((people.active_names() | named).items())
    return form


def _asks_about_the_day(form: MeetingForm) -> bool:
    """Whether the day is one on which nobody works and that nobody has confirmed; then the form
    says so."""
    day = form.day.day
    if day is None or calendar().is_working_day(day) or form.anyway.data == day.isoformat():
        return False
    form.day.errors = [forms.day_off_text(day)]
    return True


@blueprint.route("/meetings/new", methods=["GET", "POST"])
@access.permit("committee.write")
def new() -> Answer:
    """Plan a meeting."""
    form = _prepared(MeetingForm(), {})
    if not form.validate_on_submit() or _asks_about_the_day(form):
        return _page(form, None)
    with access.writing("meeting.plan"):
        meeting = operations.plan(form.values(), form.invited.data or (), access.me(), now())
    flash(_("The meeting is planned. Put the deals on its agenda now."))
    return redirect(url_for("meetings.show", meeting_id=meeting.id))


def _page(form: MeetingForm, meeting: Meeting | None, **more: Any) -> Answer:
    status = more.pop("status", 422 if form.is_submitted() else 200)
    return render_template("meetings/form.html", form=form, meeting=meeting, **more), status


@blueprint.route("/meetings/<int:meeting_id>/edit", methods=["GET", "POST"])
@access.permit("committee.write")
def edit(meeting_id: int) -> Answer:
    """Change a meeting and who is invited."""
    meeting = meeting_or_404(meeting_id)
    named = queries.invited(meeting.id)
    held = forms.stored(meeting, named)
    form = _prepared(MeetingForm(), named)
    if not form.is_submitted():
        forms.fill(form, held)
        form.version.data = str(meeting.version)
        form.opened.data = json.dumps(forms.texts_of(held))
        # A day off that was confirmed is not asked about again.
        form.anyway.data = held["day"]
    else:
        theirs = [n for n in forms.SHARED if request.form.get(f"keep-{n}") == "theirs"]
        forms.fill(form, held, theirs)
        if unanswered(request.form.getlist("asked"), request.form):
            return _conflict(meeting, form)
    if not form.validate_on_submit() or _asks_about_the_day(form):
        return _page(form, meeting)
    try:
        with access.writing("meeting.change"), _keeping("meeting.change", meeting) as kept:
            operations.change(
                meeting,
                form.values(),
                form.invited.data or (),
                access.me(),
                now(),
                form.version.seen,
            )
    except (Conflict, StaleDataError):
        return _conflict(meeting_or_404(meeting_id), form)
    except InputError as error:
        form.form_errors.append(text_of(error))
        return _page(form, meeting)
    flash(_("Saved."), kept.category)
    return redirect(url_for("meetings.show", meeting_id=meeting.id))


def _conflict(meeting: Meeting, form: MeetingForm) -> Answer:
    """Both versions by field, to choose from; what I did not touch stays as they saved it."""
    held = forms.stored(meeting, queries.invited(meeting.id))
    found = differences(forms.sent_texts(form), forms.texts_of(held), forms.opened_on(form))
    form.version.data = str(meeting.version)
    forms.fill(form, held, [d.name for d in found if d.keep_theirs])
    last = audit.last_change("meeting", meeting.id)
    differing = [
        replace(
            d,
            theirs=forms.shown(form, d.name, d.theirs),
            mine=forms.shown(form, d.name, d.mine),
        )
        for d in found
    ]
    other = last.actor_name if last else ""
    return _page(form, meeting, differing=differing, other=other, status=409)


@blueprint.route("/meetings/<int:meeting_id>/cancellation", methods=["GET", "POST"])
@access.permit("committee.write")
def cancel(meeting_id: int) -> Answer:
    """Cancel a meeting, with the reason."""
    meeting = meeting_or_404(meeting_id)
    if not meeting.planned:
        abort(404)
    form = CancelForm()
    if not form.is_submitted():
        form.version.data = str(meeting.version)
    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        try:
            with access.writing("meeting.cancel"), _keeping("meeting.cancel", meeting) as kept:
                reason, seen = form.reason.data or "", form.version.seen
                operations.cancel(meeting, reason, access.me(), now(), seen)
        except InputError as error:
            status = 409 if isinstance(error, Conflict) else 422
            form.form_errors.append(text_of(error))
            meeting = meeting_or_404(meeting_id)
            form.version.data = str(meeting.version)
        else:
            flash(_("The meeting is cancelled."), kept.category)
            return redirect(url_for("meetings.show", meeting_id=meeting.id))
    return render_template("meetings/cancel.html", form=form, meeting=meeting), status


@blueprint.post("/meetings/<int:meeting_id>/conclusion")
@access.permit("committee.write")
def conclude(meeting_id: int) -> Answer:
    """Note that a meeting was held."""
    meeting = meeting_or_404(meeting_id)
    try:
        with access.writing("meeting.conclude"), _keeping("meeting.conclude", meeting) as kept:
            operations.conclude(meeting, access.me(), now(), sent_number("version") or 0)
    except InputError as error:
        return page(meeting_or_404(meeting_id), text_of(error)), (
            409 if isinstance(error, Conflict) else 422
        )
    flash(_("Noted that it was held. Its agenda stands as it is."), kept.category)
    return redirect(url_for("meetings.show", meeting_id=meeting.id))
