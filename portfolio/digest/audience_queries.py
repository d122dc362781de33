"""Who gets the mail of a schedule at a moment, who does not and why."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from portfolio.digest.kinds import EVERYBODY
from portfolio.digest.models import DigestPause, DigestSchedule, DigestSubscription
from portfolio.digest.states import Reason, Standing
from portfolio.extensions import db
from portfolio.people.models import User, UserRole

Own = aliased(DigestSchedule)


@dataclass(frozen=True)
class Recipient:
    """A person whom a schedule is for: since when, whether an empty mail is wanted, and why
    nothing is sent at that moment. `away_from` is when a leave began that holds or has ended."""

    user: User
    since: dt.datetime
    skip_empty: bool
    reason: Reason | None = None
    away_from: dt.datetime | None = None


@dataclass(frozen=True)
class Reach:
    """How many a schedule goes to, and how many it passes over for which reason."""

    gets: int
    skipped: Sequence[tuple[Reason, int]]

    @property
    def passed(self) -> int:
        """How many it passes over."""
        return sum(count for _, count in self.skipped)


def _own_time(schedule: DigestSchedule) -> sa.ColumnElement[bool]:
    """Whether a person has a schedule of their own in place of the house's of this kind."""
    if schedule.owner_id is not None:
        return sa.false()
    return sa.exists().where(Own.owner_id == User.id, Own.kind == schedule.kind, Own.enabled)


def _with_standing(schedule: DigestSchedule) -> Any:
    """Every person with what decides whether the schedule's mail goes to them."""
    people = sa.select(
        User,
        sa.exists().where(UserRole.user_id == User.id).label("has_role"),
        _meant(schedule).label("meant"),
        DigestSubscription,
        _own_time(schedule).label("own_time"),
        DigestPause,
    )
    return _with_choices(people, schedule.id)


def _with_choices(people: Any, schedule_id: Any) -> Any:
    """People with what they chose of a schedule, and their leave."""
    chose = sa.and_(
        DigestSubscription.user_id == User.id, DigestSubscription.schedule_id == schedule_id
    )
    joined = people.outerjoin(DigestSubscription, chose)
    return joined.outerjoin(DigestPause, DigestPause.user_id == User.id)


def _meant(schedule: DigestSchedule) -> sa.ColumnElement[bool]:
    """Who a schedule is for: its owner, or who has one of its roles or is named."""
    if schedule.owner_id is not None:
        return User.id == schedule.owner_id
    holders = sa.select(UserRole.user_id)
    if schedule.roles != EVERYBODY:
        holders = holders.where(UserRole.role.in_(schedule.roles.split()))
    by_role = sa.and_(User.active, User.id.in_(holders))
    named = [member.user_id for member in schedule.members]
    return sa.or_(by_role, User.id.in_(named)) if named else by_role


def audience(schedule: DigestSchedule, now: dt.datetime) -> list[Recipient]:
    """Everybody whom a schedule is for, those whom it passes over at that moment too."""
    rows = db.session.execute(_with_standing(schedule).where(_meant(schedule)).order_by(User.id))
    return [_recipient(schedule, now, *row) for row in rows]


def recipients(schedule: DigestSchedule, now: dt.datetime) -> list[Recipient]:
    """Everybody who gets the mail of a schedule at that moment."""
    return [reader for reader in audience(schedule, now) if reader.reason is None]


def reach(schedule: DigestSchedule, now: dt.datetime) -> Reach:
    """How many a schedule goes to, and whom it passes over."""
    counts = Counter(reader.reason for reader in audience(schedule, now))
    skipped = [(reason, counts[reason]) for reason in Reason if counts[reason]]
    return Reach(counts[None], skipped)


def why_skip(schedule: DigestSchedule, user: User | None, now: dt.datetime) -> Reason | None:
    """Why this person gets nothing more of a schedule at that moment."""
    if user is None:
        return Reason.DISABLED
    if not schedule.enabled:
        return Reason.SWITCHED_OFF
    row = db.session.execute(
        _with_standing(schedule).where(User.id == user.id).execution_options(populate_existing=True)
    ).one()
    return _recipient(schedule, now, *row).reason


def why_never(user: User | None) -> Reason | None:
    """Why a person gets no mail at all, not even what they ask for themselves."""
    standing = Standing(user is not None and user.active, bool(user and user.roles))
    return standing.why_skip


def begun(schedules: Sequence[DigestSchedule], now: dt.datetime) -> dict[int, dt.datetime]:
    """Since when somebody gets the mail of each of these schedules; those are not in it that nobody
    gets. People's own ones are asked about together, the house's few one by one."""
    opened = sa.func.coalesce(DigestSubscription.since, User.created_at)
    ended = sa.case(
        (DigestPause.ends_at <= now, DigestPause.ends_at), else_=DigestPause.former_ends_at
    )
    since = sa.case((ended > opened, ended), else_=opened)
    gets = sa.and_(
        User.active,
        sa.exists().where(UserRole.user_id == User.id),
        sa.or_(DigestSubscription.id.is_(None), DigestSubscription.since.is_not(None)),
        sa.or_(DigestPause.id.is_(None), DigestPause.begins_at > now, DigestPause.ends_at <= now),
    )
    found: dict[int, dt.datetime | None] = {}
    for schedule in schedules:
        if schedule.owner_id is None:
            who = _with_standing(schedule).where(_meant(schedule), ~_own_time(schedule), gets)
            first = sa.type_coerce(sa.func.min(since), User.created_at.type)
            found[schedule.id] = db.session.scalar(who.with_only_columns(first))
    if len(found) < len(schedules):
        owners = sa.select(DigestSchedule.id, sa.type_coerce(since, User.created_at.type)).join(
            User, User.id == DigestSchedule.owner_id
        )
        owned = _with_choices(owners, DigestSchedule.id).where(DigestSchedule.enabled, gets)
        found |= {row[0]: row[1] for row in db.session.execute(owned)}
    known = [(row, found.get(row.id)) for row in schedules]
    return {row.id: max(first, row.since) for row, first in known if first is not None}


def _recipient(
    schedule: DigestSchedule,
    now: dt.datetime,
    user: User,
    has_role: bool,
    meant: bool,
    choice: DigestSubscription | None,
    own_time: bool,
    pause: DigestPause | None,
) -> Recipient:
    standing = Standing(
        active=user.active,
        has_role=bool(has_role),
        meant=bool(meant),
        subscribed=choice is None or choice.since is not None,
        own_time=bool(own_time),
        paused=pause is not None and pause.holds(now),
    )
    begun = choice.since if choice and choice.since else user.created_at
    since, away_from = max(begun, schedule.since), None
    last = pause.last(now) if pause is not None else None
    if last is not None and since < last[1]:
        # What was due during the leave is told by the next one, not made up for.
        away_from, since = last
    if pause is not None and pause.holds(now):
        away_from = pause.begins_at
    skip_empty = bool(choice and choice.skip_empty)
    return Recipient(user, since, skip_empty, standing.why_skip, away_from)
