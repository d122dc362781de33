"""What is done with digests: runs are planned, people unsubscribe and come back, ticks noted."""

import datetime as dt
import secrets
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from portfolio.digest import (
    audience_queries,
    faults,
    isolation_operations,
    queries,
    schedule_queries,
    slots,
    writing_operations,
)
from portfolio.digest.audience_queries import Recipient
from portfolio.digest.kinds import Origin
from portfolio.digest.models import (
    DigestMessage,
    DigestRun,
    DigestSchedule,
    DigestSubscription,
    SchedulerTick,
)
from portfolio.digest.shared_queries import Shared
from portfolio.digest.states import MessageState, Reason, RunState
from portfolio.extensions import db, unit_of_work
from portfolio.holidays.queries import calendar
from portfolio.people.models import User

# Long enough to compose a batch; renewed with each one.
PLANNING_LEASE = dt.timedelta(minutes=10)
BATCH = 25


def changed_rows(statement: sa.Update) -> int:
    """Run a fenced update inside the unit of work and answer how many rows it found."""
    result = db.session.execute(statement)
    return result.rowcount if isinstance(result, sa.CursorResult) else 0


class LostClaim(Exception):
    """Another process has taken the work over; this one must stop."""


def plan_due(clock: slots.Clock, stopping: Callable[[], bool] = lambda: False) -> int:
    """Plan whatever is due, and finish what a dead planner left; answers how many mails.

    Told to stop, it ends after the present batch and leaves the rest to whoever comes next.
    """
    now, planned, shared = clock(), 0, Shared()
    for left in queries.stalled(now, PLANNING_LEASE):
        with isolation_operations.alone(f"the planning of run {left.id}"):
            run = _resumed(left, clock())
            planned += _fill(run, clock, stopping, shared) if run else 0
    # All that is due at one look tells up to the same moment, so that what is the same for many
    # readers is asked once, whether one schedule sends to them or each has their own.
    for schedule, due in schedule_queries.open_now(now):
        if stopping():
            break
        with isolation_operations.alone(f"the planning of schedule {schedule.id}"):
            run = _begun(schedule, due, now, clock())
            planned += _fill(run, clock, stopping, shared) if run else 0
    return planned


def _resumed(run: DigestRun, now: dt.datetime) -> DigestRun | None:
    """Take over a run whose planner died; its moment stays, so that nothing is told twice, unless it
    is one that a clock that was ahead has made and that has not come."""
    token = secrets.token_hex(16)
    with unit_of_work("digest.plan"):
        taken = changed_rows(
            sa.update(DigestRun)
            .where(DigestRun.id == run.id, DigestRun.claim_token == run.claim_token)
            .values(
                claim_token=token,
                lease_until=now + PLANNING_LEASE,
                planned_at=min(run.planned_at, now),
            )
        )
    db.session.refresh(run)
    return run if taken else None


def _begun(
    schedule: DigestSchedule, due: slots.Due, now: dt.datetime, begun_at: dt.datetime
) -> DigestRun | None:
    """Open the run of the slot that is due at a look; None when another process was faster."""
    run = DigestRun(
        schedule_id=schedule.id,
        period=due.slot.period,
        due_at=due.slot.due,
        planned_at=now,
        late=due.late,
        missed=due.missed,
        claim_token=secrets.token_hex(16),
        lease_until=begun_at + PLANNING_LEASE,
    )
    try:
        with unit_of_work("digest.plan"):
            db.session.add(run)
            db.session.flush()
            _supersede(run)
    except IntegrityError:
        # The unique key decides: another process planned this period in the meantime.
        return None
    return run


def _supersede(run: DigestRun) -> None:
    """What an earlier run still tries to send is told by this one; its readers lose nothing."""
    earlier = sa.select(DigestRun.id).where(
        DigestRun.schedule_id == run.schedule_id,
        DigestRun.origin == Origin.SLOT.value,
        DigestRun.due_at < run.due_at,
    )
    db.session.execute(
        sa.update(DigestMessage)
        .where(DigestMessage.run_id.in_(earlier), DigestMessage.state == MessageState.PENDING.value)
        .values(
            state=MessageState.FAILED.value,
            reason=Reason.SUPERSEDED.value,
            # Within the time that this run's mails tell of.
            next_attempt_at=run.planned_at - slots.SETTLE,
        )
    )


def _fill(run: DigestRun, clock: slots.Clock, stopping: Callable[[], bool], shared: Shared) -> int:
    """Compose and keep a message for every reader who has none in this run."""
    schedule = db.session.get_one(DigestSchedule, run.schedule_id)
    done = queries.addressed(run.id) | queries.served(schedule, run.period)
    readers = [
        reader
        for reader in audience_queries.recipients(schedule, run.planned_at)
        if reader.since <= run.due_at and reader.user.id not in done
    ]
    ids = {reader.user.id for reader in readers}
    known = queries.known_until(schedule, ids, run.planned_at)
    until = queries.settled_until(run.planned_at)
    planned = 0
    try:
        for batch in _batches(readers):
            if stopping():
                return _let_go(run, clock(), planned)
            rows = [
                _wanted(
                    reader,
                    writing_operations.drafted(
                        *(schedule, run, reader, _since(schedule, run, reader, known)),
                        *(until, shared),
                    ),
                )
                for reader in batch
            ]
            with unit_of_work("digest.plan"):
                _hold(run, clock())
                db.session.execute(sa.insert(DigestMessage), rows)
                faults.reach("planning")
            planned += len(batch)
        with unit_of_work("digest.plan"):
            _hold(run, clock(), RunState.SENDING)
    except LostClaim:
        return planned
    return planned


def _since(
    schedule: DigestSchedule,
    run: DigestRun,
    reader: Recipient,
    known: Mapping[int, dt.datetime],
) -> dt.datetime:
    """From where on a reader is told: where the last one sent ended; else the slot before, or the
    one before the leave from which the reader is back."""
    if reader.user.id in known:
        return known[reader.user.id]
    moment = min(run.due_at, reader.away_from or run.due_at)
    return slots.before(schedule.timing.rule, calendar(), moment)


def _let_go(run: DigestRun, now: dt.datetime, planned: int) -> int:
    with unit_of_work("digest.plan"):
        _hold(run, now - PLANNING_LEASE)
    return planned


def _batches(readers: list[Recipient]) -> Iterator[list[Recipient]]:
    for start in range(0, len(readers), BATCH):
        yield readers[start : start + BATCH]


def _hold(run: DigestRun, now: dt.datetime, state: RunState = RunState.PLANNING) -> None:
    """Renew the lease in the same transaction as the messages; raise LostClaim without it."""
    held = changed_rows(
        sa.update(DigestRun)
        .where(
            DigestRun.id == run.id,
            DigestRun.claim_token == run.claim_token,
            DigestRun.state == RunState.PLANNING.value,
        )
        .values(state=state.value, lease_until=now + PLANNING_LEASE)
    )
    if held != 1:
        raise LostClaim


def _wanted(reader: Recipient, row: dict[str, Any]) -> dict[str, Any]:
    """The row, skipped where it tells nothing and the reader wants no such mail."""
    if row.pop("empty") and reader.skip_empty:
        row |= {"state": MessageState.SKIPPED.value, "reason": Reason.EMPTY.value}
    return row


def choose(
    schedule_id: int, user_id: int, now: dt.datetime, subscribed: bool, how: str
) -> DigestSubscription:
    """Subscribe or unsubscribe a person; asked twice it changes nothing."""
    choice = schedule_queries.subscription(schedule_id, user_id)
    if choice is None:
        user = db.session.get_one(User, user_id)
        choice = DigestSubscription(
            schedule_id=schedule_id,
            user_id=user_id,
            since=user.created_at,
            skip_empty=False,
            changed_at=now,
            how=how,
        )
        db.session.add(choice)
    if subscribed != (choice.since is not None):
        choice.since = now if subscribed else None
        choice.changed_at, choice.how = now, how
    db.session.flush()
    return choice


def note_tick(now: dt.datetime, worker: str) -> None:
    """Say that a scheduler is alive; several of them share the one row."""
    with unit_of_work("scheduler.tick"):
        values = {"at": now, "worker": worker}
        seen = changed_rows(sa.update(SchedulerTick).where(SchedulerTick.id == 1).values(**values))
    if seen:
        return
    try:
        with unit_of_work("scheduler.tick"):
            db.session.execute(sa.insert(SchedulerTick).values(id=1, **values))
    except IntegrityError:
        # Another scheduler made the row at the same moment: its tick is as good.
        return
