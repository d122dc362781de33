"""The stage for faults: server and command processes, what must always hold, and the table of it."""

import datetime as dt
import os
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from portfolio.digest import robot_operations
from portfolio.digest.models import DigestMessage
from portfolio.digest.robot_operations import Wanted
from portfolio.extensions import db, unit_of_work
from portfolio.people.models import ROBOT, User, UserRole
from tests.conftest import Backend
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
        hosts = {"ROBOT_TEST_HOSTS": ",".join(config["ROBOT_TEST_HOSTS"])}
        process = subprocess.Popen(
            command, cwd=ROOT, env={**environment, **hosts, **extra}, stdout=subprocess.DEVNULL
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


def groups(chat: ChatServer, count: int) -> None:
    """Robots of so many groups on the three platforms, which sign where they can."""
    secret = "SECsecret0001"
    chat.secrets = {"feishu": secret, "dingtalk": secret}
    with unit_of_work("robot.enter"):
        for n in range(count):
            platform = list(ChatServer.PATHS)[n % 3]
            robot_operations.enter(
                Wanted(
                    name=f"群{n}",
                    role="reader",
                    locale="zh",
                    address=chat.address(platform, str(n)),
                    secret=chat.secrets.get(platform, ""),
                ),
                BEGUN,
            )
    chat.order()


@dataclass(frozen=True)
class Found:
    """What a fault came to, for the table."""

    recipients: int
    sent: int
    failed: int
    lost: int
    repeated: int
    flagged: int


def check(server: MailServer, count: int, chat: ChatServer | None = None) -> Found:
    """What must hold after every fault, of `count` messages.

    Every message has ended; one that counts as sent was taken at least once; a repeat has the same
    bytes and is flagged; nothing was taken for one that was skipped; and no robot broke a rule of
    its platform.
    """
    db.session.rollback()
    rows = db.session.execute(
        sa.select(
            User.kind,
            User.name,
            DigestMessage.state,
            DigestMessage.message_id,
            DigestMessage.maybe_duplicate,
        ).join(User, User.id == DigestMessage.recipient_id)
    ).all()
    copies: defaultdict[str, list[str]] = defaultdict(list)
    for mail in server.accepted():
        copies[mail["message_id"]].append(mail["sha256"])
    for post in chat.accepted() if chat else ():
        copies[f"群{post['to']}"].append(post["sha256"])
    assert not chat or not chat.refused()
    assert len(rows) == count
    assert {row.state for row in rows} <= {"sent", "failed", "skipped"}
    lost = repeated = 0
    for row in rows:
        taken = copies[row.name if row.kind == ROBOT else row.message_id]
        assert len(set(taken)) <= 1, "a repeat must have the same bytes"
        assert row.state != "skipped" or not taken, f"sent though skipped: {row.name}"
        assert len(taken) <= 1 or row.maybe_duplicate, f"unflagged: {row.name}"
        lost += row.state == "sent" and not taken
        repeated += max(0, len(taken) - 1)
    assert lost == 0
    states = Counter(row.state for row in rows)
    return Found(
        recipients=len({row.name for row in rows}),
        sent=states["sent"],
        failed=states["failed"],
        lost=lost,
        repeated=repeated,
        flagged=sum(row.maybe_duplicate for row in rows),
    )


Note = Callable[..., None]
ROWS = pytest.StashKey[list[list[str]]]()
COLUMNS = (
    *("fault", "database", "recipients", "kills", "sent", "failed"),
    *("lost", "duplicates", "flagged", "seconds"),
)


@pytest.fixture
def note(request: pytest.FixtureRequest, backend: Backend) -> Note:
    """Write a row of the table of faults."""
    began = time.monotonic()

    def write(fault: str, found: Found, kills: int = 0) -> None:
        seconds = round(time.monotonic() - began)
        counts = (found.recipients, kills, found.sent, found.failed)
        ends = (found.lost, found.repeated, found.flagged, seconds)
        row = [fault, backend.kind, *map(str, (*counts, *ends))]
        request.config.stash.setdefault(ROWS, []).append(row)

    return write


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print the table of faults."""
    rows = [list(COLUMNS), *config.stash.get(ROWS, [])]
    if len(rows) == 1:
        return
    widths = [max(len(row[n]) for row in rows) for n in range(len(COLUMNS))]
    terminalreporter.section("faults survived")
    for row in rows:
        cells = [
            cell.ljust(width) if n < 2 else cell.rjust(width)
            for n, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        terminalreporter.write_line("  ".join(cells).rstrip())
