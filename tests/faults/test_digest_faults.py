"""Digests under faults, with a real mail server process: lost 0, and no repeat without a crash."""

import datetime as dt
import signal
import sqlite3
import threading

import pytest
from flask import Flask

from portfolio.digest import delivery, faults, operations
from portfolio.digest.models import DigestMessage
from portfolio.extensions import db
from tests.conftest import Backend
from tests.faults.conftest import Start, check, readers
from tests.faults.scenarios import (
    MINUTE,
    MONDAY,
    killed_at,
    schedulers_at_once,
    until_quiet,
    wait_for,
    work,
)
from tests.servers import MailServer


def test_four_schedulers_at_once_send_each_mail_once(start: Start, mail_server: MailServer) -> None:
    schedulers_at_once(start, mail_server, 4, 30)


@pytest.mark.parametrize("point", faults.POINTS)
def test_a_sender_killed_at_a_named_point_loses_nothing(
    point: str, start: Start, mail_server: MailServer, request: pytest.FixtureRequest
) -> None:
    # In one of them it is a robot's message that is under way.
    chat = request.getfixturevalue("chat_server") if point == "before_commit" else None
    killed_at(point, start, mail_server, 1, 4, chat, 2 if chat else 0)


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
    assert check(mail_server, 12).repeated == 0
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
    assert found.failed == 3 and found.repeated == 0
    rows = {m.address.split("@")[0]: m for m in db.session.query(DigestMessage)}
    assert (rows["reader1"].last_code, rows["reader1"].reason) == (550, "refused")
    assert (rows["reader4"].last_code, rows["reader4"].attempts) == (552, 1)
    assert (rows["reader5"].reason, rows["reader5"].deferrals) == ("expired", 8)
    assert rows["reader0"].attempts == 3


def test_a_lost_answer_repeats_the_same_bytes_and_says_so_and_a_slow_one_before_it_repeats_nothing(
    posting: Flask, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "TIMEOUT_SECONDS", 0.5)
    readers(5)
    mail_server.order(
        drop=["reader1@fund.example", "reader3@fund.example"],
        rcpt={"reader4@fund.example": ["wait 1", ""]},
        slow={"reader2@fund.example": 1.5},
    )
    until_quiet()
    found = check(mail_server, 5)
    assert (found.repeated, found.flagged) == (2, 2), "who thinks long over a mail has it once"


def test_what_is_said_of_the_sender_fails_no_mail(posting: Flask, mail_server: MailServer) -> None:
    readers(3)
    mail_server.order(mail={"*": ["530 authentication required", "550 sender blocked", ""]})
    assert work(MONDAY).ended == {"pending": 2, "sent": 1}
    until_quiet(MONDAY + MINUTE)
    assert check(mail_server, 3).repeated == 0


def test_a_database_that_goes_away_for_a_moment_loses_nothing(
    posting: Flask, mail_server: MailServer, backend: Backend
) -> None:
    readers(5)
    operations.plan_due(lambda: MONDAY)
    if backend.server is not None:
        # As a restart does: every connection ends, and the next use makes a new one.
        backend.administer(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        db.session.rollback()
    else:
        path = posting.config["SQLALCHEMY_DATABASE_URI"].removeprefix("sqlite:///")
        other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        other.execute("BEGIN EXCLUSIVE")
        threading.Timer(0.5, other.close).start()
    assert work(MONDAY).ended == {"sent": 5}
    assert check(mail_server, 5).repeated == 0


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
    assert check(mail_server, 30).repeated == 0
