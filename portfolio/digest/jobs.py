"""The work of a tick, and the one process in which APScheduler ticks."""

import datetime as dt
import logging
import os
import random
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType

from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask, current_app
from sqlalchemy.exc import SQLAlchemyError

from portfolio.digest import (
    event_operations,
    faults,
    isolation_operations,
    operations,
    robot_delivery,
    send_operations,
)
from portfolio.digest.slots import Clock
from portfolio.digest.states import Breaker, Outcome, Reason, Verdict
from portfolio.extensions import unit_of_work
from portfolio.journal import operations as journal
from portfolio.kernel.dates import local_date

TICK_SECONDS = 60
BROKEN = "our own work on it failed: see the log"
log = logging.getLogger(__name__)


@dataclass
class Report:
    """What a tick did: mails planned, and messages by what became of them."""

    planned: int = 0
    ended: Counter[str] = field(default_factory=Counter)

    @property
    def idle(self) -> bool:
        """Whether there was nothing to do."""
        return not self.planned and not self.ended

    def as_dict(self) -> dict[str, int]:
        """Counts for people and machines."""
        names = {"sent": "sent", "failed": "failed", "skipped": "skipped", "pending": "deferred"}
        return {"planned": self.planned, **{v: self.ended[k] for k, v in names.items()}}


def clock_from(moment: dt.datetime | None) -> Clock:
    """The clock as it runs, or one that runs on from a given moment."""
    if moment is None:
        return lambda: dt.datetime.now(dt.UTC)
    started = time.monotonic()
    return lambda: moment + dt.timedelta(seconds=time.monotonic() - started)


def worker_name() -> str:
    """Which process did something, for the attempts' record."""
    return f"{socket.gethostname()}:{os.getpid()}"


def run_once(
    clock: Clock, breaker: Breaker | None = None, stopping: Callable[[], bool] = lambda: False
) -> Report:
    """Plan what is due, send what waits; ends after the present message when told to stop."""
    report = Report()
    for plan in (operations.plan_due, event_operations.tell_events):
        with isolation_operations.alone(plan.__name__):
            report.planned += plan(clock, stopping)
    breaker = breaker or Breaker()
    way = robot_delivery.Ways(current_app.config, breaker)
    try:
        while not stopping():
            job = send_operations.claim(clock(), worker_name())
            if job is None:
                break
            faults.reach("after_claim")
            _send(job, way, clock, report)
            if breaker.open:
                break
    finally:
        way.close()
    send_operations.settle_runs(clock())
    return report


def _send(
    job: send_operations.Claimed, way: robot_delivery.Ways, clock: Clock, report: Report
) -> None:
    begun: list[bool] = []

    def may_go() -> bool:
        begun.append(send_operations.begin_data(job, clock()))
        return begun[-1]

    outcome = None
    with isolation_operations.alone(f"message {job.id}"):
        ready = send_operations.obstacle(job, clock()) or send_operations.refreshed(job)
        if isinstance(ready, Reason):
            state = send_operations.give_up(job, ready, clock())
            report.ended[state.value] += 1
            return
        parcel = send_operations.Claimed(**{**job.__dict__, "mime": ready})
        outcome = way.hand_over(parcel, may_go)
    if outcome is None:
        outcome = Outcome(Verdict.UNANSWERED if any(begun) else Verdict.DEFERRED, None, BROKEN)
    _conclude(job, outcome, clock, report)


def _conclude(job: send_operations.Claimed, outcome: Outcome, clock: Clock, report: Report) -> None:
    if outcome.verdict is Verdict.LOST_CLAIM:
        return
    faults.reach("before_commit")
    # Spreads the retries of many mails; nothing secret hangs on it.
    jitter = random.random()  # noqa: S311  # nosec B311
    state = send_operations.conclude(job, outcome, clock(), jitter)
    faults.reach("after_commit")
    if state is not None:
        report.ended[state.value] += 1


def _forget(now: dt.datetime) -> None:
    """Let go of what can no longer be taken back; looks first, because it is asked each minute."""
    if journal.purge_due(now):
        with unit_of_work("act.purge"):
            journal.purge(local_date(now))


def tick(app: Flask, breaker: Breaker, stopping: Callable[[], bool]) -> None:
    """One look at the clock; a database that is away for a while is tried again next time."""
    with app.app_context():
        try:
            operations.note_tick(dt.datetime.now(dt.UTC), worker_name())
            _forget(dt.datetime.now(dt.UTC))
            report = run_once(clock_from(None), breaker, stopping)
        except SQLAlchemyError:
            log.exception("the database could not be used; trying again at the next tick")
            return
        if not report.idle:
            log.warning("digest: %s", report.as_dict())


def ticking(app: Flask, stopped: threading.Event) -> BackgroundScheduler:
    """A scheduler that looks at the clock: what is due is decided by the rows, not by it.

    Work of other slices (`clock_work` of the application) has jobs of its own, so that a long one
    holds no mail up.
    """
    scheduler = BackgroundScheduler(timezone=dt.UTC)
    scheduler.add_job(
        tick,
        "interval",
        args=(app, Breaker(), stopped.is_set),
        seconds=TICK_SECONDS,
        id="tick",
        next_run_time=dt.datetime.now(dt.UTC),
        coalesce=True,
        max_instances=1,
        # The default of one second drops late runs silently; ours only means "look now".
        misfire_grace_time=None,
    )
    for name, work in app.extensions.get("clock_work", {}).items():
        scheduler.add_job(
            work,
            "interval",
            args=(app,),
            seconds=TICK_SECONDS,
            id=name,
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
        )
    return scheduler


def run_scheduler(app: Flask) -> None:
    """Tick until SIGTERM or SIGINT; the message being sent is finished first."""
    stopped = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        stopped.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    scheduler = ticking(app, stopped)
    scheduler.start()
    stopped.wait()
    scheduler.shutdown(wait=True)
