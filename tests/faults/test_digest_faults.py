"""Digests under faults, with a real mail server process: lost 0, and no repeat without a crash."""

import datetime as dt
import signal
import subprocess
import time
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from portfolio.digest import faults, jobs, schedule_operations
from portfolio.digest.kinds import Kind, Timing
from portfolio.digest.models import DigestMessage, DigestRun
from portfolio.extensions import db, unit_of_work
from portfolio.kernel.dates import SHANGHAI
from portfolio.people.models import User
from tests import factories
from tests.faults.conftest import BEGUN, Start, check, readers
from tests.servers import MailServer

MONDAY = dt.datetime(2026, 11, 23, 8, 30, tzinfo=SHANGHAI)
MINUTE = dt.timedelta(minutes=1)


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


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[bytes] | None = None) -> None:
    """Until it holds; a generous end only so that a broken run does not hang."""
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def schedulers_at_once(start: Start, server: MailServer, processes: int, count: int) -> None:
    people = readers(count)
    running = [start("scheduler") for _ in range(processes)]
    wait_for(lambda: len(server.accepted()) >= len(people) and settled())
    for process in running:
        process.send_signal(signal.SIGTERM)
    assert [process.wait(30) for process in running] == [0] * processes
    found = check(server, count)
    assert found["repeated"] == 0
    assert db.session.query(DigestRun).count() == 1


def settled() -> bool:
    db.session.rollback()
    return db.session.query(DigestRun).filter(DigestRun.finished_at.is_not(None)).count() == 1


def test_four_schedulers_at_once_send_each_mail_once(start: Start, mail_server: MailServer) -> None:
    schedulers_at_once(start, mail_server, 4, 30)


def killed_at(point: str, start: Start, server: MailServer, kills: int, count: int) -> None:
    readers(count)
    moment = MONDAY
    for _ in range(kills):
        process = start("digest", "run-once", "--now", moment.isoformat(), FAULT_AT=point)
        assert process.wait(120) == -signal.SIGKILL
        moment += 15 * MINUTE
    until_quiet(moment)
    found = check(server, count)
    print(f"\nkill -9 {point:14} {kills:4} kills  {found}")
    assert found["lost"] == 0 and found["failed"] == 0
    # Nobody but the sender that died between data and commit may have caused a repeat.
    assert found["repeated"] <= (kills if point in {"before_answer", "before_commit"} else 0)
    assert found["repeated"] <= found["flagged"] <= kills


@pytest.mark.parametrize("point", faults.POINTS)
def test_a_sender_killed_at_a_named_point_loses_nothing(
    point: str, start: Start, mail_server: MailServer
) -> None:
    killed_at(point, start, mail_server, kills=1, count=4)


def test_a_server_that_is_down_and_comes_back_loses_nothing(
    posting: Flask, mail_server: MailServer
) -> None:
    readers(12)
    mail_server.stop()
    report = work(MONDAY)
    assert report.ended == {"pending": 3}, "after three failures the batch stops"
    moment = MONDAY
    for _ in range(24):
        moment += dt.timedelta(hours=1)
        work(moment)
    mail_server.start()
    until_quiet(moment + dt.timedelta(hours=1))
    assert check(mail_server, 12)["repeated"] == 0
    assert len(mail_server.accepted()) == 12


def test_put_off_is_tried_again_and_refused_is_final(
    posting: Flask, mail_server: MailServer
) -> None:
    readers(8)
    mail_server.order(
        rcpt={
            "reader0@fund.example": ["451 greylisted", "451 greylisted", ""],
            "reader1@fund.example": ["550 no such user"],
            "reader2@fund.example": ["421 closing", ""],
        },
        data={
            "reader3@fund.example": ["452 full", ""],
            "reader4@fund.example": ["552 too big"],
            "reader5@fund.example": ["451 always"],
        },
    )
    until_quiet(step=dt.timedelta(hours=1))
    found = check(mail_server, 8)
    assert found["failed"] == 3 and found["repeated"] == 0
    rows = {m.address.split("@")[0]: m for m in db.session.query(DigestMessage)}
    assert (rows["reader1"].last_code, rows["reader1"].reason) == (550, "refused")
    assert (rows["reader4"].last_code, rows["reader4"].attempts) == (552, 1)
    assert (rows["reader5"].reason, rows["reader5"].deferrals) == ("expired", 8)
    assert rows["reader0"].attempts == 3


def test_a_lost_answer_repeats_the_same_bytes_and_says_so(
    posting: Flask, mail_server: MailServer
) -> None:
    readers(5)
    mail_server.order(drop=["reader1@fund.example", "reader3@fund.example"])
    until_quiet()
    found = check(mail_server, 5)
    assert (found["repeated"], found["flagged"]) == (2, 2)


def test_sigterm_ends_the_scheduler_after_the_present_mail(
    start: Start, mail_server: MailServer
) -> None:
    readers(30)
    mail_server.order(wait=0.2)
    process = start("scheduler")
    wait_for(lambda: len(mail_server.accepted()) >= 2)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    db.session.rollback()
    assert not db.session.query(DigestMessage).filter_by(state="sending").count()
    assert len(mail_server.accepted()) < 30
    mail_server.order()
    until_quiet(dt.datetime.now(dt.UTC) + MINUTE)
    assert check(mail_server, 30)["repeated"] == 0


def test_at_once_is_told_once_whoever_dies_and_however_many_look(
    start: Start, mail_server: MailServer
) -> None:
    people = [db.session.get_one(User, user_id) for user_id in readers(3)]
    with unit_of_work("digest.subscription"):
        for user in people:
            schedule_operations.at_own_time(user, Timing(Kind.AT_ONCE), "company", BEGUN)
    factories.company(None, BEGUN + MINUTE)
    look = ("digest", "run-once", "--now", (BEGUN + 5 * MINUTE).isoformat())
    for point in ("planning", "after_claim"):
        assert start(*look, FAULT_AT=point).wait(120) == -signal.SIGKILL
    assert [process.wait(120) for process in [start(*look) for _ in range(4)]] == [0] * 4
    until_quiet(BEGUN + 15 * MINUTE)
    assert check(mail_server, 3) == {"lost": 0, "repeated": 0, "flagged": 0, "failed": 0}
    assert db.session.query(DigestRun).count() == 3


@pytest.mark.slow
@pytest.mark.parametrize("point", faults.POINTS)
def test_twenty_kills_at_each_point(point: str, start: Start, mail_server: MailServer) -> None:
    killed_at(point, start, mail_server, kills=20, count=40)


@pytest.mark.slow
def test_ten_schedulers_and_a_thousand_readers(start: Start, mail_server: MailServer) -> None:
    schedulers_at_once(start, mail_server, 10, 1000)
    print("\n10 schedulers, 1,000 readers: lost 0, repeated 0")
