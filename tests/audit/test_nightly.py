"""The scheduler's clock checks the chain: what is new each night, all of it once a week."""

import datetime as dt
import logging

import sqlalchemy as sa

from portfolio.audit import jobs
from portfolio.audit.models import AuditCheck
from portfolio.extensions import db
from portfolio.kernel.dates import local_date, start_of
from tests import factories
from tests.audit.test_page import cheat

NIGHT = start_of(local_date(dt.datetime.now(dt.UTC))) + dt.timedelta(hours=2)
DAY, MINUTE = dt.timedelta(days=1), dt.timedelta(minutes=1)


def checks() -> list[tuple[int, int, int | None]]:
    db.session.rollback()  # the clock works in a session of its own
    found = db.session.scalars(sa.select(AuditCheck).order_by(AuditCheck.id)).all()
    return [(check.from_seq, check.to_seq, check.broken_seq) for check in found]


def newest() -> int:
    return db.session.scalar(sa.text("SELECT seq FROM audit_head"))


def test_the_first_look_checks_all_of_it_then_each_night_what_is_new(app, cast, as_user) -> None:
    assert app.extensions["clock_work"]["chain"] is jobs.check_chain
    first = newest()
    jobs.check_chain(app, NIGHT - 5 * MINUTE)
    jobs.check_chain(app, NIGHT - MINUTE)
    assert checks() == [(1, first, None)], "once a night"
    factories.company()
    for minute in range(3):
        jobs.check_chain(app, NIGHT + minute * MINUTE)
    assert checks()[1:] == [(first + 1, newest(), None)]
    page = as_user("compliance").get("/audit").text
    assert "尚未核验" not in page and "系统" in page and "每夜核验新条目" in page


def test_once_a_week_all_of_it_is_read_again_and_a_break_is_told(
    app, cast, as_user, caplog
) -> None:
    jobs.check_chain(app, NIGHT + MINUTE)
    cheat("UPDATE audit_entry SET actor_name = 'x' WHERE seq = 2")
    for night in range(1, 7):
        jobs.check_chain(app, NIGHT + night * DAY)
    assert all(broken is None for *_, broken in checks()), "the old part was not read again"
    with caplog.at_level(logging.ERROR):
        jobs.check_chain(app, NIGHT + 7 * DAY)
    assert checks()[-1] == (1, newest(), 2)
    assert "broken at entry 2" in caplog.text
    client = as_user("compliance")
    assert "链条自第 2 条起断裂" in client.get("/audit").text
    assert client.get("/healthz").status_code == 200


def test_who_checked_it_tonight_spares_the_clock_the_work(app, cast, as_user) -> None:
    as_user("compliance").post("/audit/chain", data={"scope": "all"})
    jobs.check_chain(app)
    assert len(checks()) == 1
