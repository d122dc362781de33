"""Pages that show a mail before it is sent, for any period and any reader, and send one to oneself."""

from dataclasses import dataclass

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from portfolio.digest import hand_operations, preview_queries
from portfolio.digest.kinds import KINDS, TIMED, Kind
from portfolio.digest.views import blueprint, mail_page
from portfolio.digest.wording_views import issue
from portfolio.extensions import db, note_event
from portfolio.kernel.dates import parse_date
from portfolio.kernel.errors import InputError
from portfolio.kernel.numbers import short_number
from portfolio.people import access
from portfolio.people import queries as people
from portfolio.people.models import User
from portfolio.web.formatting import now
from portfolio.web.messages import text_of


@dataclass(frozen=True)
class Asked:
    """Whose mail of which kind and period; `wrong_day` says what is wrong with the day typed."""

    reader: User
    kind: Kind
    period: str
    wrong_day: str = ""


def _asked() -> Asked:
    """What the address asks for; somebody else's mail is for those who run the house."""
    me = access.me()
    kind = KINDS.get(request.args.get("kind", ""), Kind.WEEKLY)
    if not kind.timed:
        abort(404)
    reader = me
    person = short_number(request.args.get("person", ""))
    if person not in {None, me.id}:
        if not me.may("jobs.manage"):
            abort(403)
        reader = db.session.get(User, person) or abort(404)
    period, day = request.args.get("period", ""), request.args.get("day", "").strip()
    if not day:
        return Asked(reader, kind, period)
    try:
        return Asked(reader, kind, preview_queries.period_of(reader, kind, parse_date(day), now()))
    except InputError as error:
        return Asked(reader, kind, period, text_of(error))


@blueprint.get("/digests/preview")
@access.signed_in
def preview() -> str:
    """What I would get, now or in any period; those who run the house see what others would."""
    asked, me = _asked(), access.me()
    found = preview_queries.preview(asked.reader, me, asked.kind, asked.period, now())
    return render_template(
        "digest/preview.html",
        asked=asked,
        found=found,
        mine=asked.reader.id == me.id,
        kinds=TIMED,
        issue=issue,
        people=people.active_names() if me.may("jobs.manage") else {},
    )


@blueprint.get("/digests/preview/content")
@access.signed_in
def preview_content() -> Response:
    """The preview's mail alone, for the frame; looking at somebody else's is kept in the trail."""
    asked, me = _asked(), access.me()
    found = preview_queries.preview(asked.reader, me, asked.kind, asked.period, now())
    if found is None:
        abort(404)
    if asked.reader.id != me.id:
        with access.writing("digest.preview"):
            said = {"kind": asked.kind.value, "period": found.period}
            note_event("digest.preview", "user", asked.reader.id, said)
    return mail_page(found.words.html)


@blueprint.post("/digests/trial")
@access.signed_in
def trial() -> AnyResponse:
    """Send me the mail of a kind and a period ("" for the coming one) as its preview shows it."""
    kind = KINDS.get(request.form.get("kind", ""), Kind.WEEKLY)
    period = request.form.get("period", "")
    schedule = preview_queries.source(access.me(), kind, now())
    if schedule is None or not kind.timed:
        abort(404)
    try:
        with access.writing("digest.trial"):
            hand_operations.try_out(schedule, access.me(), now(), period)
        flash(
            _("It is on its way to you: it leaves with the scheduler's next look, within a minute.")
        )
    except InputError as error:
        flash(text_of(error), "error")
    return redirect(url_for("digest.preview", kind=kind.value, period=period or None))
