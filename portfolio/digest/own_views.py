"""Pages of a person's own choices: how each kind of mail comes, and a pause."""

from typing import Any

from flask import abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response

from portfolio.digest import kinds, schedule_operations, schedule_queries
from portfolio.digest.events import read_events
from portfolio.digest.forms import HOUSE, NONE, OWN, OwnForm, PauseForm
from portfolio.digest.kinds import KINDS, Faulty, Kind
from portfolio.digest.views import blueprint
from portfolio.digest.wording_views import comes
from portfolio.kernel.calendar import DAY
from portfolio.kernel.dates import local_date
from portfolio.kernel.errors import InputError
from portfolio.people import access
from portfolio.people.models import User
from portfolio.web.fields import choices
from portfolio.web.formatting import now
from portfolio.web.messages import text_of

Answer = str | Response | tuple[str, int]
WAYS = {
    HOUSE: _l("As the house sends it"),
    OWN: _l("At a time of my own"),
    NONE: _l("Not at all"),
}


@blueprint.route("/digests/own/<kind>", methods=["GET", "POST"])
@access.signed_in
def own(kind: str) -> Answer:
    """How I get the mail of a kind: as the house sends it, at my own time, or not at all."""
    of = KINDS.get(kind) or abort(404)
    user, form = access.me(), OwnForm()
    form.offer(user)
    state = schedule_queries.my_state(user, of, now())
    form.way.choices = _ways(of, bool(state.house))
    if not form.is_submitted():
        form.way.data = state.way if state.way in dict(_pairs(form)) else NONE
        form.skip_empty.data = state.skip_empty
        if state.own is not None:
            form.show(state.own)
        return _page(form, of, state, 200)
    if not form.validate() or not _saved(form, of, user):
        return _page(form, of, state, 422)
    flash(_("Your choice is saved."))
    return redirect(url_for("digest.index"))


def _pairs(form: OwnForm) -> list[tuple[str, str]]:
    return [(choice.value, choice.label) for choice in form.way.choices]


def _ways(kind: Kind, house: bool) -> list[Any]:
    """At once is of one's own making where the house tells nobody; so is what it does not send."""
    titles = WAYS if kind.timed else WAYS | {OWN: _l("Of what I choose")}
    return choices((key, str(text)) for key, text in titles.items() if house or key != HOUSE)


def _saved(form: OwnForm, kind: Kind, user: User) -> bool:
    """Keep the choice; False with what is wrong at the fields."""
    try:
        with access.writing("digest.subscription"):
            if form.way.data == HOUSE:
                schedule_operations.as_the_house(user, kind, now())
            elif form.way.data == OWN:
                schedule_operations.at_own_time(user, *_chosen(form, kind, user), now())
            else:
                schedule_operations.stop(user, kind, now())
            schedule_operations.skip_empty(user, kind, bool(form.skip_empty.data), now())
    except Faulty as faulty:
        form.blame(faulty.faults)
        return False
    except IntegrityError:
        # The same person has made the first one in another window at the same moment.
        form.form_errors = [text_of(InputError("record.conflict"))]
        return False
    return True


def _chosen(form: OwnForm, kind: Kind, user: User) -> tuple[kinds.Timing, str]:
    timing = form.timing(kind)
    offered = {choice.value for choice in form.events.choices}
    if kind.timed:
        return timing, ""
    try:
        events = read_events([key for key in form.events.data or [] if key in offered])
    except InputError as error:
        raise Faulty({"events": error}) from error
    if not events:
        raise Faulty({"events": InputError("digest.no_event")})
    return timing, events


def _page(form: OwnForm, kind: Kind, state: Any, status: int) -> Answer:
    page = render_template(
        "digest/own.html",
        form=form,
        kind=kind,
        state=state,
        zones=sorted(kinds.zones()),
        comes=comes,
    )
    return page, status


@blueprint.route("/digests/pause", methods=["GET", "POST"])
@access.signed_in
def pause() -> Answer:
    """Get nothing during a leave; the first mail after it tells of all that time."""
    user, form = access.me(), PauseForm()
    row = schedule_queries.pause_of(user)
    if not form.is_submitted():
        if row is not None and row.ends_at > now():
            form.first.process_data(local_date(row.begins_at))
            form.last.process_data(local_date(row.ends_at - DAY))
        return render_template("digest/pause.html", form=form)
    if not form.validate() or not _paused(form, user):
        return render_template("digest/pause.html", form=form), 422
    flash(_("The pause is saved."))
    return redirect(url_for("digest.index"))


def _paused(form: PauseForm, user: User) -> bool:
    days = (form.first.day, form.last.day)
    missing = [field for field, day in zip((form.first, form.last), days, strict=True) if not day]
    for field in missing:
        field.errors = [text_of(InputError("digest.pause_day"))]
    if days[0] is None or days[1] is None:
        return False
    try:
        with access.writing("digest.pause"):
            schedule_operations.pause(user, days[0], days[1], now())
    except Faulty as faulty:
        for name, error in faulty.faults.items():
            form[name].errors = [text_of(error)]
        return False
    return True


@blueprint.post("/digests/pause/end")
@access.signed_in
def end_pause() -> Response:
    """Get everything again from now on."""
    with access.writing("digest.pause"):
        schedule_operations.end_pause(access.me(), now())
    flash(_("The pause has ended: the next digest tells of all that time."))
    return redirect(url_for("digest.index"))
