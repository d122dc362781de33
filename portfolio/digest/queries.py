"""Reads of digests: what was planned and told, and what a person may look at."""

import datetime as dt
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import aliased

from portfolio.companies import queries as companies
from portfolio.companies.models import Company
from portfolio.digest import slots, states
from portfolio.digest.deal_queries import told_of_overriding
from portfolio.digest.kinds import Origin
from portfolio.digest.models import (
    DigestMessage,
    DigestRun,
    DigestSchedule,
    SchedulerTick,
)
from portfolio.digest.readers import menu_of
from portfolio.extensions import db
from portfolio.people.models import User
from portfolio.pipeline import sight_queries as sight
from portfolio.pipeline.models import Deal


def stalled(now: dt.datetime, lease: dt.timedelta) -> Sequence[DigestRun]:
    """Runs whose planner died in the middle: its lease is over, or of a clock that was ahead."""
    return db.session.scalars(
        sa.select(DigestRun)
        .where(
            DigestRun.state == states.RunState.PLANNING.value,
            sa.or_(
                DigestRun.lease_until <= now, DigestRun.lease_until > now + lease + slots.SETTLE
            ),
        )
        .order_by(DigestRun.id)
    ).all()


def settled_until(moment: dt.datetime) -> dt.datetime:
    """Up to when all that happened by a moment can be read: what is still being written bears a stamp
    of when that began. Long writes of other slices are told of by `writing_since` of the
    application."""
    settled = moment - slots.SETTLE
    begun = [ask(moment) for ask in current_app.extensions.get("writing_since", ())]
    return min([settled, *(since for since in begun if since is not None)])


def addressed(run_id: int) -> set[int]:
    """Who has a message in this run already."""
    return set(
        db.session.scalars(
            sa.select(DigestMessage.recipient_id).where(DigestMessage.run_id == run_id)
        )
    )


def served(schedule: DigestSchedule, period: str) -> set[int]:
    """Who got the mail of a period already at a time of their own, of those whom a schedule of the
    house is for: one digest of a kind and a period is enough."""
    if schedule.owner_id is not None:
        return set()
    own = (
        sa.select(DigestMessage.recipient_id)
        .join(DigestRun, DigestRun.id == DigestMessage.run_id)
        .join(DigestSchedule, DigestSchedule.id == DigestRun.schedule_id)
        .where(
            DigestSchedule.owner_id.is_not(None),
            DigestSchedule.kind == schedule.kind,
            DigestRun.period == period,
            DigestMessage.state == states.MessageState.SENT.value,
        )
    )
    return set(db.session.scalars(own))


def held_back() -> dict[tuple[int, int], dt.datetime]:
    """From where on readers of what is told at once are still to be told, by schedule and reader:
    mails that were held back, of which none that was sent tells the whole time."""
    runs, later = aliased(DigestRun), aliased(DigestMessage)
    told = sa.exists().where(
        runs.id == later.run_id,
        runs.schedule_id == DigestRun.schedule_id,
        later.recipient_id == DigestMessage.recipient_id,
        later.state == states.MessageState.SENT.value,
        later.window_from <= DigestMessage.window_from,
        later.window_to >= DigestMessage.window_to,
    )
    first = sa.func.min(DigestMessage.window_from)
    rows = db.session.execute(
        sa.select(DigestRun.schedule_id, DigestMessage.recipient_id, first)
        .join(DigestRun, DigestRun.id == DigestMessage.run_id)
        .where(
            DigestRun.origin == Origin.EVENT.value,
            DigestMessage.state == states.MessageState.SKIPPED.value,
            DigestMessage.reason.in_([reason.value for reason in states.HELD_BACK]),
            ~told,
        )
        .group_by(DigestRun.schedule_id, DigestMessage.recipient_id)
    )
    return {(row[0], row[1]): row[2] for row in rows}


def known_until(
    schedule: DigestSchedule, user_ids: Collection[int], now: dt.datetime
) -> dict[int, dt.datetime]:
    """Up to when each reader was told, by the digest made last of those sent to them: of the schedule,
    or of one in whose place it stands or that stands in its own. Who was sent none yet, because
    the first ones failed or were held back, is to be told from where the first of these began.
    What was tried out by hand does not count, nor what a clock that was ahead let tell up to a moment
    that has not come: of a time after that clock came back only what was made then knows anything."""
    messages = _told(schedule, user_ids)
    sent = messages.where(
        DigestMessage.state == states.MessageState.SENT.value, DigestMessage.window_to <= now
    )
    unsent = messages.where(
        sa.or_(
            DigestMessage.state == states.MessageState.FAILED.value,
            DigestMessage.reason.in_([reason.value for reason in states.HELD_BACK]),
        )
    )
    # What was sent again was made when it was first made, and tells of the same time.
    made = sa.func.coalesce(DigestMessage.resend_of, DigestMessage.id)
    last = sent.add_columns(sa.func.max(made).label("made")).subquery()
    rows = db.session.execute(
        sa.select(DigestMessage.recipient_id, DigestMessage.window_to).join(
            last, last.c.made == DigestMessage.id
        )
    )
    known = {row[0]: row[1] for row in rows}
    if len(known) < len(user_ids):
        begun = db.session.execute(unsent.add_columns(sa.func.min(DigestMessage.window_from)))
        known = {row[0]: row[1] for row in begun} | known
    return known


def _told(schedule: DigestSchedule, user_ids: Collection[int]) -> sa.Select[Any]:
    own = DigestSchedule.owner_id.is_not(None)
    in_place = sa.true() if schedule.owner_id is not None else own
    return (
        sa.select(DigestMessage.recipient_id)
        .join(DigestRun, DigestRun.id == DigestMessage.run_id)
        .join(DigestSchedule, DigestSchedule.id == DigestRun.schedule_id)
        .where(
            sa.or_(
                DigestSchedule.id == schedule.id,
                sa.and_(DigestSchedule.kind == schedule.kind, in_place),
            ),
            DigestRun.origin != Origin.HAND.value,
            DigestMessage.recipient_id.in_(list(user_ids)),
        )
        .group_by(DigestMessage.recipient_id)
    )


def recipient_now(user_id: int) -> User | None:
    """The person as the database knows them this moment."""
    return db.session.scalar(
        sa.select(User).where(User.id == user_id).execution_options(populate_existing=True)
    )


# What a message names that could not be written.
NOTHING = json.dumps({"deals": [], "terms": [], "companies": [], "parts": []})


def mentions_of(content: Any, platform: str = "") -> str:
    """What a digest names, as kept with the message, and the `platform` for which it was written."""
    found = {
        "platform": platform,
        "deals": sorted(content.deal_ids),
        "by_code": sorted(content.by_code_ids),
        "terms": sorted(content.terms_ids),
        "companies": sorted(content.company_ids),
        "meetings": sorted(content.meeting_ids),
        "overriding": sorted(content.overriding_ids),
        "parts": sorted(content.keys),
    }
    return json.dumps(found)


def platform_in(mentions: str) -> str:
    """The chat platform in whose format the message is; "" for a mail."""
    return str(json.loads(mentions).get("platform", ""))


def still_open(user: User, mentions: str) -> bool:
    """Whether the person may still see everything that the mail names, and still reads its parts."""
    named: Mapping[str, Any] = json.loads(mentions)
    parts = menu_of(user.roles).parts
    read = {kind.key for kind in parts if not kind.needs or user.may(kind.needs)}
    asked: Sequence[tuple[str, Callable[[Collection[int]], Collection[int]]]] = (
        ("deals", lambda ids: sight.ids_with(user, "deal.read", ids)),
        ("terms", lambda ids: sight.ids_with(user, "deal.terms", ids)),
        ("companies", lambda ids: companies_open(user, ids)),
        ("meetings", lambda ids: meetings_open(user, ids)),
        ("overriding", lambda ids: told_of_overriding(user, set(ids))),
    )
    return read.issuperset(named.get("parts", ())) and all(
        set(found(named[name])) == set(named[name]) for name, found in asked if named.get(name)
    )


def as_it_may_leave(user: User, mentions: str) -> bool:
    """Whether the mail may be sent as it is: the person may still see what it names, and no deal that
    it calls by its name has become confidential."""
    named: Mapping[str, Any] = json.loads(mentions)
    openly = set(named["deals"]).difference(named.get("by_code", ()))
    walled = sa.exists().where(Deal.id.in_(openly), Deal.walled)
    return still_open(user, mentions) and not (openly and db.session.scalar(sa.select(walled)))


def meetings_open(user: User, ids: Collection[int]) -> Collection[int]:
    """Which of these meetings a person may know of, as their slice says."""
    ask = current_app.extensions.get("digest_meetings")
    found: Collection[int] = ask(user, ids) if ask else ()
    return found


def companies_open(user: User, ids: Collection[int]) -> set[int]:
    """Which of these companies a person may see."""
    seen = sa.select(Company.id).where(Company.id.in_(list(ids)), companies.visible(user))
    return set(db.session.scalars(seen))


def last_tick() -> dt.datetime | None:
    """When a scheduler last looked."""
    return db.session.scalar(sa.select(sa.func.max(SchedulerTick.at)))


def last_run() -> DigestRun | None:
    """The newest run."""
    return db.session.scalar(
        sa.select(DigestRun)
        .where(DigestRun.origin == Origin.SLOT.value)
        .order_by(DigestRun.due_at.desc())
        .limit(1)
    )
