"""What people do to mail by hand: try one out, send a failed one again, cancel a run."""

import datetime as dt
import secrets
from typing import Any

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.exc import IntegrityError

from portfolio.digest import (
    audience_queries,
    letters,
    operations,
    preview_queries,
    writing_operations,
)
from portfolio.digest.kinds import KINDS, Origin
from portfolio.digest.models import DigestMessage, DigestRun, DigestSchedule
from portfolio.digest.states import MessageState, Reason, RunState
from portfolio.extensions import db, note_event
from portfolio.kernel.errors import InputError
from portfolio.people.models import User

BETWEEN_TRIALS = dt.timedelta(minutes=1)


def try_out(
    schedule: DigestSchedule, user: User, now: dt.datetime, period: str = ""
) -> DigestMessage:
    """Send a person the mail of a schedule for a period ("" for the coming one) as its preview shows it
    now, through the same rows as any other.

    It moves no window: the real one tells of the same again. Raises InputError within a minute
    of the last one, and where there is no such period yet; two at the same moment have the same key.
    """
    latest = sa.select(sa.func.max(DigestRun.planned_at)).join(DigestMessage)
    ours = latest.where(
        DigestRun.origin == Origin.HAND.value, DigestMessage.recipient_id == user.id
    )
    before = db.session.scalar(ours)
    if before is not None and now - before < BETWEEN_TRIALS:
        raise InputError("digest.too_soon")
    if reason := audience_queries.why_never(user):
        raise InputError("digest.not_open", reason=reason)
    found = preview_queries.window(user, schedule, KINDS[schedule.kind], period, now)
    if found is None:
        raise InputError("digest.no_period", first=preview_queries.EARLIEST.isoformat())
    key = f"{found.slot.period}~{user.id}-{now:%Y%m%d%H%M}"
    run = _run(schedule.id, key, Origin.HAND, now, "digest.too_soon")
    note_event("digest.trial", "digest_schedule", schedule.id, {"kind": schedule.kind})
    return _message(schedule, run, user, found.since, found.until)


def send_again(failed: DigestMessage, now: dt.datetime) -> DigestMessage:
    """Send what failed once more, as its reader may see it now: a new message in a run of its own.

    Raises InputError where it did not fail, was sent again already, or its reader may get none.
    """
    if failed.state != MessageState.FAILED.value:
        raise InputError("digest.not_failed")
    schedule = db.session.get_one(DigestSchedule, failed.run.schedule_id)
    user = db.session.get_one(User, failed.recipient_id)
    if reason := audience_queries.why_skip(schedule, user, now):
        raise InputError("digest.not_open", reason=reason)
    key = f"{failed.run.label}~{Origin.AGAIN.value}-{failed.id}"
    run = _run(schedule.id, key, Origin.AGAIN, now, "digest.sent_again")
    run.since = failed.run.since
    note_event("digest.again", "digest_message", failed.id, {"address": failed.address})
    return _message(schedule, run, user, failed.window_from, failed.window_to, failed.id)


def _run(schedule_id: int, key: str, origin: Origin, now: dt.datetime, taken: str) -> DigestRun:
    """A run of one message, ready to be sent. Raises InputError `taken` when there is one."""
    run = DigestRun(
        schedule_id=schedule_id,
        period=key,
        origin=origin.value,
        due_at=now,
        planned_at=now,
        late=False,
        missed=0,
        state=RunState.SENDING.value,
        claim_token=secrets.token_hex(16),
        lease_until=now,
    )
    db.session.add(run)
    try:
        db.session.flush()
    except IntegrityError as error:
        raise InputError(taken) from error
    return run


def _message(
    schedule: DigestSchedule,
    run: DigestRun,
    user: User,
    since: dt.datetime,
    until: dt.datetime,
    resend_of: int | None = None,
) -> DigestMessage:
    message_id = letters.new_message_id(current_app.config["MAIL_FROM"])
    values: dict[str, Any] = writing_operations.composed(
        schedule, run, user, since, until, message_id
    )
    values.pop("empty")
    message = DigestMessage(
        run_id=run.id,
        recipient_id=user.id,
        address=user.email,
        message_id=message_id,
        window_from=since,
        window_to=until,
        next_attempt_at=run.planned_at,
        resend_of=resend_of,
        **values,
    )
    db.session.add(message)
    db.session.flush()
    return message


def cancel(run: DigestRun, now: dt.datetime) -> None:
    """End a run before any of its mails went out. Raises InputError once one may have.

    A sender that holds one at this moment loses its claim before it sends the mail's data; one
    that was faster is seen here, after the rows are locked.
    """
    ended = operations.changed_rows(
        sa.update(DigestRun)
        .where(
            DigestRun.id == run.id,
            DigestRun.state.in_([RunState.PLANNING.value, RunState.SENDING.value]),
        )
        .values(state=RunState.CANCELLED.value, finished_at=now)
    )
    db.session.execute(
        sa.update(DigestMessage)
        .where(
            DigestMessage.run_id == run.id,
            DigestMessage.state.in_([MessageState.PENDING.value, MessageState.SENDING.value]),
            DigestMessage.data_started_at.is_(None),
            DigestMessage.maybe_duplicate.is_(False),
        )
        .values(state=MessageState.SKIPPED.value, reason=Reason.CANCELLED.value)
    )
    begun = sa.exists().where(
        DigestMessage.run_id == run.id, DigestMessage.state != MessageState.SKIPPED.value
    )
    if not ended or db.session.scalar(sa.select(begun)):
        raise InputError("digest.begun")
    note_event("digest.cancel", "digest_run", run.id, {"period": run.label})
