"""Rows of digests: schedules, who opted out, runs, messages with their bytes, attempts, ticks."""

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portfolio.digest.kinds import EVERYBODY, KINDS, Kind, Origin, Timing
from portfolio.digest.slots import Weekday
from portfolio.digest.states import MessageState, RunState
from portfolio.extensions import Base
from portfolio.people.models import User

WEEKLY = "weekly"


class DigestSchedule(Base):
    """When mail of a kind is due, and for whom: the house's, or a person's own (`owner_id`).

    `weekday` ("mon"), `month_day` (1 to 31), `local_time` ("08:30") and `zone` count as the kind
    asks; `events` are the keys of what is told at once. `roles` are keys, "*" stands for every
    role; people named one by one are `DigestMember`s. Slots before `since` are not due. A period
    whose digest is out comes once more where it is `again`. Of an at-once schedule everything up
    to `watched_until` was looked at. A person's own one that is switched on stands in place of
    the house's of its kind.
    """

    __tablename__ = "digest_schedule"
    __audit__ = "digest_schedule"
    __audit_skip__ = ("version", "watched_until")
    __audit_enums__ = {"kind": Kind, "weekday": Weekday}

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str] = mapped_column(default=Kind.WEEKLY.value)
    owner_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    name: Mapped[str] = mapped_column(default="")
    weekday: Mapped[str]
    month_day: Mapped[int] = mapped_column(default=1)
    local_time: Mapped[str]
    zone: Mapped[str]
    roles: Mapped[str] = mapped_column(default=EVERYBODY)
    events: Mapped[str] = mapped_column(default="")
    enabled: Mapped[bool] = mapped_column(default=True)
    since: Mapped[dt.datetime]
    again: Mapped[str] = mapped_column(default="")
    watched_until: Mapped[dt.datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    members: Mapped[list["DigestMember"]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by="DigestMember.user_id"
    )

    __table_args__ = (sa.UniqueConstraint("owner_id", "kind"),)
    __mapper_args__ = {"version_id_col": version}

    @property
    def title(self) -> Any:
        """What it is called: by its name, or else by its kind (titled)."""
        return {"zh": self.name, "en": self.name} if self.name else KINDS[self.kind]

    @property
    def timing(self) -> Timing:
        """When it is due, for the pure part."""
        at = dt.time.fromisoformat(self.local_time)
        return Timing(KINDS[self.kind], self.weekday, self.month_day, at, self.zone)


class DigestMember(Base):
    """A person who gets the house's mail of a schedule by name, whatever the roles say."""

    __tablename__ = "digest_member"
    __audit__ = "digest_member"

    id: Mapped[int] = mapped_column(primary_key=True)
    schedule_id: Mapped[int] = mapped_column(sa.ForeignKey("digest_schedule.id"))
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"), index=True)

    __table_args__ = (sa.UniqueConstraint("schedule_id", "user_id"),)


class DigestPause(Base):
    """A person's leave: nothing is sent from `begins_at` until before `ends_at`, and the first mail
    after it tells of all that time. The one before it is kept, since what was due in it is not made
    up for later."""

    __tablename__ = "digest_pause"
    __audit__ = "digest_pause"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"), unique=True)
    begins_at: Mapped[dt.datetime]
    ends_at: Mapped[dt.datetime]
    former_begins_at: Mapped[dt.datetime | None]
    former_ends_at: Mapped[dt.datetime | None]

    def holds(self, now: dt.datetime) -> bool:
        """Whether the person is away."""
        return self.begins_at <= now < self.ends_at

    def last(self, now: dt.datetime) -> tuple[dt.datetime, dt.datetime] | None:
        """Begin and end of the last leave that has ended."""
        if self.ends_at <= now:
            return self.begins_at, self.ends_at
        if self.former_begins_at is None or self.former_ends_at is None:
            return None
        return self.former_begins_at, self.former_ends_at


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
    """One period of one schedule; the unique key decides that there is only one.

    What did not come by the clock has a period of its own behind the one it tells of:
    "2026-W49~12". Of what is told at once, `since` is from where on it tells.
    """

    __tablename__ = "digest_run"

    id: Mapped[int] = mapped_column(primary_key=True)
    schedule_id: Mapped[int] = mapped_column(sa.ForeignKey("digest_schedule.id"))
    period: Mapped[str]
    origin: Mapped[str] = mapped_column(default=Origin.SLOT.value)
    since: Mapped[dt.datetime | None]
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
    schedule: Mapped[DigestSchedule] = relationship(lazy="raise_on_sql")

    __table_args__ = (
        sa.UniqueConstraint("schedule_id", "period"),
        sa.Index("ix_digest_run_schedule_id_origin_due_at", "schedule_id", "origin", "due_at"),
    )

    @property
    def label(self) -> str:
        """The period that it tells of, for people."""
        return self.period.partition("~")[0]


class DigestMessage(Base):
    """One mail to one person. `mime` is frozen: a retry sends the same bytes.

    `window_from` to `window_to` is what it tells of. The mentioned ids are checked again before
    sending. `data_started_at` is set before the mail's data goes to the server, so that a crash
    behind it is known to have perhaps delivered: `maybe_duplicate` flags the repeat.
    `next_attempt_at` of one that was given up is when that was.
    """

    __tablename__ = "digest_message"

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(sa.ForeignKey("digest_run.id"))
    recipient_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"), index=True)
    address: Mapped[str]
    locale: Mapped[str]
    subject: Mapped[str]
    message_id: Mapped[str] = mapped_column(unique=True)
    resend_of: Mapped[int | None] = mapped_column(sa.ForeignKey("digest_message.id"))
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
