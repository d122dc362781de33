"""The ledger of all deals' ways, read from the event log once and then as it grows.

The log is append-only: as long as its length, its last number and that event's time are what the
ledger was made of, the ledger is the log's. When it grew, the deals with new events are read again;
anything else (events that were committed out of order, another database) makes it anew.
"""

import datetime as dt
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from flask import current_app

from portfolio.extensions import db
from portfolio.holidays.queries import calendar
from portfolio.kernel.calendar import CHINA, WorkCalendar
from portfolio.kernel.dates import local_date
from portfolio.people.models import User
from portfolio.pipeline.funnel import Happened, Ledger
from portfolio.pipeline.models import Deal, MoveKind, PipelineVersion, StageEvent
from portfolio.pipeline.sight_queries import visible

PART = 500
CARRY = MoveKind.CARRY.value
COLUMNS = (
    StageEvent.deal_id,
    StageEvent.id,
    StageEvent.to_stage,
    StageEvent.to_status,
    # As the driver has it: an object for each of many events would cost more than all the rest.
    sa.type_coerce(StageEvent.happened_at, sa.types.NullType()),
    StageEvent.reason_code,
    StageEvent.undoes_id,
    StageEvent.kind,
)
State = tuple[int, int, Any]


@dataclass
class _Kept:
    ledger: Ledger = field(default_factory=Ledger)
    calendar: WorkCalendar = CHINA
    state: State = (0, 0, None)
    lock: threading.Lock = field(default_factory=threading.Lock)


def ledger() -> Ledger:
    """The ways of all deals as the log has them now."""
    kept: _Kept = current_app.extensions.setdefault("funnel_ledger", _Kept())
    with kept.lock:
        state, days = _state(), calendar()
        if (state, days) != (kept.state, kept.calendar):
            new = _deals_since(kept.state, state) if days is kept.calendar else None
            if new is None:
                kept.ledger = Ledger(days)
            _read(kept.ledger, new)
            kept.state, kept.calendar = state, days
        return kept.ledger


def _state(upto: int | None = None) -> State:
    """How many events there are, the last one's number and when it was recorded."""
    query = sa.select(sa.func.count(), sa.func.max(StageEvent.id))
    if upto is not None:
        query = query.where(StageEvent.id <= upto)
    count, last = db.session.execute(query).one()
    row = db.session.scalar(sa.select(StageEvent.recorded_at).where(StageEvent.id == (last or 0)))
    return count, last or 0, row


def _deals_since(before: State, now: State) -> list[int] | None:
    """The deals with events since a state; None when the log is not what it was, and more."""
    if not before[0] or now[1] < before[1] or _state(before[1]) != before:
        return None
    query = sa.select(StageEvent.deal_id).where(StageEvent.id > before[1]).distinct()
    return list(db.session.scalars(query))


def _read(ledger: Ledger, deal_ids: Sequence[int] | None) -> None:
    """Take the ways of these deals (of all without any named) into the ledger."""
    query = sa.select(*COLUMNS).order_by(StageEvent.deal_id, StageEvent.id)
    if deal_ids is None:
        _take(ledger, db.session.execute(query.execution_options(yield_per=20_000)))
        return
    for start in range(0, len(deal_ids), PART):
        part = StageEvent.deal_id.in_(deal_ids[start : start + PART])
        _take(ledger, db.session.execute(query.where(part)))


def _take(ledger: Ledger, rows: Iterable[Any]) -> None:
    days: dict[Any, int] = {}
    for deal_id, found in groupby(rows, key=itemgetter(0)):
        events = []
        for _, number, stage, status, at, reason, undoes, kind in found:
            # An hour is on one local day everywhere.
            hour = at[:13] if isinstance(at, str) else at.toordinal() * 24 + at.hour
            day = days.get(hour)
            if day is None:
                day = days[hour] = _day(at)
            events.append(Happened(number, stage, status, day, reason, undoes, kind == CARRY))
        ledger.take(deal_id, events)


def _day(at: Any) -> int:
    instant = dt.datetime.fromisoformat(at) if isinstance(at, str) else at
    return local_date(instant.replace(tzinfo=dt.UTC)).toordinal()


def deals_of(user: User, key: str, permission: str = "deal.read") -> Sequence[int]:
    """The deals of a pipeline, of whatever version, that a person holds the permission over."""
    versions = sa.select(PipelineVersion.id).where(PipelineVersion.key == key)
    query = sa.select(Deal.id).where(Deal.pipeline_id.in_(versions), visible(user))
    if permission != "deal.read":
        query = query.where(visible(user, permission))
    return db.session.scalars(query.order_by(Deal.id)).all()
