"""What goes wrong with one mail holds up no other, and what is held up is noticed."""

import datetime as dt

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from portfolio.digest import (
    content_queries,
    event_operations,
    hand_operations,
    isolation_operations,
    jobs,
    operations,
    schedule_queries,
    send_operations,
)
from portfolio.digest.models import DigestMessage
from portfolio.extensions import db, unit_of_work
from portfolio.kernel.dates import SHANGHAI
from portfolio.kernel.errors import InputError
from portfolio.people import operations as people
from portfolio.people.models import User
from tests.digest.rows import messages_of
from tests.digest.test_delivering import BEFORE, CANARY, MONDAY, WEEK, mail_to, message_of, work
from tests.digest.test_telling_at_once import ask, give_task

HOUR = dt.timedelta(hours=1)
MAILS = DigestMessage.__table__


@pytest.fixture
def unwritable(cast: dict[str, User]) -> User:
    """A reader from before such addresses were refused."""
    user = cast["colleague"]
    with unit_of_work("user.preference"):
        db.session.get_one(User, user.id).email = "张三@fund.example"
    return user


def test_a_mail_that_cannot_be_written_fails_by_itself_and_is_told_and_sent_again(
    app: Flask, cast: dict[str, User], unwritable: User, as_user
) -> None:
    with pytest.raises(InputError, match=r"email\.malformed"):
        people.create_user("李四@fund.example", "李四", ["reader"], BEFORE)
    report = work()
    assert report.ended == {"sent": len(cast) - 1}
    (failed,) = messages_of(unwritable)
    assert (failed.state, failed.reason) == ("failed", "unwritten")
    assert failed.run.state == "done_with_failures"
    page = as_user("admin").get(f"/digests/messages/{failed.id}").text
    assert "内容无法生成" in page
    assert as_user("admin").get(f"/digests/messages/{failed.id}/content").status_code == 200
    work(MONDAY + WEEK)
    assert "张三@fund.example" in mail_to(app, "admin", "2026-W50")
    with unit_of_work("user.preference"):
        db.session.get_one(User, unwritable.id).email = "zhangsan@fund.example"
    with unit_of_work("digest.again"):
        hand_operations.send_again(messages_of(unwritable)[0], MONDAY + WEEK + HOUR)
    assert work(MONDAY + WEEK + HOUR).ended == {"sent": 1}
    again = f"2026-W49~again-{failed.id}"
    assert "2026-11-23 08:30 至 2026-11-30 08:28" in mail_to(app, "zhangsan", again)


def test_what_happened_is_told_to_others_where_one_mail_cannot_be_written(
    app: Flask, cast: dict[str, User], unwritable: User
) -> None:
    for user in (cast["manager"], unwritable):
        ask(user, "task", BEFORE)
        give_task(user, cast["partner"], "催收审计报告", BEFORE + HOUR)
    assert work(BEFORE + 2 * HOUR).ended == {"sent": 1}
    assert [m.reason for m in messages_of(unwritable)] == ["unwritten"]


def test_what_breaks_anywhere_lets_the_rest_go_on(
    app: Flask, cast: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = content_queries.digest_for

    def for_others(user, *args):
        if user.id == cast["partner"].id:
            raise RuntimeError("a fault of ours")
        return whole(user, *args)

    monkeypatch.setattr(content_queries, "digest_for", for_others)
    with monkeypatch.context() as broken:
        broken.setattr(event_operations, "_come_back", None)
        assert work().ended == {"sent": len(cast) - 1}
    assert message_of(cast["partner"]).reason == "unwritten"
    operations.plan_due(lambda: MONDAY + WEEK)
    refreshed, unlucky = send_operations.refreshed, cast["reader"].id

    def for_the_lucky(job):
        if job.recipient_id == unlucky:
            raise RuntimeError("a fault of ours")
        return refreshed(job)

    monkeypatch.setattr(send_operations, "refreshed", for_the_lucky)
    assert work(MONDAY + WEEK).ended == {"sent": len(cast) - 2, "pending": 1}
    late = messages_of(cast["reader"])[-1]
    assert (late.deferrals, late.maybe_duplicate) == (1, False)


def test_what_failed_is_logged_without_subjects_and_addresses(
    app: Flask, cast: dict[str, User], caplog: pytest.LogCaptureFixture
) -> None:
    operations.plan_due(lambda: MONDAY)
    with isolation_operations.alone("a second mail"), unit_of_work("digest.plan"):
        values = {c.name: getattr(message_of(cast["reader"]), c.name) for c in MAILS.columns}
        db.session.execute(sa.insert(MAILS).values(values | {"id": 10**6, "subject": CANARY}))
    assert "a second mail could not be done" in caplog.text and "INSERT INTO" in caplog.text
    assert CANARY not in caplog.text and "reader@fund.example" not in caplog.text


def test_mails_that_cannot_be_handed_over_are_noticed_after_two_hours(
    app: Flask, cast: dict[str, User], client: FlaskClient, as_user, monkeypatch
) -> None:
    operations.plan_due(lambda: MONDAY)
    assert schedule_queries.missed_slot(MONDAY + 1.9 * HOUR) is None
    held = schedule_queries.missed_slot(MONDAY + 2 * HOUR)
    assert held is not None
    assert (held.period, held.waiting) == ("2026-W49", len(cast))
    monkeypatch.setattr("portfolio.digest.views._now", lambda: MONDAY + 3 * HOUR)
    health = client.get("/healthz/digest")
    assert (health.status_code, health.json["mails"]) == (503, len(cast))
    assert f"{len(cast)} 封" in as_user("admin").get("/deals").text
    with unit_of_work("digest.send"):
        db.session.query(DigestMessage).update({"deferrals": 1})
    assert schedule_queries.missed_slot(MONDAY + 2 * HOUR) is None, "the servers put them off"


def test_a_run_that_nobody_finishes_planning_is_noticed(app: Flask, cast: dict[str, User]) -> None:
    operations.plan_due(lambda: MONDAY, lambda: True)
    begun = next(iter(schedule_queries.open_now(MONDAY)))
    operations._begun(*begun, MONDAY, MONDAY)
    assert schedule_queries.missed_slot(MONDAY + HOUR) is None
    held = schedule_queries.missed_slot(MONDAY + 2 * HOUR)
    assert held is not None
    assert (held.period, held.waiting) == ("2026-W49", 0)
    assert jobs.run_once(jobs.clock_from(MONDAY + 3 * HOUR)).ended["sent"] == len(cast)
    assert schedule_queries.missed_slot(dt.datetime(2026, 11, 30, 12, tzinfo=SHANGHAI)) is None
