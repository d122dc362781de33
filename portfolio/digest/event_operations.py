"""What happened is told at once: the moment up to which was looked decides, and moves on only once."""

import datetime as dt
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from portfolio.digest import (
    audience_queries,
    event_queries,
    faults,
    isolation_operations,
    operations,
    queries,
    schedule_queries,
    writing_operations,
)
from portfolio.digest.audience_queries import Recipient
from portfolio.digest.kinds import Origin
from portfolio.digest.models import DigestMessage, DigestRun, DigestSchedule
from portfolio.digest.shared_queries import Shared
from portfolio.digest.slots import SETTLE, Clock
from portfolio.digest.states import MessageState, Reason, RunState
from portfolio.extensions import db, unit_of_work


def tell_events(clock: Clock, stopping: Callable[[], bool] = lambda: False) -> int:
    """Tell whoever asked for it what happened since the last look; answers how many mails.

    Each schedule looks from where it looked last. The run of a look has that moment as its key, and
    the moment moves on in the same transaction: of ten schedulers one finds it as it was.
    """
    now = clock()
    until = queries.settled_until(now)
    _come_back(now, until)
    behind = [row for row in schedule_queries.watching() if _seen(row) < until]
    if not behind:
        return 0
    stamps = event_queries.newest({key for row in behind for key in row.events.split()})
    back = event_queries.returned(min(map(_seen, behind)), until)
    told, idle, shared = 0, [], Shared()
    for schedule in behind:
        if stopping():
            return told
        last = [stamps[key] for key in schedule.events.split() if key in stamps]
        if not back and not any(stamp > _seen(schedule) for stamp in last):
            idle.append(schedule.id)
            continue
        with isolation_operations.alone(f"the mail at once of schedule {schedule.id}"):
            held = shared.once("held back", queries.held_back)
            rows = _drafts(schedule, until, held, shared)
            told += _keep(schedule, until, rows) if rows else 0
            if not rows:
                idle.append(schedule.id)
    _move_on(idle, until)
    return told


def _come_back(now: dt.datetime, until: dt.datetime) -> None:
    """Look from here where a clock that was ahead has let the look run ahead of it."""
    ahead = [row.id for row in schedule_queries.watching() if _seen(row) > now]
    if ahead:
        with unit_of_work("digest.plan"):
            db.session.execute(
                sa.update(DigestSchedule)
                .where(DigestSchedule.id.in_(ahead), DigestSchedule.watched_until > now)
                .values(watched_until=until)
            )


def _seen(schedule: DigestSchedule) -> dt.datetime:
    return schedule.watched_until or schedule.since


def _since(
    schedule: DigestSchedule, reader: Recipient, until: dt.datetime, held: dt.datetime | None
) -> dt.datetime:
    """From where on a reader is told: from the beginning of a leave that has ended since, or where a
    mail that was held back began."""
    seen = _seen(schedule)
    begins = [seen, held or seen]
    if reader.reason is None and reader.away_from and seen < reader.since <= until:
        begins.append(reader.away_from)
    return min(begins)


def _run(schedule: DigestSchedule, until: dt.datetime) -> DigestRun:
    seen = _seen(schedule)
    return DigestRun(
        schedule_id=schedule.id,
        period=f"{seen.astimezone(dt.UTC):%Y%m%dT%H%M%S.%fZ}",
        origin=Origin.EVENT.value,
        since=seen,
        due_at=until,
        planned_at=until,
        late=False,
        missed=0,
        state=RunState.SENDING.value,
        claim_token=secrets.token_hex(16),
        lease_until=until,
    )


def _drafts(
    schedule: DigestSchedule,
    until: dt.datetime,
    held: Mapping[tuple[int, int], dt.datetime],
    shared: Shared,
) -> list[dict[str, Any]]:
    """The messages of those who have something to be told. Who went on leave since the last look is
    told what happened before it when they are back: that mail is held back."""
    run, rows = _run(schedule, until), []
    for reader in audience_queries.audience(schedule, until + SETTLE):
        leaving = reader.reason is Reason.PAUSED and _leaves_after(reader, _seen(schedule))
        if reader.reason is not None and not leaving:
            continue
        since = _since(schedule, reader, until, held.get((schedule.id, reader.user.id)))
        row = writing_operations.drafted(schedule, run, reader, since, until, shared)
        if row.pop("empty"):
            continue
        if leaving:
            row |= {"state": MessageState.SKIPPED.value, "reason": Reason.PAUSED.value}
        rows.append(row)
    return rows


def _leaves_after(reader: Recipient, moment: dt.datetime) -> bool:
    return reader.away_from is not None and reader.away_from > moment


def _keep(schedule: DigestSchedule, until: dt.datetime, rows: Sequence[dict[str, Any]]) -> int:
    """Keep run and messages and move on, all or nothing; 0 where another process was faster."""
    seen, run = schedule.watched_until, _run(schedule, until)
    try:
        with unit_of_work("digest.plan"):
            moved = operations.changed_rows(
                sa.update(DigestSchedule)
                .where(DigestSchedule.id == schedule.id, _as_seen(seen))
                .values(watched_until=until)
            )
            if not moved:
                return 0
            db.session.add(run)
            db.session.flush()
            db.session.execute(
                sa.insert(DigestMessage), [{**row, "run_id": run.id} for row in rows]
            )
            faults.reach("planning")
    except IntegrityError:
        return 0
    return len(rows)


def _as_seen(seen: dt.datetime | None) -> sa.ColumnElement[bool]:
    column = DigestSchedule.watched_until
    return column.is_(None) if seen is None else column == seen


def _move_on(idle: Sequence[int], until: dt.datetime) -> None:
    """Note that nothing was to be told up to here; never back behind where another one looked."""
    if not idle:
        return
    watched = DigestSchedule.watched_until
    with unit_of_work("digest.plan"):
        db.session.execute(
            sa.update(DigestSchedule)
            .where(DigestSchedule.id.in_(idle), sa.or_(watched.is_(None), watched < until))
            .values(watched_until=until)
        )
