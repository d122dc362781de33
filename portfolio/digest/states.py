"""The life of a run and of a message: states, retries, leases and what ends a message (pure)."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from portfolio.kernel.titles import TitledEnum

# Longer than the time a slow server may take before the mail's own data is sent; the lease is
# renewed right before that.
LEASE = dt.timedelta(minutes=5)
# Longer than a server may take to answer for a mail that it has.
DATA_LEASE = dt.timedelta(minutes=12)
MAX_DEFERRALS = 8
OLDEST = dt.timedelta(days=5)
FIRST_PAUSE = dt.timedelta(minutes=1)
LONGEST_PAUSE = dt.timedelta(hours=6)
LONGEST_WAIT = dt.timedelta(minutes=30)
PART_OF_AGE = 20
JITTER = 0.2
BREAKS_AFTER = 3
SERVICE_CLOSING = 421


class RunState(TitledEnum):
    """Where a run stands."""

    PLANNING = "planning", "编制中", "Being planned"
    SENDING = "sending", "发送中", "Being sent"
    DONE = "done", "已完成", "Done"
    DONE_WITH_FAILURES = "done_with_failures", "完成，有失败", "Done with failures"
    CANCELLED = "cancelled", "已取消", "Cancelled"


class MessageState(TitledEnum):
    """Where a message stands."""

    PENDING = "pending", "待发送", "Waiting"
    SENDING = "sending", "发送中", "Being sent"
    SENT = "sent", "已发送", "Sent"
    FAILED = "failed", "发送失败", "Failed"
    SKIPPED = "skipped", "未发送", "Not sent"


class Reason(TitledEnum):
    """Why a message was skipped or given up."""

    DISABLED = "disabled", "账号已停用", "Account disabled"
    ROLE_LOST = "role_lost", "已无任何角色", "No role any more"
    NOT_MEANT = "not_meant", "不在接收范围", "Not among the recipients"
    UNSUBSCRIBED = "unsubscribed", "已退订", "Unsubscribed"
    OWN_TIME = "own_time", "改按个人时间接收", "Gets it at a time of their own"
    SWITCHED_OFF = "switched_off", "推送已停用", "The schedule was switched off"
    PAUSED = "paused", "暂停接收中", "Paused"
    EMPTY = "empty", "本期无变动", "Nothing to report"
    WITHDRAWN = "withdrawn", "内容已不可见", "Content no longer open to the reader"
    REFUSED = "refused", "对方服务器拒收", "Refused by the receiving server"
    UNANSWERED = "unanswered", "未得到答复，可能已送达", "Not answered for, perhaps delivered"
    EXPIRED = "expired", "超过重试期限", "Retried for too long"
    UNWRITTEN = "unwritten", "内容无法生成", "Could not be written"
    SUPERSEDED = "superseded", "已由后一期取代", "Replaced by a later digest"
    CANCELLED = "cancelled", "已取消发送", "Cancelled"


# What was skipped for these is told by the next one.
HELD_BACK = (Reason.CANCELLED, Reason.PAUSED, Reason.SWITCHED_OFF)


class Verdict(TitledEnum):
    """What became of one attempt to hand over a mail."""

    ACCEPTED = "accepted", "已接收", "Accepted"
    DEFERRED = "deferred", "暂缓", "Put off"
    REFUSED = "refused", "拒收", "Refused"
    UNREACHABLE = "unreachable", "连接失败", "No connection"
    UNANSWERED = "unanswered", "未得到答复", "No answer after the mail was handed over"
    LOST_CLAIM = "lost_claim", "已由他人处理", "Taken over by another process"


@dataclass(frozen=True)
class Outcome:
    """One attempt's verdict, with the server's code and words where it gave any."""

    verdict: Verdict
    code: int | None = None
    text: str = ""


@dataclass(frozen=True)
class Next:
    """What a message becomes after an attempt."""

    state: MessageState
    reason: Reason | None = None
    pause: dt.timedelta | None = None
    maybe_duplicate: bool = False
    deferral: bool = False


def verdict_of(code: int) -> Verdict:
    """What a server's answer means: 2xx, 4xx or 5xx; one that closes down says nothing."""
    if code == SERVICE_CLOSING:
        return Verdict.UNREACHABLE
    if 200 <= code < 300:
        return Verdict.ACCEPTED
    return Verdict.REFUSED if code >= 500 else Verdict.DEFERRED


def pause_after(deferrals: int, random: float) -> dt.timedelta:
    """1, 4, 16, 64 minutes and so on to six hours, a fifth more or less; `random` in [0, 1)."""
    pause = min(FIRST_PAUSE * 4 ** min(deferrals - 1, 8), LONGEST_PAUSE)
    return pause * (1 - JITTER + 2 * JITTER * random)


def wait_after(age: dt.timedelta, random: float) -> dt.timedelta:
    """How long until a server that cannot be reached is tried again with the same mail: a minute at
    first, half an hour where it has been away for long; a fifth more or less."""
    pause = min(max(FIRST_PAUSE, age / PART_OF_AGE), LONGEST_WAIT)
    return pause * (1 - JITTER + 2 * JITTER * random)


def after(
    outcome: Outcome,
    deferrals: int,
    age: dt.timedelta,
    random: float,
    maybe_delivered: bool = False,
) -> Next:
    """What a message becomes after an attempt; `deferrals` counts those before it, and
    `maybe_delivered` says that one of them may have delivered it.

    Only what concerns this mail counts towards the limit: a server that cannot be reached for a
    day says nothing against any mail, and age alone ends waiting for it. A mail that is not
    answered for comes once more, and then no more by itself.
    """
    if outcome.verdict is Verdict.ACCEPTED:
        return Next(MessageState.SENT)
    if outcome.verdict is Verdict.REFUSED:
        return Next(MessageState.FAILED, Reason.REFUSED)
    unanswered = outcome.verdict is Verdict.UNANSWERED
    deferral = unanswered or outcome.verdict is Verdict.DEFERRED
    if unanswered and maybe_delivered:
        return Next(MessageState.FAILED, Reason.UNANSWERED, None, True, True)
    if age > OLDEST or (deferral and deferrals + 1 >= MAX_DEFERRALS):
        return Next(MessageState.FAILED, Reason.EXPIRED, None, unanswered, deferral)
    pause = pause_after(deferrals + 1, random) if deferral else wait_after(age, random)
    return Next(MessageState.PENDING, None, pause, unanswered, deferral)


@dataclass(frozen=True)
class Standing:
    """How a person stands to a schedule at a moment."""

    active: bool
    has_role: bool
    meant: bool = True
    subscribed: bool = True
    own_time: bool = False
    paused: bool = False

    @property
    def why_skip(self) -> Reason | None:
        """Why this person gets nothing, asked when planning and again right before sending."""
        return next((reason for met, reason in self._reasons if met), None)

    @property
    def _reasons(self) -> tuple[tuple[bool, Reason], ...]:
        return (
            (not self.active, Reason.DISABLED),
            (not self.has_role, Reason.ROLE_LOST),
            (not self.meant, Reason.NOT_MEANT),
            (self.own_time, Reason.OWN_TIME),
            (not self.subscribed, Reason.UNSUBSCRIBED),
            (self.paused, Reason.PAUSED),
        )


@dataclass
class Breaker:
    """Stops a batch when the server is down, then probes it with one mail a tick."""

    errors: int = field(default=0)

    @property
    def open(self) -> bool:
        """Whether a batch should stop after the mail that it has just tried."""
        return self.errors >= BREAKS_AFTER

    def note(self, outcome: Outcome) -> None:
        """Count connection failures in a row; 421 means that the server is closing down."""
        if outcome.code == SERVICE_CLOSING:
            self.errors = max(self.errors, BREAKS_AFTER)
        elif outcome.verdict in {Verdict.UNREACHABLE, Verdict.UNANSWERED}:
            self.errors += 1
        else:
            self.errors = 0


def run_state(states: frozenset[Any]) -> RunState:
    """Where a planned run stands, by the states of its messages."""
    if states & {MessageState.PENDING, MessageState.SENDING}:
        return RunState.SENDING
    return RunState.DONE_WITH_FAILURES if MessageState.FAILED in states else RunState.DONE
