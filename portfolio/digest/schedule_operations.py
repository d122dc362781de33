"""What is done with schedules: the house's are set, people choose their own time or a pause."""

import datetime as dt
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm.exc import StaleDataError

from portfolio.digest import operations, schedule_queries
from portfolio.digest.kinds import EVERYBODY, Faulty, Kind, Timing
from portfolio.digest.models import DigestMember, DigestPause, DigestSchedule
from portfolio.extensions import db
from portfolio.kernel.calendar import DAY
from portfolio.kernel.dates import local_date, start_of
from portfolio.kernel.errors import InputError
from portfolio.people.models import User
from portfolio.people.policy import ROLES


@dataclass(frozen=True)
class Wish:
    """A schedule of the house as somebody wants it; `again` says that a period whose digest is
    out shall come once more where its new day lies ahead."""

    timing: Timing
    name: str
    roles: Sequence[str]
    people: Sequence[int]
    events: str
    enabled: bool
    again: bool = False

    @property
    def kept_roles(self) -> str:
        """The roles as they are kept."""
        every = EVERYBODY in self.roles
        return EVERYBODY if every else " ".join(key for key in ROLES if key in self.roles)


def drafted(wish: Wish, schedule: DigestSchedule | None, now: dt.datetime) -> DigestSchedule:
    """The schedule as it would be, to look at; nothing is saved."""
    return DigestSchedule(
        id=schedule.id if schedule else None,
        key=schedule.key if schedule else "",
        kind=wish.timing.kind.value,
        since=now,
        again=_again(wish, schedule, now),
        members=[DigestMember(user_id=user_id) for user_id in wish.people],
        roles=wish.kept_roles,
        **_columns(wish.timing),
    )


def _columns(timing: Timing) -> dict[str, object]:
    return {
        "weekday": timing.weekday,
        "month_day": timing.month_day,
        "local_time": f"{timing.at:%H:%M}",
        "zone": timing.zone,
    }


def _again(wish: Wish, schedule: DigestSchedule | None, now: dt.datetime) -> str:
    if schedule is None:
        return ""
    if wish.timing == schedule.timing:
        return schedule.again
    return schedule_queries.period_out(schedule, wish.timing, now) if wish.again else ""


def check(wish: Wish, schedule: DigestSchedule | None) -> None:
    """Raise Faulty where the house cannot have such a schedule."""
    faults: dict[str, InputError] = {}
    if unknown := next((key for key in wish.roles if key not in {EVERYBODY, *ROLES}), None):
        faults["roles"] = InputError("role.unknown", value=unknown)
    elif not wish.roles and not wish.people:
        faults["roles"] = InputError("digest.nobody")
    if len(set(wish.people)) != _open_accounts(wish.people):
        faults["people"] = InputError("digest.person")
    if wish.timing.kind is Kind.AT_ONCE and not wish.events:
        faults["events"] = InputError("digest.no_event")
    if twin := _twin(wish, schedule):
        faults["at"] = InputError("digest.duplicate", name=twin.title)
    if faults:
        raise Faulty(faults)


def _open_accounts(people: Sequence[int]) -> int:
    count = sa.select(sa.func.count()).where(User.id.in_(list(people)), User.active)
    return db.session.scalar(count) or 0


def _twin(wish: Wish, schedule: DigestSchedule | None) -> DigestSchedule | None:
    """Another schedule of the house that would send the same at the same moment."""
    if not wish.enabled or not wish.timing.kind.timed:
        return None
    others = (row for row in schedule_queries.house() if row.enabled and row is not schedule)
    same = (row for row in others if row.kind == wish.timing.kind.value)
    return next((row for row in same if row.timing.counted == wish.timing.counted), None)


def save(
    wish: Wish, schedule: DigestSchedule | None, seen: int, now: dt.datetime
) -> DigestSchedule:
    """Enter or change a schedule of the house. Raises Faulty, or StaleDataError where somebody
    else has changed it since.

    What was due before the change is due no more: the next one tells of all that time.
    """
    check(wish, schedule)
    again = _again(wish, schedule, now)
    if schedule is None:
        key = f"{wish.timing.kind.value}-{secrets.token_hex(4)}"
        schedule = DigestSchedule(key=key, kind=wish.timing.kind.value, enabled=False, since=now)
        db.session.add(schedule)
    elif schedule.version != seen:
        raise StaleDataError
    schedule.again = again
    _set(schedule, wish.timing, wish.enabled, wish.events, now)
    schedule.name, schedule.roles = wish.name, wish.kept_roles
    kept = {member.user_id: member for member in schedule.members}
    schedule.members = [
        kept.get(user_id) or DigestMember(user_id=user_id) for user_id in sorted(set(wish.people))
    ]
    db.session.flush()
    return schedule


def _set(
    schedule: DigestSchedule, timing: Timing, enabled: bool, events: str, now: dt.datetime
) -> None:
    columns = _columns(timing)
    moved = any(getattr(schedule, name) != value for name, value in columns.items())
    if enabled and (moved or not schedule.enabled):
        schedule.since = now
    if enabled and not schedule.enabled and not timing.kind.timed:
        # What happened before is no news for who asks for it now.
        schedule.watched_until = now
    for name, value in columns.items():
        setattr(schedule, name, value)
    schedule.enabled, schedule.events = enabled, events


def as_the_house(user: User, kind: Kind, now: dt.datetime) -> None:
    """A person gets the house's mail of a kind, and none at a time of their own."""
    if own := schedule_queries.own(user).get(kind):
        own.enabled = False
    for schedule in schedule_queries.meant_for(user, kind, now):
        operations.choose(schedule.id, user.id, now, True, "page")


def at_own_time(user: User, timing: Timing, events: str, now: dt.datetime) -> DigestSchedule:
    """A person gets the mail of a kind at a time of their own, in place of the house's."""
    own = schedule_queries.own(user).get(timing.kind)
    if own is None:
        own = DigestSchedule(
            key=f"{timing.kind.value}-of-{user.id}",
            kind=timing.kind.value,
            owner_id=user.id,
            enabled=False,
            since=now,
        )
        db.session.add(own)
    _set(own, timing, True, events, now)
    db.session.flush()
    operations.choose(own.id, user.id, now, True, "page")
    return own


def stop(user: User, kind: Kind, now: dt.datetime, how: str = "page") -> None:
    """A person gets no mail of a kind any more."""
    own = schedule_queries.own(user).get(kind)
    stopped = [own] if own and own.enabled else []
    for schedule in (*stopped, *schedule_queries.meant_for(user, kind, now)):
        operations.choose(schedule.id, user.id, now, False, how)


def skip_empty(user: User, kind: Kind, skip: bool, now: dt.datetime) -> None:
    """Whether a person wants no mail of a kind when there is nothing to tell."""
    for schedule in schedule_queries.reaching(user, kind, now):
        choice = operations.choose(schedule.id, user.id, now, True, "page")
        choice.skip_empty = skip


def pause(user: User, first: dt.date, last: dt.date, now: dt.datetime) -> DigestPause:
    """Send a person nothing from the first day through the last one. Raises Faulty, also for a leave
    behind the one that holds: there is one at a time."""
    if last < first:
        raise Faulty({"last": InputError("digest.pause_backwards")})
    if start_of(last + DAY) <= now:
        raise Faulty({"last": InputError("digest.pause_over")})
    begins_at, ends_at = start_of(first), start_of(last + DAY)
    row = schedule_queries.pause_of(user)
    if row is None:
        row = DigestPause(user_id=user.id)
        db.session.add(row)
    elif row.ends_at <= now:
        row.former_begins_at, row.former_ends_at = row.begins_at, row.ends_at
    elif row.holds(now):
        if begins_at > row.ends_at:
            raise Faulty(
                {"first": InputError("digest.pause_holds", until=local_date(row.ends_at - DAY))}
            )
        begins_at = min(begins_at, row.begins_at)
    row.begins_at, row.ends_at = begins_at, ends_at
    db.session.flush()
    return row


def end_pause(user: User, now: dt.datetime) -> None:
    """Send again from now on; a pause that has not begun is taken away."""
    row = schedule_queries.pause_of(user)
    if row is not None and row.begins_at > now and row.former_ends_at is None:
        db.session.delete(row)
    elif row is not None and row.begins_at > now and (former := row.last(now)):
        row.begins_at, row.ends_at = former
        row.former_begins_at = row.former_ends_at = None
    elif row is not None and row.ends_at > now:
        row.ends_at = now
    db.session.flush()
