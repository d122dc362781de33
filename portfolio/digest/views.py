"""The page of one's digests, unsubscribing without log-in, and what is told of health."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, render_template

from portfolio.digest import (
    archive_queries,
    operations,
    queries,
    schedule_operations,
    schedule_queries,
    states,
    template_letters,
)
from portfolio.digest.archive_queries import Wanted
from portfolio.digest.delivery import outbox_folder
from portfolio.digest.kinds import KINDS, ORIGINS, Kind
from portfolio.digest.models import DigestPause, DigestSchedule
from portfolio.digest.schedule_queries import Missed
from portfolio.digest.slots import Slot
from portfolio.digest.wording_views import comes, issue, issue_of, moment
from portfolio.extensions import csrf, db, unit_of_work
from portfolio.holidays.queries import calendar
from portfolio.kernel.calendar import DAY
from portfolio.kernel.dates import local_date
from portfolio.people import access
from portfolio.people.models import User

blueprint = Blueprint("digest", __name__)

MOST_SHOWN = 8
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
    user, now = access.me(), _now()
    mine = [schedule_queries.my_state(user, kind, now) for kind in Kind]
    coming = [state.coming for state in mine if state.coming]
    oversees = user.may("jobs.manage")
    return render_template(
        "digest/index.html",
        messages=archive_queries.newest(Wanted(user.id), MOST_SHOWN),
        mine=mine,
        pause=_pause(user, now),
        moment=now,
        unsure=unsure(coming),
        runs=archive_queries.runs() if oversees else [],
        failures=archive_queries.failures() if oversees else [],
        oversees=oversees,
        tick=queries.last_tick(),
        # Those who run the house have a banner on every page.
        late=None if oversees else _late(schedule_queries.missed_slot(now)),
        outbox="" if current_app.config["SMTP_HOST"] else outbox_folder(current_app.config),
        titles=titles(),
        comes=comes,
        clock=moment,
        day=DAY,
    )


def _pause(user: User, now: dt.datetime) -> DigestPause | None:
    """The leave that holds or lies ahead."""
    row = schedule_queries.pause_of(user)
    return row if row is not None and row.ends_at > now else None


def unsure(coming: Iterable[Slot]) -> bool:
    """Whether any of these slots lies in a year whose holidays are not known."""
    days = calendar()
    return any(not days.known(local_date(slot.due).year) for slot in coming)


def late_banner(user: User) -> dict[str, Any] | None:
    """On every page of those who run the house: a slot that was missed by two hours."""
    missed = schedule_queries.missed_slot(_now()) if user.may("jobs.manage") else None
    return _late(missed)


def _late(missed: Missed | None) -> dict[str, Any] | None:
    if missed is None:
        return None
    row = missed.schedule
    return {"missed": missed, "issue": issue(row.kind, missed.period, row.month_day)}


def scheduler_section() -> dict[str, Any]:
    """For the settings: when a scheduler last looked, how long ago, and whether that is too long."""
    tick = queries.last_tick()
    age = None if tick is None else max(dt.timedelta(0), _now() - tick)
    asleep = age is None or age > ASLEEP_AFTER
    return {"tick": tick, "age": age, "asleep": asleep}


def titles() -> dict[str, Any]:
    """What states, reasons, verdicts and origins are called, by their values, and the issue of a run."""
    return {
        "state": {state.value: state for state in states.MessageState},
        "run": {state.value: state for state in states.RunState},
        "reason": {reason.value: reason for reason in states.Reason},
        "verdict": {verdict.value: verdict for verdict in states.Verdict},
        "origin": ORIGINS,
        "kind": KINDS,
        "issue": issue_of,
    }


def mail_page(html: str) -> Response:
    """A mail alone, for its frame."""
    response = Response(html, mimetype="text/html")
    response.headers["Content-Security-Policy"] = MAIL_POLICY
    return response


@blueprint.get("/digests/unsubscribe/<token>")
@access.public
def unsubscribe(token: str) -> str | tuple[str, int]:
    """Ask first: link scanners fetch every address of a mail, and must change nothing."""
    named = _named(token)
    if named is None:
        return _unsubscribing("unknown", None), 404
    schedule, user = named
    choice = schedule_queries.subscription(schedule.id, user.id)
    # Who has set a time of their own since gets that mail again.
    again = schedule_queries.reaching(user, KINDS[schedule.kind], _now())
    ended = choice is not None and choice.since is None and not again
    return _unsubscribing("ended" if ended else "ask", named)


@blueprint.post("/digests/unsubscribe/<token>")
@access.public
@csrf.exempt
def unsubscribe_post(token: str) -> str | tuple[str, int]:
    """End the mail of a kind at once, the house's and that of an own time, whichever the link came
    with; mail programs post here themselves, without log-in.

    The signed token stands for the person, so no form token is asked for.
    """
    named = _named(token)
    if named is None:
        return _unsubscribing("unknown", None), 404
    with unit_of_work("digest.unsubscribe", ip=access.client_ip()):
        schedule, user = named
        operations.choose(schedule.id, user.id, _now(), subscribed=False, how="link")
        schedule_operations.stop(user, KINDS[schedule.kind], _now(), how="link")
    return _unsubscribing("done", named)


def _named(token: str) -> tuple[DigestSchedule, User] | None:
    """The schedule and the person of a link, where there are both."""
    said = template_letters.read_token(token)
    if said is None:
        return None
    schedule, user = db.session.get(DigestSchedule, said[0]), db.session.get(User, said[1])
    return (schedule, user) if schedule and user else None


def _unsubscribing(state: str, named: tuple[DigestSchedule, User] | None) -> str:
    kind = KINDS[named[0].kind] if named else Kind.WEEKLY
    address = named[1].email if named else ""
    return render_template("digest/unsubscribe.html", state=state, kind=kind, address=address)


@blueprint.get("/healthz/digest")
@access.public
def missed() -> Any:
    """503 when a slot was missed by two hours."""
    slot = schedule_queries.missed_slot(_now())
    if slot is None:
        return jsonify(digest="ok")
    said: dict[str, Any] = {
        "kind": slot.schedule.kind,
        "period": slot.period,
        "due": slot.due.isoformat(),
    }
    if slot.waiting:
        return jsonify(digest="waiting", mails=slot.waiting, **said), 503
    return jsonify(digest="missed", **said), 503


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
