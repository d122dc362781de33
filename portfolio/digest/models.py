"""Rows of digests: schedules, who opted out, runs, messages with their bytes, attempts, ticks."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portfolio.digest.states import MessageState, RunState
from portfolio.extensions import Base
from portfolio.people.models import User

WEEKLY = "weekly"


class DigestSchedule(Base):
    """When a digest is due: weekday ("mon"), local time ("08:30"), zone."""

    __tablename__ = "digest_schedule"
    __audit__ = "digest_schedule"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    weekday: Mapped[str]
    local_time: Mapped[str]
    zone: Mapped[str]
    enabled: Mapped[bool] = mapped_column(default=True)


class DigestSubscription(Base):
    """A person's own choice about a schedule. Without a row, whoever has a role is subscribed
    since the account was opened; `since` is None while unsubscribed."""

    __tablename__ = "digest_subscription"
    __audit__ = "digest_subscription"

    id: Mapped[int] = mapped_column(primary_key=True)
    schedule_id: Mapped[int] = mapped_column(sa.ForeignKey("digest_schedule.id"))
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"), index=True)
    since: Mapped[dt.datetime | None]
    skip_empty: Mapped[bool] = mapped_column(default=False)
    changed_at: Mapped[dt.datetime]
    how: Mapped[str]

    __table_args__ = (sa.UniqueConstraint("schedule_id", "user_id"),)


class DigestRun(Base):
    """One period of one schedule; the unique key decides that there is only one."""

    __tablename__ = "digest_run"

    id: Mapped[int] = mapped_column(primary_key=True)
    schedule_id: Mapped[int] = mapped_column(sa.ForeignKey("digest_schedule.id"))
    period: Mapped[str]
    due_at: Mapped[dt.datetime]
    planned_at: Mapped[dt.datetime]
    late: Mapped[bool]
    missed: Mapped[int]
    state: Mapped[str] = mapped_column(default=RunState.PLANNING.value)
    claim_token: Mapped[str]
    lease_until: Mapped[dt.datetime]
    finished_at: Mapped[dt.datetime | None]
    messages: Mapped[list["DigestMessage"]] = relationship(
        back_populates="run", lazy="raise_on_sql"
    )

    __table_args__ = (sa.UniqueConstraint("schedule_id", "period"),)


class DigestMessage(Base):
    """One mail to one person. `mime` is frozen: a retry sends the same bytes.

    `window_from` to `window_to` is what it tells of. The mentioned ids are checked again before
    sending. `data_started_at` is set before the mail's data goes to the server, so that a crash
    behind it is known to have perhaps delivered: `maybe_duplicate` flags the repeat.
    """

    __tablename__ = "digest_message"

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(sa.ForeignKey("digest_run.id"))
    recipient_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"), index=True)
    address: Mapped[str]
    locale: Mapped[str]
    subject: Mapped[str]
    message_id: Mapped[str] = mapped_column(unique=True)
    mentions: Mapped[str]
    window_from: Mapped[dt.datetime]
    window_to: Mapped[dt.datetime]
    state: Mapped[str] = mapped_column(default=MessageState.PENDING.value)
    reason: Mapped[str] = mapped_column(default="")
    attempts: Mapped[int] = mapped_column(default=0)
    deferrals: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[dt.datetime]
    claim_token: Mapped[str] = mapped_column(default="")
    lease_until: Mapped[dt.datetime | None]
    data_started_at: Mapped[dt.datetime | None]
    maybe_duplicate: Mapped[bool] = mapped_column(default=False)
    sent_at: Mapped[dt.datetime | None]
    last_code: Mapped[int | None]
    last_text: Mapped[str] = mapped_column(default="")
    # Last, so that reading the other columns never walks through it.
    mime: Mapped[bytes] = mapped_column(sa.LargeBinary)
    run: Mapped[DigestRun] = relationship(back_populates="messages", lazy="raise_on_sql")
    recipient: Mapped[User] = relationship(lazy="raise_on_sql")

    __table_args__ = (
        sa.UniqueConstraint("run_id", "recipient_id"),
        sa.Index("ix_digest_message_state_next_attempt_at", "state", "next_attempt_at"),
    )


class DeliveryAttempt(Base):
    """One try to hand a message over. Without `ended_at` the process died in the middle."""

    __tablename__ = "delivery_attempt"

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(sa.ForeignKey("digest_message.id"))
    number: Mapped[int]
    worker: Mapped[str]
    started_at: Mapped[dt.datetime]
    ended_at: Mapped[dt.datetime | None]
    verdict: Mapped[str] = mapped_column(default="")
    code: Mapped[int | None]
    text: Mapped[str] = mapped_column(default="")

    __table_args__ = (sa.UniqueConstraint("message_id", "number"),)


class SchedulerTick(Base):
    """The single row that says when a scheduler process last looked."""

    __tablename__ = "scheduler_tick"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[dt.datetime]
    worker: Mapped[str]
