"""How long personal digests take: made for a thousand readers and handed to a mail server."""

import datetime as dt
import os
import random
import sqlite3
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask

from app import create_app
from bench.pages import filled, listening
from portfolio.companies import operations as companies
from portfolio.companies.models import Figure
from portfolio.companies.operations import Statement
from portfolio.digest import content_queries, jobs, letters, operations, template_letters
from portfolio.digest.models import DigestMessage, DigestSchedule
from portfolio.digest.shared_queries import Shared
from portfolio.extensions import db, unit_of_work
from portfolio.people.models import User

READERS, SIZE = 1000, 20_000
ROLES = ("manager",) * 12 + ("reader",) * 4 + ("partner", "committee", "compliance", "admin")
MOVED, RESTATED, ENTERED = 400, 150, 60  # in the week that is told, whatever the size
DAY, WEEK = dt.timedelta(days=1), dt.timedelta(days=7)
SINK = "aiosmtpd.handlers.Sink"


@dataclass
class Found:
    """Of each digest: milliseconds of the process's own time to ask what is in it, to make the whole
    mail and to freeze a mail alone, and by the clock to hand it over; and how many queries it took
    among few readers and among all."""

    asked: float = 0
    made: float = 0
    sent: float = 0
    frozen: float = 0
    queries: tuple[float, float] = (0, 0)
    delivered: int = 0


def staff(folder: Path, now: dt.datetime) -> None:
    """A thousand readers who own the deals, and a week in which some of them moved."""
    dice = random.Random(7)
    plain = sqlite3.connect(folder / "kawei.sqlite3")
    entered = (now - 60 * DAY).replace(tzinfo=None).isoformat(" ")
    plain.execute("DELETE FROM user_role WHERE user_id > 1")
    plain.execute("UPDATE user SET active = 0 WHERE id > 1")
    first = plain.execute("SELECT max(id) FROM user").fetchone()[0] + 1
    people = range(first, first + READERS)
    plain.executemany(
        "INSERT INTO user (id, email, name, locale, theme, active, created_at, version)"
        " VALUES (?, ?, ?, '', '', 1, ?, 1)",
        [(n, f"reader{n}@bench.example", f"读者{n}", entered) for n in people],
    )
    roles = [(n, ROLES[n % len(ROLES)]) for n in people]
    plain.executemany("INSERT INTO user_role (user_id, role) VALUES (?, ?)", roles)
    owners = [n for n, role in roles if role in {"manager", "partner"}]
    deals = [(dice.choice(owners), n) for (n,) in plain.execute("SELECT id FROM deal")]
    plain.executemany("UPDATE deal SET owner_id = ? WHERE id = ?", deals)
    plain.executemany("UPDATE deal_member SET user_id = ? WHERE deal_id = ?", deals)
    # A deal of which none is walled is on the agenda of each committee member.
    agenda = [(n, 1 + 3 * n % len(deals), entered) for n, role in roles if role == "committee"]
    plain.executemany(
        "INSERT INTO deal_grant (user_id, deal_id, kind, reason, granted_at)"
        " VALUES (?, ?, 'agenda', '', ?)",
        agenda,
    )
    moved = dice.sample(deals, MOVED)
    at = (now - DAY).replace(tzinfo=None).isoformat(" ")
    plain.executemany(
        "INSERT INTO stage_event (deal_id, kind, from_stage, to_stage, from_status, to_status,"
        " happened_at, recorded_at, actor_id, reason_code, note, overridden, evidence)"
        " SELECT id, 'forward', stage, 'dd', status, 'active', ?, ?, owner_id, '', '', '', ''"
        " FROM deal WHERE id = ?",
        [(at, at, number) for _, number in moved],
    )
    plain.executemany(
        "UPDATE deal SET stage = 'dd', status = 'active' WHERE id = ?",
        [(number,) for _, number in moved],
    )
    plain.executemany(
        "INSERT INTO task (deal_id, title, owner_id, due_on, created_at, version)"
        " VALUES (?, '跟进样机检测报告', ?, ?, ?, 1)",
        [(number, owner, now.date().isoformat(), entered) for owner, number in deals[:4000]],
    )
    plain.execute("ANALYZE")
    plain.commit()
    plain.close()


def restate(now: dt.datetime) -> None:
    """State revenue of some companies anew, and enter a few."""
    at = now - DAY
    rows = db.session.scalars(
        sa.select(Figure)
        .where(Figure.metric == companies.REVENUE, Figure.superseded_at.is_(None))
        .where(Figure.company_id % 100 < 50, Figure.fiscal_year == now.year - 1)
        .limit(RESTATED)
    ).all()
    told = [
        Statement(r.company_id, r.metric, r.fiscal_year, micro=(r.micro or 0) * 3, source="年报")
        for r in rows
    ]
    with unit_of_work("figure.state", at=at):
        companies.state_figures(told, None, at)
    for number in range(ENTERED):
        values = {"name_zh": f"青岛新企{number}号科技有限公司", "uscc_missing_reason": "筹备中"}
        with unit_of_work("company.register", at=at):
            companies.register(values, None, at)


def mail_server(port: int) -> Sequence[str]:
    """A mail server that takes everything."""
    return [sys.executable, "-m", "aiosmtpd", "-n", "-l", f"127.0.0.1:{port}", "-c", SINK]


def readers() -> list[User]:
    """Everybody who gets the digest."""
    query = sa.select(User).where(User.active, User.email.contains("@bench."))
    return list(db.session.scalars(query.order_by(User.id)))


def asking(people: list[User], now: dt.datetime) -> tuple[float, float]:
    """Milliseconds and queries of each digest, of so many made in one run."""
    seen = 0

    def note(*_: Any) -> None:
        nonlocal seen
        seen += 1

    db.session.commit()
    sa.event.listen(db.engine, "before_cursor_execute", note)
    begun, shared = time.process_time(), Shared()
    for number, user in enumerate(people):
        if number % operations.BATCH == 0:
            db.session.commit()  # as planning does after each batch
        content_queries.digest_for(user, "2026-W48", now - WEEK, now, shared=shared)
    spent = (time.process_time() - begun) * 1000
    sa.event.remove(db.engine, "before_cursor_execute", note)
    return spent / len(people), seen / len(people)


def freezing(people: list[User], now: dt.datetime) -> float:
    """Milliseconds to put words that are ready into a mail: what no asking can be spared of."""
    digest = content_queries.digest_for(people[0], "2026-W48", now - WEEK, now)
    words = template_letters.written(digest, people[0], 1)
    begun = time.process_time()
    for user in people[:50]:
        template_letters.sealed(words, user, 1, letters.new_message_id("a@b.example"), now)
    return (time.process_time() - begun) * 1000 / 50


def measured(app: Flask, now: dt.datetime) -> Found:
    """The whole way of a run."""
    found = Found()
    people = readers()
    few = asking(people[: READERS // 10], now)[1]
    found.asked, many = asking(people, now)
    found.queries = few, many
    found.frozen = freezing(people, now)
    monday = now + (7 - now.weekday()) * DAY
    with unit_of_work("digest.schedule"):
        keep = sa.select(sa.func.min(DigestSchedule.id)).scalar_subquery()
        db.session.execute(sa.update(DigestSchedule).values(enabled=DigestSchedule.id == keep))
    begun = time.process_time()
    planned = operations.plan_due(lambda: monday)
    found.made = (time.process_time() - begun) * 1000 / max(planned, 1)
    begun = time.perf_counter()
    report = jobs.run_once(lambda: monday)
    sent = report.as_dict()["sent"]
    found.sent = (time.perf_counter() - begun) * 1000 / max(sent, 1)
    found.delivered = sent
    return found


def at_size(folder: Path, size: int, port: int) -> Found:
    """What digests take where there are so many companies and deals."""
    now = dt.datetime.now(dt.UTC)
    filled(folder, size)
    staff(folder, now)
    os.environ |= {"INSTANCE_PATH": str(folder), "SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(port)}
    app = create_app()
    with app.app_context():
        restate(now)
        found = measured(app, now)
        assert db.session.scalar(sa.select(sa.func.count()).select_from(DigestMessage))
        db.session.remove()
        db.engine.dispose()
    for name in ("SMTP_HOST", "SMTP_PORT"):
        os.environ.pop(name)
    return found


def table(home: Path, size: int = SIZE) -> None:
    """Print what each digest takes at a size and at a tenth of it."""
    with listening(mail_server) as port:
        small, large = (
            at_size(home / f"digests-{number}", number, port) for number in (size // 10, size)
        )
    title = f"{READERS:,} personal digests, each"
    print(f"\n{title:<44}{size // 10:>10,}{size:>10,}{'ratio':>8}")
    for name, key in {
        "own ms to ask what stands in it": "asked",
        "own ms to make and keep the whole mail": "made",
        "ms by the clock to hand it to a mail server": "sent",
        "own ms to freeze words that are ready": "frozen",
    }.items():
        before, after = getattr(small, key), getattr(large, key)
        print(f"{name:<44}{before:>10.1f}{after:>10.1f}{after / max(before, 0.01):>8.1f}")
    for place, name in enumerate(
        (f"queries, among {READERS // 10} readers", f"queries, among {READERS:,}")
    ):
        before, after = small.queries[place], large.queries[place]
        print(f"{name:<44}{before:>10.1f}{after:>10.1f}{after / before:>8.1f}")
    print(f"{'delivered':<44}{small.delivered:>10,}{large.delivered:>10,}")
    print(
        f"{'making beside freezing, at the larger size':<44}{'':>20}{large.made / large.frozen:>8.1f}"
    )
