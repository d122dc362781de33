"""Pages of the house's schedules: which there are, and one with whom it goes to and when."""

from collections.abc import Iterable
from functools import partial
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.wrappers import Response

from portfolio.digest import audience_queries, kinds, schedule_operations, schedule_queries
from portfolio.digest.events import read_events
from portfolio.digest.forms import HouseForm
from portfolio.digest.kinds import KINDS, Faulty, Kind
from portfolio.digest.models import DigestSchedule
from portfolio.digest.schedule_operations import Wish
from portfolio.digest.views import blueprint, unsure
from portfolio.digest.wording_views import audience, comes, issue, moment
from portfolio.extensions import db
from portfolio.kernel.errors import InputError
from portfolio.people import access
from portfolio.people import queries as people
from portfolio.web.formatting import now, title_of
from portfolio.web.messages import text_of

Answer = str | Response | tuple[str, int]


def _said(schedule: DigestSchedule) -> dict[str, Any]:
    """Whom a schedule goes to and when next."""
    coming = schedule_queries.upcoming(schedule, now()) if KINDS[schedule.kind].timed else []
    return {
        "schedule": schedule,
        "coming": coming,
        "unsure": unsure(coming),
        "reach": audience_queries.reach(schedule, now()),
    }


@blueprint.get("/digests/schedules")
@access.permit("jobs.manage")
def schedules() -> str:
    """The house's schedules, each with its next times and whom it goes to."""
    rows = schedule_queries.house()
    return render_template(
        "digest/schedules.html",
        rows=[_said(schedule) for schedule in rows],
        kinds=Kind,
        titles=KINDS,
        comes=comes,
        clock=moment,
        issue=issue,
        audience=partial(audience, names=people.names_of(_named(rows))),
        own=schedule_queries.own_counts(),
    )


def _named(rows: Iterable[DigestSchedule]) -> set[int]:
    return {member.user_id for row in rows for member in row.members}


@blueprint.route("/digests/schedules/new/<kind>", methods=["GET", "POST"])
@access.permit("jobs.manage")
def new_schedule(kind: str) -> Answer:
    """Enter a schedule of a kind."""
    form = HouseForm()
    form.offer()
    if not form.is_submitted():
        form.enabled.data = True
        return _page(form, _kind(kind), None, 200)
    return _enter(form, _kind(kind), None)


@blueprint.route("/digests/schedules/<int:schedule_id>", methods=["GET", "POST"])
@access.permit("jobs.manage")
def schedule(schedule_id: int) -> Answer:
    """Change a schedule of the house."""
    row = db.session.get(DigestSchedule, schedule_id)
    if row is None or row.owner_id is not None:
        abort(404)
    form = HouseForm()
    form.offer()
    if not form.is_submitted():
        form.show(row)
        return _page(form, KINDS[row.kind], row, 200, row)
    return _enter(form, KINDS[row.kind], row)


def _kind(key: str) -> Kind:
    return KINDS.get(key) or abort(404)


def _enter(form: HouseForm, kind: Kind, row: DigestSchedule | None) -> Answer:
    """Check first: whom it will go to and when is seen before it is saved."""
    wish = _wish(form, kind, row) if form.validate() else None
    if wish is None:
        return _page(form, kind, row, 422)
    if "save" not in request.form:
        return _page(form, kind, row, 200, schedule_operations.drafted(wish, row, now()), wish)
    try:
        with access.writing("digest.schedule"):
            schedule_operations.save(wish, row, form.version.seen, now())
    except StaleDataError:
        db.session.expire_all()
        form.form_errors = [text_of(InputError("record.conflict"))]
        fresh = db.session.get(DigestSchedule, row.id) if row else None
        form.version.data = fresh.version if fresh else 0
        return _page(form, kind, fresh, 409)
    flash(_("The schedule is saved."))
    return redirect(url_for("digest.schedules"))


def _wish(form: HouseForm, kind: Kind, row: DigestSchedule | None) -> Wish | None:
    """What was entered; None when something is wrong with it, which the form then says."""
    faults: dict[str, InputError] = {}
    try:
        timing = form.timing(kind)
    except Faulty as faulty:
        faults, timing = dict(faulty.faults), kinds.Timing(kind)
    try:
        events = read_events(form.events.data or [])
    except InputError as error:
        faults["events"], events = error, ""
    wish = Wish(
        timing=timing,
        name=" ".join((form.name.data or "").split()),
        roles=form.roles.data or [],
        people=form.people.data or [],
        events=events,
        enabled=bool(form.enabled.data),
        again=bool(form.again.data),
    )
    try:
        schedule_operations.check(wish, row)
    except Faulty as faulty:
        faults = {**faulty.faults, **faults}
    form.blame(faults)
    return None if faults else wish


def _page(
    form: HouseForm,
    kind: Kind,
    row: DigestSchedule | None,
    status: int,
    shown: DigestSchedule | None = None,
    wish: Wish | None = None,
) -> Answer:
    page = render_template(
        "digest/schedule.html",
        form=form,
        kind=kind,
        row=row,
        checked=wish is not None,
        shown=_said(shown) if shown else None,
        out=schedule_queries.period_out(row, wish.timing, now()) if wish and row else "",
        title=title_of(row.title) if row else "",
        clock=moment,
        issue=issue,
        zones=sorted(kinds.zones()),
    )
    return page, status
