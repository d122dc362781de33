"""Pages of the archive: messages and their attempts, sending one again, cancelling a run."""

from email import message_from_bytes, policy
from typing import Any

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from portfolio.digest import archive_queries, hand_operations, queries, robots, states
from portfolio.digest.archive_queries import Wanted
from portfolio.digest.kinds import KINDS, Kind
from portfolio.digest.models import DigestMessage
from portfolio.digest.views import blueprint, mail_page, titles
from portfolio.kernel.errors import InputError
from portfolio.kernel.numbers import short_number
from portfolio.people import access
from portfolio.people import queries as people
from portfolio.web.formatting import now
from portfolio.web.messages import text_of


@blueprint.get("/digests/archive")
@access.signed_in
def archive() -> str:
    """Every message: mine, or for those who run the house everybody's, by state, kind and person."""
    me = access.me()
    oversees = me.may("jobs.manage")
    wanted = _wanted(oversees)
    run = archive_queries.run(wanted.run_id) if oversees and wanted.run_id else None
    return render_template(
        "digest/archive.html",
        page=archive_queries.messages(wanted),
        wanted=wanted,
        run=run,
        cancellable=run is not None and archive_queries.may_be_cancelled(*run),
        oversees=oversees,
        people=people.names() if oversees else {},
        states=states.MessageState,
        kinds=Kind,
        titles=titles(),
    )


def _wanted(oversees: bool) -> Wanted:
    me = access.me()
    state, kind = request.args.get("state", ""), request.args.get("kind", "")
    return Wanted(
        recipient_id=short_number(request.args.get("person", "")) if oversees else me.id,
        state=state if state in states.MessageState._value2member_map_ else "",
        kind=kind if kind in KINDS else "",
        run_id=short_number(request.args.get("run", "")),
    )


@blueprint.get("/digests/messages/<int:message_id>")
@access.signed_in
def show(message_id: int) -> str:
    """One mail as it was sent, and every try to deliver it."""
    message = _message(message_id)
    return render_template("digest/show.html", **_shown(message))


def _shown(message: DigestMessage) -> dict[str, Any]:
    me = access.me()
    return {
        "message": message,
        "mine": message.recipient_id == me.id,
        "readable": queries.still_open(me, message.mentions),
        "attempts": archive_queries.attempts_of(message.id),
        "again": archive_queries.sent_again(message.id),
        "titles": titles(),
    }


@blueprint.get("/digests/messages/<int:message_id>/content")
@access.signed_in
def content(message_id: int) -> Response:
    """The mail itself, while whoever looks may see all that it names."""
    message = _message(message_id)
    if not queries.still_open(access.me(), message.mentions):
        abort(404)
    if message.recipient.robot:
        return mail_page(render_template("digest/post.html", words=robots.words_of(message.mime)))
    mail = message_from_bytes(message.mime, policy=policy.default)
    body = mail.get_body(("html",))
    return mail_page(body.get_content() if body else "")


def _message(message_id: int) -> DigestMessage:
    """One of my messages; any for those who run the house."""
    message, me = archive_queries.message(message_id), access.me()
    if message is None or (message.recipient_id != me.id and not me.may("jobs.manage")):
        abort(404)
    return message


@blueprint.post("/digests/messages/<int:message_id>/again")
@access.signed_in
def send_again(message_id: int) -> AnyResponse:
    """Send one that failed once more."""
    message = _message(message_id)
    try:
        with access.writing("digest.again"):
            fresh = hand_operations.send_again(message, now())
    except InputError as error:
        flash(text_of(error), "error")
        return redirect(url_for("digest.show", message_id=message_id))
    flash(_("It will be sent again with the scheduler's next look."))
    return redirect(url_for("digest.show", message_id=fresh.id))


@blueprint.post("/digests/runs/<int:run_id>/cancellation")
@access.permit("jobs.manage")
def cancel(run_id: int) -> AnyResponse:
    """Cancel a run of which nothing went out yet."""
    found = archive_queries.run(run_id) or abort(404)
    try:
        with access.writing("digest.cancel"):
            hand_operations.cancel(found[0], now())
        flash(_("The run is cancelled: the next one tells of all that time."))
    except InputError as error:
        flash(text_of(error), "error")
    return redirect(url_for("digest.archive", run=run_id))
