"""The stage for faults: a mail server process, command processes, and what must always hold."""

import datetime as dt
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from portfolio.digest.models import DigestMessage
from portfolio.extensions import db, unit_of_work
from portfolio.people.models import User, UserRole
from tests.servers import ChatServer, MailServer, running

ROOT = Path(__file__).resolve().parents[2]
BEGUN = dt.datetime(2026, 11, 2, tzinfo=dt.UTC)


@pytest.fixture
def mail_server(tmp_path: Path) -> Iterator[MailServer]:
    """A running mail server on loopback."""
    with running(MailServer, tmp_path / "smtp") as server:
        yield server


@pytest.fixture
def chat_server(app: Flask, tmp_path: Path) -> Iterator[ChatServer]:
    """The platforms of chats on loopback, which the application may post to."""
    with running(ChatServer, tmp_path / "chat") as server:
        app.config["ROBOT_TEST_HOSTS"] = (server.host,)
        yield server


@pytest.fixture
def posting(app: Flask, mail_server: MailServer) -> Flask:
    """The application, set to send through the server."""
    app.config.update(SMTP_HOST="127.0.0.1", SMTP_PORT=mail_server.port)
    return app


Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start(posting: Flask, mail_server: MailServer, tmp_path: Path) -> Iterator[Start]:
    """Start one of our commands as a process of its own, on the test's database."""
    running: list[subprocess.Popen[bytes]] = []
    config = posting.config
    environment = {
        **os.environ,
        "DATABASE_URL": config["SQLALCHEMY_DATABASE_URI"],
        "INSTANCE_PATH": str(tmp_path),
        "SECRET_KEY": config["SECRET_KEY"],
        "AUDIT_KEY": config["AUDIT_KEY"],
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(mail_server.port),
    }

    def run(*arguments: str, **extra: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "flask", "--app", "app", *arguments]
        process = subprocess.Popen(
            command, cwd=ROOT, env={**environment, **extra}, stdout=subprocess.DEVNULL
        )
        running.append(process)
        return process

    yield run
    for process in running:
        if process.poll() is None:
            process.kill()
        process.wait()


def readers(count: int) -> list[int]:
    """People with a role, subscribed since the beginning of the month."""
    with unit_of_work("user.create"):
        people = [
            User(
                email=f"reader{n}@fund.example",
                name=f"读者{n}",
                created_at=BEGUN,
                active=True,
                grants=[UserRole(role="reader")],
            )
            for n in range(count)
        ]
        db.session.add_all(people)
        db.session.flush()
        return [person.id for person in people]


def check(server: MailServer, count: int) -> dict[str, int]:
    """What must hold after every fault; answers lost, repeated and flagged for the table.

    Every reader's message has ended; one that counts as sent was taken at least once; a repeat
    has the same bytes and is flagged; nothing was taken for one that was skipped.
    """
    db.session.rollback()
    rows = db.session.execute(
        sa.select(
            DigestMessage.address,
            DigestMessage.state,
            DigestMessage.message_id,
            DigestMessage.maybe_duplicate,
        )
    ).all()
    taken = Counter(mail["message_id"] for mail in server.accepted())
    assert len(rows) == count
    assert {row.state for row in rows} <= {"sent", "failed", "skipped"}
    for row in rows:
        if row.state == "sent":
            assert taken[row.message_id] >= 1, f"lost: {row.address}"
        if row.state == "skipped":
            assert taken[row.message_id] == 0, f"sent though skipped: {row.address}"
        assert taken[row.message_id] <= 1 or row.maybe_duplicate, f"unflagged: {row.address}"
    for message_id in taken:
        copies = {m["sha256"] for m in server.accepted() if m["message_id"] == message_id}
        assert len(copies) == 1, "a repeat must have the same bytes"
    return {
        "lost": sum(row.state == "sent" and not taken[row.message_id] for row in rows),
        "repeated": sum(number - 1 for number in taken.values()),
        "flagged": sum(row.maybe_duplicate for row in rows),
        "failed": sum(row.state == "failed" for row in rows),
    }
