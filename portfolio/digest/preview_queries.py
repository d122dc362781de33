"""What a person would get of a kind of mail, now or in any period, through that person's eyes."""

import datetime as dt
from dataclasses import dataclass

from portfolio.digest import content_queries, queries, schedule_queries, slots, template_letters
from portfolio.digest.kinds import Kind, Timing
from portfolio.digest.models import DigestSchedule
from portfolio.digest.slots import Rule, Slot
from portfolio.digest.template_letters import Heading, Written
from portfolio.holidays.queries import calendar
from portfolio.people.models import User


@dataclass(frozen=True)
class Preview:
    """A mail that was not sent, from when to when it tells, and its neighbours' periods.

    `due` is when the digest that it would be part of is due; None for one of the past.
    """

    words: Written
    mentions: str
    period: str
    since: dt.datetime
    until: dt.datetime
    due: dt.datetime | None
    previous: str
    following: str


def source(user: User, kind: Kind, now: dt.datetime) -> DigestSchedule | None:
    """The schedule by which a person gets a kind, or would: the house's first one otherwise."""
    reached = schedule_queries.reaching(user, kind, now)
    return next(iter([*reached, *schedule_queries.of_kind(kind)]), None)


def preview(user: User, kind: Kind, period: str, now: dt.datetime) -> Preview | None:
    """The mail of a period ("" for the coming one); None where there is no such period yet."""
    schedule = source(user, kind, now)
    rule: Rule = (schedule.timing if schedule else Timing(kind)).rule
    coming = slots.upcoming(rule, calendar(), now, 1)[0]
    slot = _slot(rule, period) if period else coming
    if slot is None or slot.due > coming.due:
        return None
    until, since = min(slot.due, now), slots.before(rule, calendar(), slot.due)
    if slot == coming:
        since = slots.before(rule, calendar(), now)
        if schedule is not None:
            since = queries.known_until(schedule, {user.id}).get(user.id, since)
    digest = content_queries.digest_for(user, slot.period, since, until)
    earlier, later = (slots.beside(rule, calendar(), slot.period, step) for step in (-1, 1))
    return Preview(
        template_letters.written(digest, user, schedule.id if schedule else 0, Heading(kind)),
        queries.mentions_of(digest),
        slot.period,
        since,
        until,
        slot.due if slot == coming else None,
        earlier.period if earlier else "",
        later.period if later and later.due <= coming.due else "",
    )


def _slot(rule: Rule, period: str) -> Slot | None:
    """The slot of a period as it stands in an address; None for what is none."""
    try:
        return slots.slot_of(rule, calendar(), rule.begins(period))
    except (ValueError, OverflowError):
        return None


def period_of(user: User, kind: Kind, day: dt.date, now: dt.datetime) -> str:
    """The period that a day lies in."""
    schedule = source(user, kind, now)
    rule = (schedule.timing if schedule else Timing(kind)).rule
    slot = slots.slot_of(rule, calendar(), day)
    return slot.period if slot else ""
