"""Pages of digests: my mails and choices, the preview, the runs, unsubscribing without log-in."""

import datetime as dt
from email import message_from_bytes, policy
from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    flash,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from portfolio.digest import (
    content_queries,
    operations,
    queries,
    schedule_queries,
    slots,
    states,
    template_letters,
)
from portfolio.digest.models import DigestMessage
from portfolio.extensions import csrf, db, unit_of_work
from portfolio.holidays.queries import calendar
from portfolio.people import access
from portfolio.people.models import User

blueprint = Blueprint("digest", __name__)

# A scheduler looks every minute; one that has not for this long is down or stuck.
ASLEEP_AFTER = dt.timedelta(minutes=5)

# A mail carries its styles at its elements, which the pages' own policy rightly forbids: it is
# shown alone in a frame that can run nothing and load nothing.
MAIL_POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'unsafe-inline'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'self'",
        "sandbox allow-popups allow-popups-to-escape-sandbox",
    )
)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@blueprint.get("/digests")
@access.signed_in
def index() -> str:
    """My mails, my choices, when the next ones come; for those who run the house, all runs."""
    user, now, schedule = access.me(), _now(), schedule_queries.weekly()
    days = calendar()
    coming = schedule_queries.upcoming(schedule, now)
    oversees = user.may("jobs.manage")
    return render_template(
        "digest/index.html",
        messages=queries.messages_of(user),
        choice=schedule_queries.subscription(schedule.id, user.id),
        coming=coming,
        unsure=[slot for slot in coming if not days.known(slot.due.year)],
        runs=queries.runs() if oversees else [],
        failures=queries.failures() if oversees else [],
        oversees=oversees,
        tick=queries.last_tick(),
        missed=None
        if oversees
        else schedule_queries.missed_slot(now),  # those have a banner everywhere
        outbox=not current_app.config["SMTP_HOST"],
        titles=_titles(),
    )


def late_banner(user: User) -> dict[str, Any] | None:
    """On every page of those who run the house: a slot that was missed by two hours."""
    missed = schedule_queries.missed_slot(_now()) if user.may("jobs.manage") else None
    return {"missed": missed} if missed else None


def scheduler_section() -> dict[str, Any]:
    """For the settings: when a scheduler last looked, how long ago, and whether that is too long."""
    tick = queries.last_tick()
    age = None if tick is None else max(dt.timedelta(0), _now() - tick)
    asleep = age is None or age > ASLEEP_AFTER
    return {"tick": tick, "age": age, "asleep": asleep}


def _titles() -> dict[str, Any]:
    return {
        "state": {state.value: state for state in states.MessageState},
        "run": {state.value: state for state in states.RunState},
        "reason": {reason.value: reason for reason in states.Reason},
        "verdict": {verdict.value: verdict for verdict in states.Verdict},
    }


@blueprint.post("/digests/subscription")
@access.signed_in
def subscribe() -> AnyResponse:
    """Get the weekly digest or not, and whether an empty week is worth a mail."""
    user, schedule = access.me(), schedule_queries.weekly()
    wanted = "subscribed" in request.form
    with access.writing("digest.subscription"):
        choice = operations.choose(schedule.id, user.id, _now(), wanted, "page")
        choice.skip_empty = "skip_empty" in request.form
    flash(_("Your choice is saved."))
    return redirect(url_for("digest.index"))


@blueprint.get("/digests/preview")
@access.signed_in
def preview() -> str:
    """What I would get now."""
    words, since, until, due = _preview(access.me())
    return render_template("digest/preview.html", words=words, since=since, until=until, due=due)


@blueprint.get("/digests/preview/content")
@access.signed_in
def preview_content() -> Response:
    """The preview's mail alone, for the frame."""
    return _mail_page(_preview(access.me())[0].html)


def _preview(
    user: User,
) -> tuple[template_letters.Written, dt.datetime, dt.datetime, dt.datetime | None]:
    """The mail, from when to when it tells, and when the digest is due that it would be part of:
    it bears the label of that one's week, which may be the next."""
    now, schedule = _now(), schedule_queries.weekly()
    earlier = slots.before(schedule.timing.rule, calendar(), now)
    since = queries.known_until(schedule, {user.id}).get(user.id, earlier)
    coming = schedule_queries.upcoming(schedule, now, 1)
    period = coming[0].period if coming else ""
    digest = content_queries.digest_for(user, period, since, now)
    return (
        template_letters.written(digest, user, schedule.id),
        since,
        now,
        coming[0].due if coming else None,
    )


@blueprint.get("/digests/messages/<int:message_id>")
@access.signed_in
def show(message_id: int) -> str:
    """One of my mails as it was sent, and every try to deliver it."""
    message = _own(message_id)
    return render_template(
        "digest/show.html",
        message=message,
        readable=queries.still_open(access.me(), message.mentions),
        attempts=queries.attempts_of(message.id),
        titles=_titles(),
    )


@blueprint.get("/digests/messages/<int:message_id>/content")
@access.signed_in
def content(message_id: int) -> Response:
    """The mail itself, while its reader may still see all that it names."""
    message = _own(message_id)
    if not queries.still_open(access.me(), message.mentions):
        abort(404)
    mail = message_from_bytes(message.mime, policy=policy.default)
    body = mail.get_body(("html",))
    return _mail_page(body.get_content() if body else "")


def _own(message_id: int) -> DigestMessage:
    message = queries.own_message(access.me(), message_id)
    if message is None:
        abort(404)
    return message


def _mail_page(html: str) -> Response:
    response = Response(html, mimetype="text/html")
    response.headers["Content-Security-Policy"] = MAIL_POLICY
    return response


@blueprint.get("/digests/unsubscribe/<token>")
@access.public
def unsubscribe(token: str) -> str | tuple[str, int]:
    """Ask first: link scanners fetch every address of a mail, and must change nothing."""
    if template_letters.read_token(token) is None:
        return render_template("digest/unsubscribe.html", state="unknown"), 404
    return render_template("digest/unsubscribe.html", state="ask")


@blueprint.post("/digests/unsubscribe/<token>")
@access.public
@csrf.exempt
def unsubscribe_post(token: str) -> str | tuple[str, int]:
    """End the subscription at once; mail programs post here themselves, without log-in.

    The signed token stands for the person, so no form token is asked for.
    """
    named = template_letters.read_token(token)
    if named is None or db.session.get(User, named[1]) is None:
        return render_template("digest/unsubscribe.html", state="unknown"), 404
    with unit_of_work("digest.unsubscribe", ip=access.client_ip()):
        operations.choose(*named, _now(), subscribed=False, how="link")
    return render_template("digest/unsubscribe.html", state="done")


@blueprint.get("/healthz/digest")
@access.public
def missed() -> Any:
    """503 when a slot was missed by two hours."""
    slot = schedule_queries.missed_slot(_now())
    if slot is None:
        return jsonify(digest="ok")
    return jsonify(digest="missed", period=slot.period, due=slot.due.isoformat()), 503


def scheduler_report() -> dict[str, Any]:
    """For /healthz: when a scheduler last looked."""
    tick = queries.last_tick()
    return {"last_tick": tick.isoformat() if tick else None}


def digest_report() -> dict[str, Any]:
    """For /healthz: the newest run."""
    run = queries.last_run()
    if run is None:
        return {"last": None}
    return {"last": run.period, "due": run.due_at.isoformat(), "state": run.state}
