"""The page of what is due for me, and the private feed that calendar programs read."""

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.wrappers import Response as AnyResponse

from portfolio.agenda import operations, queries
from portfolio.agenda.entries import Kind, calendar_file
from portfolio.agenda.models import AgendaFeed
from portfolio.extensions import db
from portfolio.people import access
from portfolio.people.models import User
from portfolio.web.formatting import now, title_of, today
from portfolio.web.i18n import speaking, spoken

blueprint = Blueprint("agenda", __name__)

SHOWN = 30
KINDS = {kind.value: kind for kind in Kind}


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="agenda-feed")


def _address(feed: AgendaFeed | None) -> str:
    if feed is None:
        return ""
    token = _signer().dumps([feed.user_id, feed.serial])
    base = current_app.config["BASE_URL"].rstrip("/")
    return base + url_for("agenda.feed", token=token)


@blueprint.get("/agenda")
@access.signed_in
def index() -> str:
    """What is due for me, and the address of my feed."""
    user = access.me()
    found = queries.entries(user, today())
    coming = [entry for entry in found if entry.day >= today()]
    return render_template(
        "agenda/index.html",
        overdue=[e for e in found if e.day < today() and not e.appointment][-SHOWN:],
        coming=coming[:SHOWN],
        more=max(0, len(coming) - SHOWN),
        kinds=KINDS,
        address=_address(queries.feed_of(user.id)),
    )


@blueprint.post("/agenda/feed")
@access.signed_in
def open_feed() -> AnyResponse:
    """Open my feed, or give it a new address."""
    with access.writing("agenda.open"):
        operations.open_feed(access.me(), now())
    flash(_("The address below is new. An earlier one no longer works."))
    return redirect(url_for("agenda.index"))


@blueprint.post("/agenda/feed/end")
@access.signed_in
def end_feed() -> AnyResponse:
    """End my feed."""
    with access.writing("agenda.end"):
        operations.end_feed(access.me())
    flash(_("The feed has ended: calendars that follow it get nothing any more."))
    return redirect(url_for("agenda.index"))


@blueprint.get("/agenda/feed/<token>.ics")
@access.public
def feed(token: str) -> AnyResponse:
    """The feed of whoever the address was made for, as they may see it now.

    One answer to every address that does not hold: what was ended, or whose person left, is as
    unknown as what never was.
    """
    user = _owner(token) or abort(404)
    with speaking(spoken(user.locale)):
        content = calendar_file(
            queries.entries(user, today()),
            _("Kawei: %(name)s", name=user.name),
            current_app.config["BASE_URL"].rstrip("/"),
            {kind.value: title_of(kind) for kind in Kind},
        )
    response = Response(content, mimetype="text/calendar")
    response.headers["Content-Disposition"] = 'inline; filename="kawei.ics"'
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["X-Robots-Tag"] = "noindex"
    response.add_etag()
    return response.make_conditional(request)


def _owner(token: str) -> User | None:
    try:
        user_id, serial = _signer().loads(token)
    except (BadSignature, TypeError, ValueError):
        return None
    kept = queries.feed_of(int(user_id))
    user = db.session.get(User, int(user_id))
    if kept is None or kept.serial != serial or user is None:
        return None
    return user if user.active and user.roles else None
