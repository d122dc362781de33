"""The faults of `make faults` at full count: each is a row of the table that is printed at the end."""

import datetime as dt
import sqlite3
import time
from collections import Counter
from email import message_from_bytes, policy

import pytest
import sqlalchemy as sa
from flask import Flask

from portfolio.digest import delivery, faults, robot_delivery
from portfolio.digest.models import DigestMessage, DigestRun
from portfolio.extensions import db
from tests.conftest import Backend
from tests.factories import company
from tests.faults.conftest import Note, Start, check, groups, readers
from tests.faults.scenarios import (
    DAY,
    HOUR,
    MINUTE,
    MONDAY,
    WEEK,
    end,
    killed_at,
    schedulers_at_once,
    settled,
    until_quiet,
    wait_for,
    work,
)
from tests.servers import ChatServer, MailServer

pytestmark = pytest.mark.slow

SOME = 200
ROBOTS = 30


def address(number: int) -> str:
    return f"reader{number}@fund.example"


def words_of(mime: bytes) -> str:
    """The plain text of a mail."""
    body = message_from_bytes(mime, policy=policy.default).get_body(("plain",))
    return str(body.get_content()) if body else ""


def test_nothing(
    posting: Flask, mail_server: MailServer, chat_server: ChatServer, note: Note
) -> None:
    readers(1000)
    groups(chat_server, ROBOTS)
    until_quiet()
    found = check(mail_server, 1000 + ROBOTS, chat_server)
    assert (found.sent, found.repeated) == (1000 + ROBOTS, 0)
    note("none", found)


def test_ten_schedulers(
    start: Start, mail_server: MailServer, chat_server: ChatServer, note: Note
) -> None:
    found = schedulers_at_once(start, mail_server, 10, 1000 - ROBOTS, chat_server, ROBOTS)
    note("ten schedulers at once", found)


@pytest.mark.parametrize("point", faults.POINTS)
def test_kills(
    point: str, start: Start, mail_server: MailServer, chat_server: ChatServer, note: Note
) -> None:
    found = killed_at(point, start, mail_server, 20, 40, chat_server, 10)
    note(f"kill -9: {point}", found, 20)


def test_mail_server_down_for_a_day(posting: Flask, mail_server: MailServer, note: Note) -> None:
    readers(SOME)
    mail_server.stop()
    for hour in range(24):
        work(MONDAY + hour * HOUR)
    mail_server.start()
    until_quiet(MONDAY + DAY)
    found = check(mail_server, SOME)
    assert (found.sent, found.repeated) == (SOME, 0)
    note("SMTP down for a day", found)


def test_mail_server_slow(
    posting: Flask, mail_server: MailServer, note: Note, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slower than we wait before the mail's own data, and slow but in time behind it."""
    monkeypatch.setattr(delivery, "TIMEOUT_SECONDS", 1)
    readers(SOME)
    late = {address(n): ["wait 2", ""] for n in range(0, SOME, 20)}
    thinking = {address(n): 2 for n in range(10, SOME, 20)}
    mail_server.order(rcpt=late, slow=thinking, wait=0.01)
    until_quiet()
    found = check(mail_server, SOME)
    assert (found.sent, found.repeated) == (SOME, 0)
    note("SMTP slow", found)


def test_mail_server_puts_off(posting: Flask, mail_server: MailServer, note: Note) -> None:
    readers(SOME)
    mail_server.order(
        rcpt={address(n): ["451 greylisted", "451 greylisted", ""] for n in range(0, SOME, 5)},
        data={address(n): ["452 full", ""] for n in range(1, SOME, 10)},
    )
    until_quiet()
    found = check(mail_server, SOME)
    assert (found.sent, found.repeated) == (SOME, 0)
    note("SMTP 451, 452", found)


def test_mail_server_refuses(posting: Flask, mail_server: MailServer, note: Note) -> None:
    readers(SOME)
    mail_server.order(
        rcpt={address(n): ["550 no such user"] for n in range(0, SOME, 50)},
        data={address(n): ["552 too big"] for n in range(1, SOME, 50)},
    )
    until_quiet()
    found = check(mail_server, SOME)
    assert (found.sent, found.failed, found.repeated) == (SOME - 8, 8, 0)
    note("SMTP 550, 552", found)


def test_mail_server_closes(posting: Flask, mail_server: MailServer, note: Note) -> None:
    readers(SOME)
    mail_server.order(rcpt={address(n): ["421 closing", ""] for n in range(0, SOME, 20)})
    until_quiet(step=MINUTE)
    found = check(mail_server, SOME)
    assert (found.sent, found.repeated) == (SOME, 0)
    note("SMTP 421", found)


def test_answers_of_the_mail_server_are_lost(
    posting: Flask, mail_server: MailServer, note: Note
) -> None:
    readers(SOME)
    mail_server.order(drop=[address(n) for n in range(0, SOME, 20)])
    until_quiet(step=MINUTE)
    found = check(mail_server, SOME)
    assert (found.sent, found.repeated, found.flagged) == (SOME, 10, 10)
    note("SMTP answer lost", found)


def test_the_clock_jumps(posting: Flask, mail_server: MailServer, note: Note) -> None:
    """Each period comes once, and all that was recorded while the clock was right is told once."""
    first = readers(SOME)[0]
    jumps = (0 * DAY, HOUR, -10 * DAY, -3 * DAY, 21 * DAY, 0 * DAY, -400 * DAY, 21 * DAY, HOUR)
    for jump in jumps:
        until_quiet(MONDAY + jump)
    moments = [MONDAY + n * WEEK + DAY for n in range(4)]
    news = [company(None, at, name_zh=f"青岛{at:%m%d}科技有限公司").name_zh for at in moments]
    for n in range(1, 6):
        until_quiet(MONDAY + n * WEEK)
    # The one after three weeks was out before its time; two weeks before the first one came, too.
    runs = {row.period for row in db.session.query(DigestRun)}
    assert runs == {f"2026-W{n}" for n in range(46, 54)}
    found = check(mail_server, len(runs) * SOME)
    assert (found.sent, found.repeated) == (len(runs) * SOME, 0)
    mails = db.session.query(DigestMessage).filter_by(recipient_id=first)
    told = Counter(name for mail in mails for name in news if name in words_of(mail.mime))
    assert told == Counter(news)
    note("clock jumps both ways", found)


def test_three_weeks_off(posting: Flask, mail_server: MailServer, note: Note) -> None:
    readers(SOME)
    until_quiet()
    until_quiet(MONDAY + 3 * WEEK + DAY)
    runs = db.session.scalars(sa.select(DigestRun).order_by(DigestRun.due_at)).all()
    assert [(run.late, run.missed) for run in runs] == [(False, 0), (True, 2)]
    found = check(mail_server, 2 * SOME)
    assert (found.sent, found.repeated) == (2 * SOME, 0)
    note("three weeks off", found)


def test_the_database_goes_away(
    start: Start, mail_server: MailServer, backend: Backend, app: Flask, note: Note
) -> None:
    """PostgreSQL is stopped while mails go out, and started again; SQLite is locked meanwhile."""
    readers(SOME)
    mail_server.order(wait=0.02)
    scheduler = start("scheduler")
    wait_for(lambda: len(mail_server.accepted()) >= 20)
    db.session.remove()
    db.engine.dispose()
    if backend.server is None:
        fault = "database locked for 10 s"
        path = app.config["SQLALCHEMY_DATABASE_URI"].removeprefix("sqlite:///")
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        time.sleep(10)
        other.execute("ROLLBACK")
        other.close()
    else:
        fault = "database stopped for 10 s"
        backend.server.stop()
        time.sleep(10)
        backend.server.ensure_postgres_running()
    before = len(mail_server.accepted())
    wait_for(lambda: len(mail_server.accepted()) >= min(SOME, before + 20), 180)
    assert scheduler.poll() is None, "the scheduler goes on by itself"
    end(scheduler)
    # Past the lease of the one mail that was under way when the database went.
    until_quiet(dt.datetime.now(dt.UTC) + 10 * MINUTE)
    found = check(mail_server, SOME)
    assert found.sent == SOME and found.repeated <= 1
    note(fault, found)


def test_platforms_down_for_a_day(
    posting: Flask, mail_server: MailServer, chat_server: ChatServer, note: Note
) -> None:
    readers(SOME)
    groups(chat_server, ROBOTS)
    chat_server.stop()
    assert work(MONDAY).ended == {"sent": SOME, "pending": ROBOTS}, "mails do not wait for them"
    for hour in range(1, 24):
        work(MONDAY + hour * HOUR)
    chat_server.start()
    until_quiet(MONDAY + DAY)
    found = check(mail_server, SOME + ROBOTS, chat_server)
    assert (found.sent, found.repeated) == (SOME + ROBOTS, 0)
    note("robots: server down for a day", found)


@pytest.mark.parametrize(
    ("fault", "answers", "repeats"),
    [
        ("busy", ["busy"] * 20 + ["ok"], 0),
        ("slow", ["slow", "ok"] * 5 + ["ok"], 5),
        ("answer lost", ["drop", "ok"] * 5 + ["ok"], 5),
        ("429, 502, 503", [429, 502, 503] * 5 + ["ok"], 0),
    ],
)
def test_platforms_fail(
    posting: Flask,
    mail_server: MailServer,
    chat_server: ChatServer,
    note: Note,
    monkeypatch: pytest.MonkeyPatch,
    fault: str,
    answers: list[object],
    repeats: int,
) -> None:
    monkeypatch.setattr(robot_delivery, "TIMEOUT_SECONDS", 1)
    readers(SOME)
    groups(chat_server, ROBOTS)
    chat_server.order(answers=answers, wait=2)
    until_quiet()
    found = check(mail_server, SOME + ROBOTS, chat_server)
    assert (found.sent, found.repeated) == (SOME + ROBOTS, repeats)
    note(f"robots: {fault}", found)


def test_ten_schedulers_with_robots_alone(
    start: Start, mail_server: MailServer, chat_server: ChatServer, note: Note
) -> None:
    found = schedulers_at_once(start, mail_server, 10, 0, chat_server, 100)
    assert settled()
    note("robots: ten schedulers at once", found)
