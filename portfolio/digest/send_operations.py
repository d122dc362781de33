"""The rows decide who sends: a message is claimed, held by its token, and concluded once."""

import datetime as dt
import secrets
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from portfolio.digest import (
    audience_queries,
    operations,
    queries,
    robot_queries,
    schedule_queries,
    states,
    writing_operations,
)
from portfolio.digest.kinds import KINDS, Origin
from portfolio.digest.models import DeliveryAttempt, DigestMessage, DigestRun, DigestSchedule
from portfolio.digest.states import MessageState, Reason, RunState
from portfolio.extensions import db, unit_of_work


@dataclass(frozen=True)
class Claimed:
    """A message that this process alone may send until its lease ends."""

    id: int
    token: str
    number: int
    run_id: int
    schedule_id: int
    period: str
    origin: str
    recipient_id: int
    address: str
    message_id: str
    mentions: str
    window_from: dt.datetime
    window_to: dt.datetime
    planned_at: dt.datetime
    due_at: dt.datetime
    deferrals: int
    maybe_duplicate: bool
    mime: bytes


def claim(now: dt.datetime, worker: str) -> Claimed | None:
    """Take the message that waits longest, or one whose sender died; None when none is due.

    A sender that died after it began to hand over the mail may have delivered it: the next
    attempt is flagged as a possible repeat.
    """
    with unit_of_work("digest.claim"):
        row = db.session.execute(_claimable(now)).first()
        if row is None:
            return None
        job = _claimed(row)
        db.session.execute(
            sa.update(DigestMessage)
            .where(DigestMessage.id == job.id)
            .values(
                state=MessageState.SENDING.value,
                claim_token=job.token,
                lease_until=now + states.LEASE,
                attempts=job.number,
                deferrals=job.deferrals,
                # Should this sender die, the mails that nobody has tried yet come first.
                next_attempt_at=now,
                data_started_at=None,
                maybe_duplicate=job.maybe_duplicate,
            )
        )
        db.session.execute(
            sa.insert(DeliveryAttempt).values(
                message_id=job.id,
                number=job.number,
                worker=worker,
                started_at=now,
                verdict="",
                text="",
            )
        )
    return job


def _claimed(row: sa.Row[Any]) -> Claimed:
    values = dict(row._mapping)
    interrupted = values.pop("data_started_at") is not None
    # An interrupted one counts like one that was put off, or a mail that brings the sender down
    # would come again for ever.
    values["deferrals"] += interrupted
    values["maybe_duplicate"] |= interrupted
    return Claimed(token=secrets.token_hex(16), number=values.pop("attempts") + 1, **values)


def _claimable(now: dt.datetime) -> Any:
    waiting = sa.and_(
        DigestMessage.state == MessageState.PENDING.value,
        sa.or_(
            DigestMessage.next_attempt_at <= now,
            # A clock that was ahead said when: no pause is as long.
            DigestMessage.next_attempt_at > now + 2 * states.LONGEST_PAUSE,
        ),
    )
    abandoned = sa.and_(
        DigestMessage.state == MessageState.SENDING.value, DigestMessage.lease_until <= now
    )
    return (
        sa.select(
            DigestMessage.id,
            DigestMessage.run_id,
            DigestMessage.recipient_id,
            DigestMessage.address,
            DigestMessage.message_id,
            DigestMessage.mentions,
            DigestMessage.window_from,
            DigestMessage.window_to,
            DigestMessage.attempts,
            DigestMessage.deferrals,
            DigestMessage.maybe_duplicate,
            DigestMessage.data_started_at,
            DigestMessage.mime,
            DigestRun.schedule_id,
            DigestRun.period,
            DigestRun.origin,
            DigestRun.planned_at,
            DigestRun.due_at,
        )
        .join(DigestRun, DigestRun.id == DigestMessage.run_id)
        .where(sa.or_(waiting, abandoned))
        .order_by(DigestMessage.next_attempt_at, DigestMessage.id)
        .limit(1)
        # SQLite has taken its one write lock already; PostgreSQL passes over rows others hold.
        .with_for_update(skip_locked=True, of=DigestMessage)
    )


def _held(job: Claimed) -> sa.ColumnElement[bool]:
    """The fence: nothing is written about a message that another process has claimed since."""
    return sa.and_(
        DigestMessage.id == job.id,
        DigestMessage.claim_token == job.token,
        DigestMessage.state == MessageState.SENDING.value,
    )


def begin_data(job: Claimed, now: dt.datetime) -> bool:
    """Note that the mail itself goes out now; False when the claim was lost: do not send."""
    with unit_of_work("digest.send"):
        changed = operations.changed_rows(
            sa.update(DigestMessage)
            .where(_held(job))
            .values(data_started_at=now, lease_until=now + states.DATA_LEASE)
        )
    return changed == 1


def obstacle(job: Claimed, now: dt.datetime) -> Reason | None:
    """Why the message must not go out any more, asked right before sending."""
    if _superseded(job, now):
        return Reason.SUPERSEDED
    if now - job.planned_at > states.OLDEST or job.deferrals >= states.MAX_DEFERRALS:
        return Reason.EXPIRED
    user = queries.recipient_now(job.recipient_id)
    if job.origin == Origin.HAND.value:
        return audience_queries.why_never(user)
    schedule = schedule_queries.as_it_stands(job.schedule_id)
    return audience_queries.why_skip(schedule, user, now)


def _superseded(job: Claimed, now: dt.datetime) -> bool:
    """Whether a later digest tells of the same; what no clock began stands by itself."""
    if job.origin != Origin.SLOT.value:
        return False
    newest = schedule_queries.newest_due(job.schedule_id, now)
    return newest is not None and newest > job.due_at


def refreshed(job: Claimed) -> bytes | Reason:
    """The bytes to send, or why none are: the frozen ones while the reader may see all they tell.

    When something was closed to the reader since, the mail is composed again under the same
    Message-ID; so is what a robot that has moved to another platform tells, whose format is
    another one. Nothing is sent when the claim was lost, or when the old bytes may be out already:
    two different mails under one id would be worse than none.
    """
    user = queries.recipient_now(job.recipient_id)
    if user is None:
        return Reason.WITHDRAWN
    platform = robot_queries.platform_of(user)
    moved = platform and platform != queries.platform_in(job.mentions)
    if not moved and queries.as_it_may_leave(user, job.mentions):
        return job.mime
    if job.maybe_duplicate and not moved:
        return Reason.WITHDRAWN
    run = db.session.get_one(DigestRun, job.run_id)
    schedule = schedule_queries.as_it_stands(job.schedule_id)
    values = writing_operations.composed(
        schedule, run, user, job.window_from, job.window_to, job.message_id
    )
    if values.pop("empty") and not _wanted_empty(job, schedule):
        return Reason.EMPTY
    with unit_of_work("digest.compose"):
        changed = operations.changed_rows(
            sa.update(DigestMessage).where(_held(job)).values(**values)
        )
    return bytes(values["mime"]) if changed else Reason.WITHDRAWN


def _wanted_empty(job: Claimed, schedule: DigestSchedule) -> bool:
    """Whether a mail that tells nothing goes out: what somebody tries out does, what is told at once
    does not, and of others the reader decides."""
    if job.origin == Origin.HAND.value:
        return True
    choice = schedule_queries.subscription(schedule.id, job.recipient_id)
    return KINDS[schedule.kind].timed and not (choice and choice.skip_empty)


def give_up(job: Claimed, reason: Reason, now: dt.datetime) -> MessageState:
    """End a message without sending it: skipped for the reader's sake, else failed."""
    ended = reason in {Reason.EXPIRED, Reason.SUPERSEDED}
    state = MessageState.FAILED if ended else MessageState.SKIPPED
    with unit_of_work("digest.conclude"):
        db.session.execute(
            sa.update(DigestMessage)
            .where(_held(job))
            .values(state=state.value, reason=reason.value, next_attempt_at=now)
        )
        _end_attempt(job, now, states.Outcome(states.Verdict.LOST_CLAIM, None, reason.value))
    return state


def conclude(
    job: Claimed, outcome: states.Outcome, now: dt.datetime, random: float
) -> MessageState | None:
    """Write down what became of an attempt; None when the claim was lost in the meantime."""
    age = now - job.planned_at
    then = states.after(outcome, job.deferrals, age, random, job.maybe_duplicate)
    sent = then.state is MessageState.SENT
    with unit_of_work("digest.conclude"):
        changed = operations.changed_rows(
            sa.update(DigestMessage)
            .where(_held(job))
            .values(
                state=then.state.value,
                reason=then.reason.value if then.reason else "",
                next_attempt_at=now + (then.pause or dt.timedelta(0)),
                deferrals=job.deferrals + then.deferral,
                maybe_duplicate=job.maybe_duplicate or then.maybe_duplicate,
                data_started_at=now if sent else None,
                sent_at=now if sent else None,
                last_code=outcome.code,
                last_text=outcome.text[:500],
            )
        )
        _end_attempt(job, now, outcome)
    return then.state if changed else None


def _end_attempt(job: Claimed, now: dt.datetime, outcome: states.Outcome) -> None:
    db.session.execute(
        sa.update(DeliveryAttempt)
        .where(DeliveryAttempt.message_id == job.id, DeliveryAttempt.number == job.number)
        .values(
            ended_at=now,
            verdict=outcome.verdict.value,
            code=outcome.code,
            text=outcome.text[:500],
        )
    )


def settle_runs(now: dt.datetime) -> None:
    """Close the runs of which no message waits any more."""
    unsettled = db.session.scalars(
        sa.select(DigestRun.id).where(DigestRun.state == RunState.SENDING.value)
    ).all()
    for run_id in unsettled:
        found = db.session.scalars(
            sa.select(DigestMessage.state).where(DigestMessage.run_id == run_id).distinct()
        )
        state = states.run_state(frozenset(MessageState._value2member_map_[v] for v in found))
        if state is not RunState.SENDING:
            _close(run_id, state, now)


def _close(run_id: int, state: RunState, now: dt.datetime) -> None:
    with unit_of_work("digest.close"):
        db.session.execute(
            sa.update(DigestRun)
            .where(DigestRun.id == run_id, DigestRun.state == RunState.SENDING.value)
            .values(state=state.value, finished_at=now)
        )
