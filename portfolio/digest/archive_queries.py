"""Reads of the archive: every run and message, with what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import defer, joinedload

from portfolio.digest.models import DeliveryAttempt, DigestMessage, DigestRun, DigestSchedule
from portfolio.digest.states import MessageState, RunState
from portfolio.extensions import db
from portfolio.web.paging import Page, page_of

MOST_ATTEMPTS = 100


@dataclass(frozen=True)
class Wanted:
    """Which messages are looked for; None and "" narrow nothing down."""

    recipient_id: int | None = None
    state: str = ""
    kind: str = ""
    run_id: int | None = None


def messages(wanted: Wanted) -> Page:
    """A page of messages, newest first, without their bytes."""
    found, number, total = page_of(_ids(wanted))
    return Page(_by_id(found), number, total)


def newest(wanted: Wanted, limit: int = 50) -> Sequence[DigestMessage]:
    """The newest of them."""
    return _by_id(db.session.scalars(_ids(wanted).limit(limit)).all())


def _ids(wanted: Wanted) -> sa.Select[int]:
    ids = sa.select(DigestMessage.id).order_by(DigestMessage.id.desc())
    if wanted.recipient_id is not None:
        ids = ids.where(DigestMessage.recipient_id == wanted.recipient_id)
    if wanted.state:
        ids = ids.where(DigestMessage.state == wanted.state)
    if wanted.run_id is not None:
        ids = ids.where(DigestMessage.run_id == wanted.run_id)
    if wanted.kind:
        runs = (
            sa.select(DigestRun.id)
            .join(DigestSchedule, DigestSchedule.id == DigestRun.schedule_id)
            .where(DigestSchedule.kind == wanted.kind)
        )
        ids = ids.where(DigestMessage.run_id.in_(runs))
    return ids


def _by_id(ids: Sequence[int]) -> Sequence[DigestMessage]:
    return db.session.scalars(
        sa.select(DigestMessage)
        .where(DigestMessage.id.in_(ids))
        .options(
            joinedload(DigestMessage.run).joinedload(DigestRun.schedule),
            joinedload(DigestMessage.recipient),
            defer(DigestMessage.mime),
        )
        .order_by(DigestMessage.id.desc())
    ).all()


def failures(limit: int = 20) -> Sequence[DigestMessage]:
    """The newest messages given up, with their readers; those sent again are settled."""
    again = sa.select(DigestMessage.resend_of).where(DigestMessage.resend_of.is_not(None))
    ids = (
        sa.select(DigestMessage.id)
        .where(DigestMessage.state == MessageState.FAILED.value, DigestMessage.id.not_in(again))
        .order_by(DigestMessage.id.desc())
        .limit(limit)
    )
    return _by_id(db.session.scalars(ids).all())


def message(message_id: int) -> DigestMessage | None:
    """One message with its bytes, its run, its schedule and its reader."""
    return db.session.scalar(
        sa.select(DigestMessage)
        .where(DigestMessage.id == message_id)
        .options(
            joinedload(DigestMessage.run).joinedload(DigestRun.schedule),
            joinedload(DigestMessage.recipient),
        )
    )


def attempts_of(message_id: int) -> Sequence[DeliveryAttempt]:
    """The last tries to hand the message over, oldest first."""
    last = db.session.scalars(
        sa.select(DeliveryAttempt)
        .where(DeliveryAttempt.message_id == message_id)
        .order_by(DeliveryAttempt.number.desc())
        .limit(MOST_ATTEMPTS)
    ).all()
    return last[::-1]


def sent_again(message_id: int) -> int | None:
    """The message by which this one was sent again."""
    return db.session.scalar(
        sa.select(DigestMessage.id).where(DigestMessage.resend_of == message_id)
    )


def runs(limit: int = 12) -> list[tuple[DigestRun, dict[str, int]]]:
    """The newest runs with how many messages stand in each state."""
    found = db.session.scalars(
        sa.select(DigestRun)
        .options(joinedload(DigestRun.schedule))
        .order_by(DigestRun.id.desc())
        .limit(limit)
    ).all()
    return _counted(found)


def run(run_id: int) -> tuple[DigestRun, dict[str, int]] | None:
    """One run with the same counts."""
    found = db.session.scalars(
        sa.select(DigestRun).where(DigestRun.id == run_id).options(joinedload(DigestRun.schedule))
    ).all()
    return next(iter(_counted(found)), None)


def _counted(found: Sequence[DigestRun]) -> list[tuple[DigestRun, dict[str, int]]]:
    counts: dict[int, dict[str, int]] = {run.id: {} for run in found}
    rows = db.session.execute(
        sa.select(DigestMessage.run_id, DigestMessage.state, sa.func.count())
        .where(DigestMessage.run_id.in_(list(counts)))
        .group_by(DigestMessage.run_id, DigestMessage.state)
    )
    for run_id, state, count in rows:
        counts[run_id][state] = count
    return [(run, counts[run.id]) for run in found]


def may_be_cancelled(run: DigestRun, counts: dict[str, int]) -> bool:
    """Whether it looks as though none of its mails went out yet; the act itself decides."""
    waiting = {MessageState.PENDING.value, MessageState.SENDING.value, MessageState.SKIPPED.value}
    open_still = run.state in {RunState.PLANNING.value, RunState.SENDING.value}
    return open_still and not counts.keys() - waiting
