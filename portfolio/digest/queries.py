"""Reads of digests: who is subscribed, what was planned and sent, what a person may look at."""

import datetime as dt
import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import defer, joinedload

from portfolio.companies import queries as companies
from portfolio.companies.models import Company
from portfolio.digest import states
from portfolio.digest.kinds import Origin
from portfolio.digest.models import (
    DeliveryAttempt,
    DigestMessage,
    DigestRun,
    DigestSchedule,
    SchedulerTick,
)
from portfolio.digest.readers import menu_of
from portfolio.extensions import db
from portfolio.people.models import User
from portfolio.pipeline import sight_queries as sight


def run_of(schedule_id: int, period: str) -> DigestRun | None:
    """The run of a period."""
    return db.session.scalar(
        sa.select(DigestRun).where(DigestRun.schedule_id == schedule_id, DigestRun.period == period)
    )


def stalled(now: dt.datetime) -> Sequence[DigestRun]:
    """Runs whose planner died in the middle."""
    return db.session.scalars(
        sa.select(DigestRun)
        .where(
            DigestRun.state == states.RunState.PLANNING.value,
            DigestRun.lease_until <= now,
        )
        .order_by(DigestRun.id)
    ).all()


def addressed(run_id: int) -> set[int]:
    """Who has a message in this run already."""
    return set(
        db.session.scalars(
            sa.select(DigestMessage.recipient_id).where(DigestMessage.run_id == run_id)
        )
    )


def known_until(schedule: DigestSchedule, user_ids: Collection[int]) -> dict[int, dt.datetime]:
    """Up to when each reader was told, by the last digest that was sent to them: of the schedule,
    or of one in whose place it stands or that stands in its own. What was tried out by hand does
    not count."""
    own = DigestSchedule.owner_id.is_not(None)
    in_place = sa.true() if schedule.owner_id is not None else own
    rows = db.session.execute(
        sa.select(DigestMessage.recipient_id, sa.func.max(DigestMessage.window_to))
        .join(DigestRun, DigestRun.id == DigestMessage.run_id)
        .join(DigestSchedule, DigestSchedule.id == DigestRun.schedule_id)
        .where(
            sa.or_(
                DigestSchedule.id == schedule.id,
                sa.and_(DigestSchedule.kind == schedule.kind, in_place),
            ),
            DigestRun.origin != Origin.HAND.value,
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


def mentions_of(content: Any) -> str:
    """What a digest names, as kept with the message."""
    found = {
        "deals": sorted(content.deal_ids),
        "terms": sorted(content.terms_ids),
        "companies": sorted(content.company_ids),
        "parts": sorted(content.keys),
    }
    return json.dumps(found)


def still_open(user: User, mentions: str) -> bool:
    """Whether the person may still see everything that the mail names, and still reads its parts."""
    named: Mapping[str, Any] = json.loads(mentions)
    read = {kind.key for kind in menu_of(user.roles).parts}
    seen = db.session.scalars(
        sa.select(Company.id).where(Company.id.in_(named["companies"]), companies.visible(user))
    )
    return (
        sight.ids_with(user, "deal.read", named["deals"]) == set(named["deals"])
        and sight.ids_with(user, "deal.terms", named["terms"]) == set(named["terms"])
        and set(seen) == set(named["companies"])
        and read.issuperset(named.get("parts", ()))
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
