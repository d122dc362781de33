"""Reads of schedules: which there are, what of them is due, which slots were missed."""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from portfolio.digest import audience_queries, slots
from portfolio.digest.kinds import KINDS, Kind, Origin, Timing
from portfolio.digest.models import (
    WEEKLY,
    DigestMessage,
    DigestPause,
    DigestRun,
    DigestSchedule,
    DigestSubscription,
)
from portfolio.digest.states import MessageState, Reason, RunState
from portfolio.extensions import db, remembered
from portfolio.holidays.queries import calendar
from portfolio.kernel.parts import in_parts
from portfolio.people.models import User


@dataclass(frozen=True)
class Missed:
    """A moment at which a schedule was due and nobody sent anything; `waiting` is how many of its
    mails were made and could not be handed over."""

    schedule: DigestSchedule
    period: str
    due: dt.datetime
    waiting: int = 0


@dataclass(frozen=True)
class Mine:
    """How one person gets the mail of a kind: `reached` is what sends to them."""

    kind: Kind
    own: DigestSchedule | None
    house: Sequence[DigestSchedule]
    reached: Sequence[DigestSchedule]
    skip_empty: bool
    coming: slots.Slot | None

    @property
    def way(self) -> str:
        """ "own" at a time of their own, "house" as the house sends it, "none" not at all."""
        if not self.reached:
            return "none"
        return "own" if self.reached[0].owner_id is not None else "house"


def schedules() -> Sequence[DigestSchedule]:
    """Every schedule that is switched on, the house's and people's own."""
    rows = sa.select(DigestSchedule).where(DigestSchedule.enabled).order_by(DigestSchedule.id)
    return remembered("digest.schedules", lambda: db.session.scalars(rows).all())


def timed() -> list[DigestSchedule]:
    """Those of them that come at set times."""
    return [schedule for schedule in schedules() if KINDS[schedule.kind].timed]


def watching() -> list[DigestSchedule]:
    """Those of them that tell at once what happens."""
    return [schedule for schedule in schedules() if not KINDS[schedule.kind].timed]


def as_it_stands(schedule_id: int) -> DigestSchedule:
    """A schedule as the database knows it this moment."""
    return db.session.scalars(
        sa.select(DigestSchedule)
        .where(DigestSchedule.id == schedule_id)
        .execution_options(populate_existing=True)
    ).one()


def weekly() -> DigestSchedule:
    """The weekly schedule that every installation has."""
    return db.session.scalars(sa.select(DigestSchedule).where(DigestSchedule.key == WEEKLY)).one()


def house() -> Sequence[DigestSchedule]:
    """The house's schedules, switched on or off, in the order of their kinds."""
    rows = sa.select(DigestSchedule).where(DigestSchedule.owner_id.is_(None))
    order = list(Kind)
    return remembered(
        "digest.house",
        lambda: sorted(
            db.session.scalars(rows), key=lambda row: (order.index(KINDS[row.kind]), row.id)
        ),
    )


def schedules_of(user: User) -> list[DigestSchedule]:
    """Those switched on that may send to a person: the house's and the person's own."""
    return [schedule for schedule in schedules() if schedule.owner_id in {None, user.id}]


def of_kind(kind: Kind) -> list[DigestSchedule]:
    """The house's schedules of a kind, those switched on first."""
    found = [row for row in house() if row.kind == kind.value]
    return sorted(found, key=lambda row: not row.enabled)


def own(user: User) -> dict[Kind, DigestSchedule]:
    """A person's own schedules, switched on or off."""
    rows = sa.select(DigestSchedule).where(DigestSchedule.owner_id == user.id)
    return remembered(
        ("digest.own", user.id),
        lambda: {KINDS[row.kind]: row for row in db.session.scalars(rows)},
    )


def meant_for(user: User, kind: Kind, now: dt.datetime) -> list[DigestSchedule]:
    """The house's schedules of a kind that are for this person, wanted or not."""
    return [
        row
        for row in house()
        if row.enabled
        and row.kind == kind.value
        and audience_queries.why_skip(row, user, now) is not Reason.NOT_MEANT
    ]


def reaching(user: User, kind: Kind, now: dt.datetime) -> list[DigestSchedule]:
    """What sends to this person by now: the own schedule of a kind, or else the house's."""
    mine = own(user).get(kind)
    found = [mine] if mine and mine.enabled else meant_for(user, kind, now)
    silent = {Reason.UNSUBSCRIBED, Reason.DISABLED, Reason.ROLE_LOST}
    return [row for row in found if audience_queries.why_skip(row, user, now) not in silent]


def my_state(user: User, kind: Kind, now: dt.datetime) -> Mine:
    """How a person gets the mail of a kind."""
    house_ones, reached = meant_for(user, kind, now), reaching(user, kind, now)
    away = pause_of(user)
    own_one = own(user).get(kind)
    choices = [subscription(row.id, user.id) for row in reached]
    return Mine(
        kind=kind,
        own=own_one,
        house=house_ones,
        reached=reached,
        skip_empty=any(choice and choice.skip_empty for choice in choices),
        coming=min(
            (slot for row in reached if kind.timed for slot in _reaching_slot(row, away, now)),
            key=lambda slot: slot.due,
            default=None,
        ),
    )


def _reaching_slot(
    schedule: DigestSchedule, away: DigestPause | None, now: dt.datetime
) -> list[slots.Slot]:
    """The next slot of a schedule that a leave lets through."""
    found = upcoming(schedule, now, 1)
    if away is None or not any(away.begins_at <= slot.due < away.ends_at for slot in found):
        return found
    return upcoming(schedule, away.ends_at - dt.timedelta.resolution, 1)


def own_counts() -> dict[str, int]:
    """How many people have a schedule of their own of each kind."""
    rows = db.session.execute(
        sa.select(DigestSchedule.kind, sa.func.count())
        .where(DigestSchedule.owner_id.is_not(None), DigestSchedule.enabled)
        .group_by(DigestSchedule.kind)
    )
    return {row[0]: row[1] for row in rows}


def subscription(schedule_id: int, user_id: int) -> DigestSubscription | None:
    """The person's own choice, or None while the default holds."""
    return db.session.scalar(
        sa.select(DigestSubscription).where(
            DigestSubscription.schedule_id == schedule_id, DigestSubscription.user_id == user_id
        )
    )


def pause_of(user: User) -> DigestPause | None:
    """The leave that the person has entered last."""
    return db.session.scalar(sa.select(DigestPause).where(DigestPause.user_id == user.id))


def _newest_due(schedule_id: Any, now: dt.datetime) -> sa.Select[dt.datetime]:
    """What a clock that was ahead let plan lies in the future, and keeps no slot before it back."""
    return sa.select(sa.func.max(DigestRun.due_at)).where(
        DigestRun.schedule_id == schedule_id,
        DigestRun.origin == Origin.SLOT.value,
        DigestRun.due_at <= now,
    )


def newest_due(schedule_id: int, now: dt.datetime) -> dt.datetime | None:
    """The moment of the newest slot of a schedule that was planned, of those that are due by now."""
    return db.session.scalar(_newest_due(schedule_id, now))


def _newest(now: dt.datetime) -> dict[int, dt.datetime | None]:
    """The same of all schedules: each is one look into the index."""
    newest = _newest_due(DigestSchedule.id, now).scalar_subquery()
    rows = db.session.execute(
        sa.select(DigestSchedule.id, sa.type_coerce(newest, DigestSchedule.since.type)).where(
            DigestSchedule.enabled
        )
    )
    return {row[0]: row[1] for row in rows}


Out = set[tuple[int, str]]


def planned(schedule_ids: Collection[int], periods: Collection[str]) -> Out:
    """Of these schedules the runs that there are of these periods: schedule and period."""
    run, found = DigestRun, set()
    for part in in_parts(schedule_ids):
        rows = sa.select(run.schedule_id, run.period).where(
            run.schedule_id.in_(part), run.period.in_(list(periods))
        )
        found |= {(row[0], row[1]) for row in db.session.execute(rows)}
    return found


def open_now(now: dt.datetime) -> Sequence[tuple[DigestSchedule, slots.Due]]:
    """What is to be planned at this moment, by schedule.

    Who gets it is asked last, of the few schedules that have an open slot, and of all of them at once.
    """
    days, newest = calendar(), _newest(now)

    def due(row: DigestSchedule, since: dt.datetime) -> slots.Due | None:
        return slots.due(row.timing.rule, days, now, newest.get(row.id), since)

    likely = [row for row in timed() if due(row, row.since)]
    begun = audience_queries.begun(likely, now)
    found = [(row, one) for row in likely if row.id in begun and (one := due(row, begun[row.id]))]
    out = _out([(row, one.slot) for row, one in found])
    return [
        (row, slots.Due(slot, one.late, one.missed))
        for row, one in found
        if (slot := _unplanned(row, one.slot, out))
    ]


def _keys(schedule: DigestSchedule, period: str) -> list[str]:
    """The keys that the run of a period may have. The day of a schedule may change after its period's
    digest: a second one comes only where somebody confirmed it, and once."""
    return [period] + [f"{period}~2"] * (schedule.again == period)


def _out(found: Sequence[tuple[DigestSchedule, slots.Slot]]) -> Out:
    keys = {key for row, slot in found for key in _keys(row, slot.period)}
    return planned({row.id for row, _ in found}, keys)


def _unplanned(schedule: DigestSchedule, slot: slots.Slot, out: Out) -> slots.Slot | None:
    """The slot under the key of its run; None when its period is out already."""
    keys = (key for key in _keys(schedule, slot.period) if (schedule.id, key) not in out)
    key = next(keys, None)
    return slots.Slot(key, slot.due) if key else None


def period_out(schedule: DigestSchedule, timing: Timing, now: dt.datetime) -> str:
    """The period whose digest is out although a new time of the schedule lies ahead in it; ""
    when there is none."""
    if schedule.id is None or not timing.kind.timed:
        return ""
    ahead = slots.upcoming(timing.rule, calendar(), now, 1)
    periods = [slot.period for slot in ahead]
    return next(iter(period for _, period in planned({schedule.id}, periods)), "")


def upcoming(schedule: DigestSchedule, now: dt.datetime, count: int = 3) -> list[slots.Slot]:
    """The next slots of a schedule as they will come."""
    rule, days = schedule.timing.rule, calendar()
    ahead = slots.upcoming(rule, days, now, count + 1)
    out = _out([(schedule, slot) for slot in ahead])
    return [slot for slot in ahead if _unplanned(schedule, slot, out)][:count]


def missed_slot(now: dt.datetime) -> Missed | None:
    """A slot that was due two hours ago and that nobody planned, what should have been told at once
    for as long, or mails that were made so long ago and wait."""
    for schedule, due in open_now(now):
        if now - due.slot.due >= slots.LATE_AFTER:
            return Missed(schedule, due.slot.period.partition("~")[0], due.slot.due)
    for schedule in watching():
        seen = schedule.watched_until or schedule.since
        if now - seen >= slots.LATE_AFTER:
            return Missed(schedule, "", seen)
    return _held_up(now)


def _held_up(now: dt.datetime) -> Missed | None:
    """The oldest run that nobody finished planning, or whose mails could not be handed over, for two
    hours. What a server put off itself is its business and ends by itself."""
    untried = sa.and_(
        DigestMessage.state.in_([MessageState.PENDING.value, MessageState.SENDING.value]),
        DigestMessage.deferrals == 0,
    )
    waiting = (
        sa.select(DigestMessage.run_id, sa.func.count().label("waiting"))
        .where(untried)
        .group_by(DigestMessage.run_id)
        .subquery()
    )
    found = db.session.execute(
        sa.select(DigestRun, sa.func.coalesce(waiting.c.waiting, 0))
        .outerjoin(waiting, waiting.c.run_id == DigestRun.id)
        .options(joinedload(DigestRun.schedule))
        .where(
            DigestRun.state.in_([RunState.PLANNING.value, RunState.SENDING.value]),
            DigestRun.planned_at <= now - slots.LATE_AFTER,
            sa.or_(waiting.c.run_id.is_not(None), DigestRun.state == RunState.PLANNING.value),
        )
        .order_by(DigestRun.id)
        .limit(1)
    ).first()
    if found is None:
        return None
    run, waiting_mails = found
    return Missed(run.schedule, run.label, run.due_at, waiting_mails)
