"""What is done to digests, at a count: a short sample in each run, the full one in the table."""

import datetime as dt
import signal
import subprocess
import time
from collections.abc import Callable
from typing import Any

from portfolio.digest import jobs
from portfolio.digest.models import DigestMessage, DigestRun
from portfolio.extensions import db
from portfolio.kernel.dates import SHANGHAI
from tests.faults.conftest import Found, Start, check, groups, readers
from tests.servers import ChatServer, MailServer

MONDAY = dt.datetime(2026, 11, 23, 8, 30, tzinfo=SHANGHAI)
MINUTE, HOUR = dt.timedelta(minutes=1), dt.timedelta(hours=1)
DAY, WEEK = dt.timedelta(days=1), dt.timedelta(weeks=1)


def work(moment: dt.datetime, **options: Any) -> jobs.Report:
    """One tick at a moment."""
    return jobs.run_once(jobs.clock_from(moment), **options)


def until_quiet(moment: dt.datetime = MONDAY, step: dt.timedelta = 10 * MINUTE) -> None:
    """Tick on until nothing waits."""
    for _ in range(400):
        work(moment)
        db.session.rollback()
        waiting = DigestMessage.state.in_(["pending", "sending"])
        if not db.session.query(DigestMessage).filter(waiting).count():
            return
        moment += step
    raise AssertionError("messages still wait")


def wait_for(condition: Callable[[], bool], seconds: float = 120) -> None:
    """Until it holds; a generous end only so that a broken run does not hang."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def settled() -> bool:
    """Whether the one run has ended."""
    db.session.rollback()
    return db.session.query(DigestRun).filter(DigestRun.finished_at.is_not(None)).count() == 1


def end(*running: subprocess.Popen[bytes]) -> None:
    """Tell schedulers to stop, which they do in order."""
    for process in running:
        process.send_signal(signal.SIGTERM)
    assert [process.wait(60) for process in running] == [0] * len(running)


def schedulers_at_once(
    start: Start,
    server: MailServer,
    processes: int,
    count: int,
    chat: ChatServer | None = None,
    robots: int = 0,
) -> Found:
    """Several schedulers begin at once; each message goes out once."""
    readers(count)
    if chat:
        groups(chat, robots)
    running = [start("scheduler") for _ in range(processes)]
    wait_for(settled, 120 + count)
    end(*running)
    found = check(server, count + robots, chat)
    assert found.sent == count + robots and found.repeated == 0
    assert db.session.query(DigestRun).count() == 1
    return found


def killed_at(
    point: str,
    start: Start,
    server: MailServer,
    kills: int,
    count: int,
    chat: ChatServer | None = None,
    robots: int = 0,
) -> Found:
    """A sender is killed again and again where it has reached `point`; robots come first."""
    if chat:
        groups(chat, robots)
    readers(count)
    moment = MONDAY
    for _ in range(kills):
        process = start("digest", "run-once", "--now", moment.isoformat(), FAULT_AT=point)
        assert process.wait(120) == -signal.SIGKILL
        moment += 15 * MINUTE
    until_quiet(moment)
    found = check(server, count + robots, chat)
    assert found.failed == 0
    # Nobody but the sender that died between data and commit may have caused a repeat.
    assert found.repeated <= (kills if point in {"before_answer", "before_commit"} else 0)
    assert found.repeated <= found.flagged <= kills
    return found
