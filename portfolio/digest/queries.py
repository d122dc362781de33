"""Reads of digests: who is subscribed, what was planned and sent, what a person may look at."""

import datetime as dt
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import defer, joinedload

from portfolio.companies import queries as companies
from portfolio.companies.models import Company
from portfolio.digest import slots, states
from portfolio.digest.models import (
    WEEKLY,
    DeliveryAttempt,
    DigestMessage,
    DigestRun,
    DigestSchedule,
    DigestSubscription,
    SchedulerTick,
)
from portfolio.extensions import db
from portfolio.holidays.queries import calendar
from portfolio.people.models import User, UserRole
from portfolio.pipeline import sight_queries as sight

WINDOW = dt.timedelta(days=7)


@dataclass(frozen=True)
class Recipient:
    """A person who gets the digest, since when, and whether an empty one is wanted."""

    user: User
    since: dt.datetime
    skip_empty: bool


def schedules() -> Sequence[DigestSchedule]:
    """The schedules that are switched on."""
    return db.session.scalars(sa.select(DigestSchedule).where(DigestSchedule.enabled)).all()


def weekly() -> DigestSchedule:
    """The weekly schedule that every installation has."""
    return db.session.scalars(sa.select(DigestSchedule).where(DigestSchedule.key == WEEKLY)).one()


def timing(schedule: DigestSchedule) -> slots.Weekly:
    """When a schedule is due, for the pure part."""
    at = dt.time.fromisoformat(schedule.local_time)
    return slots.Weekly(schedule.weekday, at, ZoneInfo(schedule.zone))


def subscription(schedule_id: int, user_id: int) -> DigestSubscription | None:
    """The person's own choice, or None while the default holds."""
    return db.session.scalar(
        sa.select(DigestSubscription).where(
            DigestSubscription.schedule_id == schedule_id, DigestSubscription.user_id == user_id
        )
    )


def _subscribed(schedule_id: int, *columns: Any) -> sa.Select[Any]:
    """Columns of everybody with an open account and a role who has not opted out."""
    return (
        sa.select(*columns)
        .select_from(User)
        .outerjoin(
            DigestSubscription,
            sa.and_(
                DigestSubscription.user_id == User.id,
                DigestSubscription.schedule_id == schedule_id,
            ),
        )
        .where(
            User.active,
            User.id.in_(sa.select(UserRole.user_id)),
            sa.or_(DigestSubscription.id.is_(None), DigestSubscription.since.is_not(None)),
        )
    )


def recipients(schedule_id: int) -> list[Recipient]:
    """Everybody who gets the digest."""
    rows = db.session.execute(_subscribed(schedule_id, User, DigestSubscription).order_by(User.id))
    return [_recipient(user, choice) for user, choice in rows]


def begun(schedule_id: int) -> dt.datetime | None:
    """Since when somebody gets the digest; None while nobody does."""
    since = sa.func.min(sa.func.coalesce(DigestSubscription.since, User.created_at))
    return db.session.scalar(_subscribed(schedule_id, sa.type_coerce(since, User.created_at.type)))


def _recipient(user: User, choice: DigestSubscription | None) -> Recipient:
    if choice is None or choice.since is None:
        return Recipient(user, user.created_at, False)
    return Recipient(user, choice.since, choice.skip_empty)


def newest_due(schedule_id: int) -> dt.datetime | None:
    """The moment of the newest slot that was ever planned."""
    return db.session.scalar(
        sa.select(sa.func.max(DigestRun.due_at)).where(DigestRun.schedule_id == schedule_id)
    )


def run_of(schedule_id: int, period: str) -> DigestRun | None:
    """The run of a period."""
    return db.session.scalar(
        sa.select(DigestRun).where(DigestRun.schedule_id == schedule_id, DigestRun.period == period)
    )


def stalled(schedule_id: int, now: dt.datetime) -> DigestRun | None:
    """A run whose planner died in the middle."""
    return db.session.scalar(
        sa.select(DigestRun).where(
            DigestRun.schedule_id == schedule_id,
            DigestRun.state == states.RunState.PLANNING.value,
            DigestRun.lease_until <= now,
        )
    )


def addressed(run_id: int) -> set[int]:
    """Who has a message in this run already."""
    return set(
        db.session.scalars(
            sa.select(DigestMessage.recipient_id).where(DigestMessage.run_id == run_id)
        )
    )


def known_until(schedule_id: int, user_ids: Collection[int]) -> dict[int, dt.datetime]:
    """Up to when each reader was told, by the last digest that was sent to them."""
    rows = db.session.execute(
        sa.select(DigestMessage.recipient_id, sa.func.max(DigestMessage.window_to))
        .join(DigestRun, DigestRun.id == DigestMessage.run_id)
        .where(
            DigestRun.schedule_id == schedule_id,
            DigestMessage.recipient_id.in_(list(user_ids)),
            DigestMessage.state == states.MessageState.SENT.value,
        )
        .group_by(DigestMessage.recipient_id)
    )
    return {row[0]: row[1] for row in rows}


def recipient_now(user_id: int) -> User | None:
    """The person as the database knows them this moment."""
    return db.session.scalar(
        sa.select(User).where(User.id == user_id).execution_options(populate_existing=True)
    )


def why_skip(schedule_id: int, user: User | None) -> states.Reason | None:
    """Why this person gets nothing at this moment."""
    if user is None:
        return states.Reason.DISABLED
    since = db.session.execute(
        sa.select(DigestSubscription.since).where(
            DigestSubscription.schedule_id == schedule_id, DigestSubscription.user_id == user.id
        )
    ).first()
    return states.why_skip(user.active, bool(user.roles), since is None or since[0] is not None)


def mentions_of(content: Any) -> str:
    """What a digest names, as kept with the message."""
    found = {
        "deals": sorted(content.deal_ids),
        "terms": sorted(content.terms_ids),
        "companies": sorted(content.company_ids),
    }
    return json.dumps(found)


def still_open(user: User, mentions: str) -> bool:
    """Whether the person may still see everything that the mail names."""
    named: Mapping[str, list[int]] = json.loads(mentions)
    seen = db.session.scalars(
        sa.select(Company.id).where(Company.id.in_(named["companies"]), companies.visible(user))
    )
    return (
        sight.ids_with(user, "deal.read", named["deals"]) == set(named["deals"])
        and sight.ids_with(user, "deal.terms", named["terms"]) == set(named["terms"])
        and set(seen) == set(named["companies"])
    )


def messages_of(user: User, limit: int = 20) -> Sequence[DigestMessage]:
    """A person's own messages, newest first, without their bytes."""
    return db.session.scalars(
        sa.select(DigestMessage)
        .where(DigestMessage.recipient_id == user.id)
        .options(joinedload(DigestMessage.run), defer(DigestMessage.mime))
        .order_by(DigestMessage.id.desc())
        .limit(limit)
    ).all()


def own_message(user: User, message_id: int) -> DigestMessage | None:
    """One of the person's own messages, with its bytes."""
    return db.session.scalar(
        sa.select(DigestMessage)
        .where(DigestMessage.id == message_id, DigestMessage.recipient_id == user.id)
        .options(joinedload(DigestMessage.run))
    )


def attempts_of(message_id: int) -> Sequence[DeliveryAttempt]:
    """Every try to hand the message over, oldest first."""
    return db.session.scalars(
        sa.select(DeliveryAttempt)
        .where(DeliveryAttempt.message_id == message_id)
        .order_by(DeliveryAttempt.number)
    ).all()


def runs(limit: int = 12) -> list[tuple[DigestRun, dict[str, int]]]:
    """The newest runs with how many messages stand in each state."""
    found = db.session.scalars(
        sa.select(DigestRun).order_by(DigestRun.due_at.desc()).limit(limit)
    ).all()
    counts: dict[int, dict[str, int]] = {run.id: {} for run in found}
    rows = db.session.execute(
        sa.select(DigestMessage.run_id, DigestMessage.state, sa.func.count())
        .where(DigestMessage.run_id.in_(list(counts)))
        .group_by(DigestMessage.run_id, DigestMessage.state)
    )
    for run_id, state, count in rows:
        counts[run_id][state] = count
    return [(run, counts[run.id]) for run in found]


def failures(limit: int = 50) -> Sequence[DigestMessage]:
    """Messages given up, newest first, with their readers."""
    return db.session.scalars(
        sa.select(DigestMessage)
        .where(DigestMessage.state == states.MessageState.FAILED.value)
        .options(
            joinedload(DigestMessage.run),
            joinedload(DigestMessage.recipient),
            defer(DigestMessage.mime),
        )
        .order_by(DigestMessage.id.desc())
        .limit(limit)
    ).all()


def last_tick() -> dt.datetime | None:
    """When a scheduler last looked."""
    return db.session.scalar(sa.select(sa.func.max(SchedulerTick.at)))


def last_run() -> DigestRun | None:
    """The newest run."""
    return db.session.scalar(sa.select(DigestRun).order_by(DigestRun.due_at.desc()).limit(1))


def missed_slot(now: dt.datetime) -> slots.Slot | None:
    """A slot that was due two hours ago and that nobody planned."""
    for schedule in schedules():
        if (first := begun(schedule.id)) is None:
            continue
        newest = newest_due(schedule.id)
        found = slots.due(timing(schedule), calendar(), now, newest, first)
        if found and now - found.slot.due >= slots.LATE_AFTER:
            return found.slot
    return None
