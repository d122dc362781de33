"""What a person would get of a kind of mail, now or in any period, through that person's eyes."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from portfolio.digest import content_queries, queries, schedule_queries, slots, template_letters
from portfolio.digest.compose import Digest, Part, Section
from portfolio.digest.kinds import Kind, Timing
from portfolio.digest.lines import Line
from portfolio.digest.models import DigestSchedule
from portfolio.digest.readers import menu_of
from portfolio.digest.slots import Rule, Slot
from portfolio.digest.template_letters import Heading, Written, heading_of
from portfolio.holidays.queries import calendar
from portfolio.kernel.dates import local_date
from portfolio.kernel.errors import InputError
from portfolio.people.models import User
from portfolio.pipeline import sight_queries as sight

# Nothing was recorded before, and nobody looks further ahead than the coming digest.
EARLIEST = dt.date(2000, 1, 1)
AHEAD = dt.timedelta(days=400)


@dataclass(frozen=True)
class Window:
    """A period that may be shown: its slot, and from when to when its mail tells a person. `coming`
    where it is the next one."""

    slot: Slot
    since: dt.datetime
    until: dt.datetime
    coming: bool


@dataclass(frozen=True)
class Preview:
    """A mail that was not sent, from when to when it tells, and its neighbours' periods.

    `due` is when the digest that it would be part of is due; None for one of the past. `narrowed` says
    that its reader would be told of more than whoever looks may know of.
    """

    words: Written
    narrowed: bool
    period: str
    since: dt.datetime
    until: dt.datetime
    due: dt.datetime | None
    previous: str
    following: str
    month_day: int


def source(user: User, kind: Kind, now: dt.datetime) -> DigestSchedule | None:
    """The schedule by which a person gets a kind, or would: the house's first one otherwise."""
    reached = schedule_queries.reaching(user, kind, now)
    return next(iter([*reached, *schedule_queries.of_kind(kind)]), None)


def preview(user: User, viewer: User, kind: Kind, period: str, now: dt.datetime) -> Preview | None:
    """The mail of a period ("" for the coming one) as a person would get it; None where there is no
    such period yet. Somebody else sees of it what they may know of themselves: a preview is no door
    in a wall."""
    schedule = source(user, kind, now)
    rule = _rule(schedule, kind)
    found = window(user, schedule, kind, period, now)
    if found is None:
        return None
    slot = found.slot
    heading = heading_of(schedule) if schedule else Heading(kind)
    digest = whole = content_queries.digest_for(user, slot.period, found.since, found.until)
    if viewer.id != user.id:
        known = content_queries.digest_for(
            user, slot.period, found.since, found.until, viewer=viewer
        )
        digest = _as_known_to(viewer, known)
    earlier, later = (slots.beside(rule, calendar(), slot.period, step) for step in (-1, 1))
    return Preview(
        template_letters.written(digest, user, schedule.id if schedule else 0, heading),
        digest != whole,
        slot.period,
        found.since,
        found.until,
        slot.due if found.coming else None,
        earlier.period if earlier and _slot(rule, earlier.period, now) else "",
        later.period if later and not found.coming else "",
        heading.month_day,
    )


def _rule(schedule: DigestSchedule | None, kind: Kind) -> Rule:
    return (schedule.timing if schedule else Timing(kind)).rule


def window(
    user: User, schedule: DigestSchedule | None, kind: Kind, period: str, now: dt.datetime
) -> Window | None:
    """What the mail of a period ("" for the coming one) tells a person of; None where there is no
    such period yet."""
    rule, days = _rule(schedule, kind), calendar()
    coming = slots.upcoming(rule, days, now, 1)[0]
    slot = _slot(rule, period, now) if period else coming
    if slot is None or slot.due > coming.due:
        return None
    if slot != coming:
        return Window(slot, slots.before(rule, days, slot.due), min(slot.due, now), False)
    since = slots.before(rule, days, now)
    if schedule is not None:
        since = queries.known_until(schedule, {user.id}, now).get(user.id, since)
    return Window(slot, since, now, True)


def _as_known_to(viewer: User, digest: Digest) -> Digest:
    """The parts, numbers and lines that this person may read too, without terms that they may not."""
    menu = menu_of(viewer.roles)
    deals = sight.ids_with(viewer, "deal.read", digest.deal_ids)
    terms = sight.ids_with(viewer, "deal.terms", digest.terms_ids)
    companies = queries.companies_open(viewer, digest.company_ids)

    def told(line: Any) -> Line | None:
        if line.deals - deals or line.companies - companies:
            return None
        if not line.terms - terms:
            return line
        deal = getattr(line, "deal", None)
        # Whatever else tells terms is left out.
        return replace(line, deal=replace(deal, amount_fen=None)) if deal else None

    sections = []
    for section in digest.sections:
        if section.kind.key in menu.keys:
            sections.append(replace(section, part=_narrowed(section, told)))
    numbers = [number for number in digest.numbers if number.kind in menu.numbers]
    return replace(digest, sections=sections, numbers=numbers)


def _narrowed(section: Section, told: Callable[[Any], Line | None]) -> Part:
    """A part with the lines that are told; where one is left out, how many there are in all is that of
    those alone."""
    lines = [kept for line in section.part.lines if (kept := told(line))]
    if len(lines) == len(section.part.lines):
        return replace(section.part, lines=lines)
    return Part(lines, len(lines))


def _slot(rule: Rule, period: str, now: dt.datetime) -> Slot | None:
    """The slot of a period as it stands in an address; None for what is none."""
    try:
        day = rule.begins(period)
    except ValueError:
        return None
    return slots.slot_of(rule, calendar(), day) if _told_of(day, now) else None


def _told_of(day: dt.date, now: dt.datetime) -> bool:
    return EARLIEST <= day <= local_date(now) + AHEAD


def period_of(user: User, kind: Kind, day: dt.date, now: dt.datetime) -> str:
    """The period that a day lies in. Raises InputError for a day in whose period no mail ever left."""
    rule = _rule(source(user, kind, now), kind)
    slot = slots.slot_of(rule, calendar(), day) if _told_of(day, now) else None
    if slot is not None and not _told_of(rule.begins(slot.period), now):
        slot = None
    if slot is None:
        raise InputError("digest.no_period", first=EARLIEST.isoformat())
    return slot.period
