"""Nothing is lost between two digests, neither what was being written at the moment nor what a clock that
was ahead let pass."""

import datetime as dt

import sqlalchemy as sa
from flask import Flask

from portfolio.companies.models import Company
from portfolio.digest import operations, schedule_queries, send_operations, states
from portfolio.digest.models import DigestRun
from portfolio.digest.slots import SETTLE
from portfolio.extensions import db, unit_of_work
from portfolio.people import operations as people
from portfolio.people.models import User
from tests import factories
from tests.digest.rows import messages_of
from tests.digest.test_delivering import BEFORE, MONDAY, WEEK, mail_to, plan, work

SECOND, MINUTE, HOUR = (dt.timedelta(seconds=n) for n in (1, 60, 3600))
DAY = dt.timedelta(days=1)


def test_what_was_being_written_when_a_digest_was_made_is_in_the_next_one(
    app: Flask, cast: dict[str, User]
) -> None:
    company = factories.company(cast["manager"], BEFORE, name_zh="青岛模板科技有限公司")
    row = db.session.execute(sa.select(Company.__table__).where(Company.id == company.id)).one()
    work(MONDAY)
    late = {**row._mapping, "name_zh": "青岛在途科技有限公司", "created_at": MONDAY - SECOND}
    late |= {"uscc": None, "uscc_missing_reason": "foreign"}
    del late["id"]
    with unit_of_work("seed"):  # stamped before the moment, and there only behind it
        db.session.execute(sa.insert(Company).values(**late))
    work(MONDAY + WEEK)
    work(MONDAY + 2 * WEEK)
    for period, told in (("2026-W49", 0), ("2026-W50", 1), ("2026-W51", 0)):
        assert ("青岛在途" in mail_to(app, "partner", period)) is bool(told), period
        assert ("青岛模板" in mail_to(app, "partner", period)) is (period == "2026-W49")
    first, second, third = messages_of(cast["partner"])
    assert first.run.planned_at - first.window_to == SETTLE
    assert (first.window_to, second.window_to) == (second.window_from, third.window_from)


def test_who_came_behind_the_moment_is_told_by_the_next_one(
    app: Flask, cast: dict[str, User]
) -> None:
    with unit_of_work("user.create"):
        late = people.create_user("late@fund.example", "Late", ["reader"], MONDAY + HOUR)
        late.active = True
    assert work(MONDAY + 3 * HOUR).ended == {"sent": len(cast)} and not messages_of(late)
    assert work(MONDAY + WEEK).ended == {"sent": len(cast) + 1}


def test_a_clock_that_was_ahead_loses_nothing_and_no_period_comes_twice(
    app: Flask, cast: dict[str, User]
) -> None:
    def found(moment: dt.datetime) -> str:
        name = f"青岛{moment:%m%d}科技有限公司"
        factories.company(cast["manager"], moment, name_zh=name)
        return name

    first = found(BEFORE)
    assert work(MONDAY).ended == {"sent": len(cast)}
    assert work(MONDAY + 3 * WEEK).ended == {"sent": len(cast)}, "the clock is three weeks ahead"
    news = [found(MONDAY + n * WEEK + 2 * DAY) for n in range(4)]  # and right again
    for n, sent in ((1, len(cast)), (2, len(cast)), (3, 0), (4, len(cast))):
        late = schedule_queries.missed_slot(MONDAY + n * WEEK + 3 * HOUR)
        assert (late is not None) is bool(sent), "and noticed where it does not come"
        assert work(MONDAY + n * WEEK + MINUTE).ended["sent"] == sent
    told = {
        mail.run.period: [
            name for name in (first, *news) if name in mail_to(app, "partner", mail.run.period)
        ]
        for mail in messages_of(cast["partner"])
    }
    assert told == {
        "2026-W49": [first],
        "2026-W52": [],
        "2026-W50": news[:1],
        "2026-W51": news[1:2],
        "2026-W53": news[2:],
    }
    assert all(work(MONDAY + n * WEEK + HOUR).idle for n in (4, 0, 3, 1, 2, 4))


def test_what_a_clock_that_was_ahead_put_off_goes_out_when_it_is_right_again(
    app: Flask, cast: dict[str, User]
) -> None:
    plan(MONDAY)
    ahead = MONDAY + 2 * DAY
    while (job := send_operations.claim(ahead, "test")) is not None:
        busy = states.Outcome(states.Verdict.DEFERRED, 451)
        send_operations.conclude(job, busy, ahead, 0.5)
    assert work(MONDAY + MINUTE).ended == {"sent": len(cast)}
    asked = iter([False, True])
    operations.plan_due(lambda: MONDAY + 3 * WEEK, lambda: next(asked))
    with unit_of_work("test"):  # the planner died with its clock
        db.session.execute(
            sa.update(DigestRun)
            .where(DigestRun.period == "2026-W52")
            .values(lease_until=MONDAY + 4 * WEEK)
        )
    assert work(MONDAY + HOUR).ended == {"sent": len(cast)}
    mail = messages_of(cast["partner"])[-1]
    assert (mail.run.period, mail.run.state) == ("2026-W52", "done")
    assert mail.window_to == mail.run.planned_at - SETTLE < MONDAY + HOUR
