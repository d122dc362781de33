"""The archive and what people do by hand: previews, trials, sending again, cancelling a run."""

import datetime as dt
import json
from collections.abc import Callable
from email import message_from_bytes, policy

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from portfolio.audit.models import AuditEntry
from portfolio.digest import (
    hand_operations,
    jobs,
    operations,
    preview_queries,
    queries,
    schedule_queries,
    send_operations,
)
from portfolio.digest.kinds import Kind
from portfolio.digest.models import DigestMessage, DigestRun
from portfolio.extensions import db, unit_of_work
from portfolio.kernel.dates import SHANGHAI
from portfolio.kernel.errors import InputError
from portfolio.people import operations as people
from portfolio.people.models import User
from tests import factories
from tests.digest.rows import messages_of

BEFORE = dt.datetime(2026, 11, 28, 3, 0, tzinfo=dt.UTC)
MONDAY = dt.datetime(2026, 11, 30, 8, 30, tzinfo=SHANGHAI)
MINUTE, WEEK = dt.timedelta(minutes=1), dt.timedelta(weeks=1)


def work(moment: dt.datetime = MONDAY) -> jobs.Report:
    return jobs.run_once(jobs.clock_from(moment))


def failed(user: User) -> DigestMessage:
    """The person's message of a run, given up."""
    operations.plan_due(lambda: MONDAY)
    with unit_of_work("test"):
        db.session.execute(
            sa.update(DigestMessage)
            .where(DigestMessage.recipient_id == user.id)
            .values(state="failed", reason="refused", last_code=550, last_text="no such user")
        )
    work()
    return messages_of(user)[0]


def actions() -> list[str]:
    return list(db.session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.seq)))


def test_a_trial_is_marked_comes_once_a_minute_and_moves_no_window(
    app: Flask, cast: dict[str, User]
) -> None:
    weekly, reader = schedule_queries.weekly(), cast["reader"]

    def try_out(moment: dt.datetime) -> None:
        with unit_of_work("digest.trial", reader):
            hand_operations.try_out(weekly, reader, moment)

    early = MONDAY - dt.timedelta(hours=20)
    try_out(early)
    for seconds in (0, 5, 59):
        with pytest.raises(InputError, match=r"digest\.too_soon"):
            try_out(early + dt.timedelta(seconds=seconds))
    with unit_of_work("digest.subscription"):
        operations.choose(weekly.id, reader.id, early, False, "page")
    assert work(early).ended == {"sent": 1}, "who asks for one gets it, subscribed or not"
    with unit_of_work("digest.subscription"):
        operations.choose(weekly.id, reader.id, early, True, "page")
    try_out(early + MINUTE)
    mail = message_from_bytes(messages_of(reader)[0].mime, policy=policy.default)
    assert str(mail["Subject"]).startswith("[试发] [卡位周报] 2026-W49")
    assert queries.known_until(weekly, {reader.id}, MONDAY) == {}
    assert work(MONDAY).as_dict()["sent"] == len(cast) + 1
    real = messages_of(reader)[-1]
    assert real.window_from == MONDAY - WEEK and not real.subject.startswith("[试发]")
    assert actions().count("digest.trial") == 2
    assert (
        queries.last_run().period == "2026-W49" and schedule_queries.newest_due(1, MONDAY) == MONDAY
    )


def test_a_failed_one_is_sent_again_once_as_a_new_message_of_the_same_window(
    app: Flask, cast: dict[str, User], as_user: Callable[[str], FlaskClient]
) -> None:
    reader = cast["reader"]
    lost = failed(reader)
    admin, path = as_user("admin"), f"/digests/messages/{lost.id}"
    assert "550 no such user" in admin.get("/digests").text
    assert (
        admin.post(f"/digests/messages/{messages_of(cast['partner'])[0].id}/again").status_code
        == 302
    )
    assert len(messages_of(cast["partner"])) == 1, "one that came is not sent again"
    assert admin.post(f"{path}/again").status_code == 302
    assert admin.post(f"{path}/again").status_code == 302
    first, second = messages_of(reader)
    assert second.resend_of == first.id and second.message_id != first.message_id
    assert (second.window_from, second.window_to) == (first.window_from, first.window_to)
    assert second.run.label == "2026-W49" and "已重发" in admin.get(path).text
    moment = dt.datetime.now(dt.UTC) + MINUTE
    with unit_of_work("user.change"):
        people.disable(db.session.get_one(User, reader.id))
    work(max(moment, MONDAY))
    assert (messages_of(reader)[-1].state, messages_of(reader)[-1].reason) == (
        "skipped",
        "disabled",
    )
    assert actions().count("digest.again") == 1
    assert as_user("manager").post(f"{path}/again").status_code == 404


def test_what_was_sent_again_moves_the_window_on(app: Flask, cast: dict[str, User]) -> None:
    reader = cast["reader"]
    lost = failed(reader)
    with unit_of_work("digest.again"):
        hand_operations.send_again(lost, MONDAY + MINUTE)
    assert work(MONDAY + MINUTE).ended == {"sent": 1}
    work(MONDAY + WEEK)
    assert messages_of(reader)[-1].window_from == lost.window_to
    assert messages_of(reader)[-1].run.missed == 0


def test_a_run_is_cancelled_before_its_first_data_and_not_after(
    app: Flask, cast: dict[str, User], as_user: Callable[[str], FlaskClient]
) -> None:
    operations.plan_due(lambda: MONDAY)
    held = send_operations.claim(MONDAY, "test")
    assert held is not None
    run = db.session.query(DigestRun).one()
    admin, path = as_user("admin"), f"/digests/runs/{run.id}/cancellation"
    assert "取消本批次" in admin.get(f"/digests/archive?run={run.id}").text
    assert admin.post(path).status_code == 302
    assert not send_operations.begin_data(held, MONDAY), "who holds one loses it"
    assert work().idle and {(m.state, m.reason) for m in db.session.query(DigestMessage)} == {
        ("skipped", "cancelled")
    }
    work(MONDAY + WEEK)
    assert messages_of(cast["reader"])[-1].window_from == MONDAY - WEEK, "the next one tells of it"
    newest = db.session.query(DigestRun).order_by(DigestRun.id.desc()).first()
    with pytest.raises(InputError, match=r"digest\.begun"), unit_of_work("digest.cancel"):
        hand_operations.cancel(newest, MONDAY + WEEK)
    operations.plan_due(lambda: MONDAY + 2 * WEEK)
    job = send_operations.claim(MONDAY + 2 * WEEK, "test")
    assert job is not None and send_operations.begin_data(job, MONDAY + 2 * WEEK)
    run = db.session.get_one(DigestRun, job.run_id)
    with pytest.raises(InputError, match=r"digest\.begun"), unit_of_work("digest.cancel"):
        hand_operations.cancel(run, MONDAY + 2 * WEEK)
    assert work(MONDAY + 2 * WEEK).ended == {"sent": len(cast) - 1}, "nothing was touched"


def test_the_archive_is_ones_own_or_everybodys_without_what_is_not_for_one(
    app: Flask, cast: dict[str, User], as_user: Callable[[str], FlaskClient]
) -> None:
    factories.deal(cast["manager"], BEFORE, name="金丝雀一号", walled=True)
    work()
    theirs = messages_of(cast["manager"])[0]
    admin, reader = as_user("admin"), as_user("reader")
    page = admin.get("/digests/archive").text
    assert page.count('data-label="接收人"') == len(cast)
    narrowed = admin.get(f"/digests/archive?person={theirs.recipient_id}&state=sent&kind=weekly")
    assert narrowed.text.count('data-label="接收人"') == 1
    assert "没有符合条件的邮件" in admin.get("/digests/archive?state=failed").text
    assert "没有符合条件的邮件" in admin.get("/digests/archive?kind=monthly").text
    shown = admin.get(f"/digests/messages/{theirs.id}")
    assert shown.status_code == 200 and "只有接收人本人可以查看" in shown.text
    assert admin.get(f"/digests/messages/{theirs.id}/content").status_code == 404
    own = reader.get(f"/digests/archive?person={theirs.recipient_id}").text
    assert "manager@fund.example" not in own and "1 封邮件" in own
    assert reader.get(f"/digests/messages/{theirs.id}").status_code == 404
    assert as_user("manager").get(f"/digests/messages/{theirs.id}/content").status_code == 200


def test_any_period_is_previewed_and_of_others_what_is_open_to_who_looks(
    app: Flask, cast: dict[str, User], as_user: Callable[[str], FlaskClient]
) -> None:
    reader, admin, manager = as_user("reader"), as_user("admin"), cast["manager"]
    factories.deal(manager, BEFORE)  # there is a year whose conversion is told
    page = reader.get("/digests/preview?kind=weekly&period=2026-W40").text
    assert "2026-W39" in page and "2026-W41" in page and "2026-09-21 08:30" in page
    for wrong in ("2026-W99", "2999-W01", "x", "2026-09"):
        asked = reader.get(f"/digests/preview?kind=weekly&period={wrong}")
        assert asked.status_code == 200 and "还没有这一期" in asked.text, wrong
    monthly = reader.get("/digests/preview?kind=monthly&day=2026-09-10").text
    assert "<b>2026年8月</b>" in monthly and "卡位月报 2026年8月" in monthly, "it tells of August"
    assert (
        "周报"
        not in reader.get("/digests/preview?kind=daily").text.split("<h1>")[1].split("<form")[0]
    )
    wrong_day = reader.get("/digests/preview?day=neulich").text
    assert 'id="day-err"' in wrong_day and 'value="neulich"' in wrong_day
    for client in (reader, as_user("partner")):
        for day in ("0001-01-01", "1400-02-02", "1989-12-01", "1999-12-31", "9999-12-31"):
            for kind in ("weekly", "daily", "monthly"):
                odd = client.get(f"/digests/preview?kind={kind}&day={day}")
                assert odd.status_code == 200 and "没有讲到这一天" in odd.text, (kind, day)
        for asked in (
            "weekly&period=1985-W20",
            "daily&period=0001-01-01",
            "monthly&period=9999-12",
        ):
            none = client.get(f"/digests/preview?kind={asked}")
            assert none.status_code == 200 and "还没有这一期" in none.text, asked
        for kind in ("weekly", "daily"):  # the period of that day began the year before
            odd = client.get(f"/digests/preview?kind={kind}&day=2000-01-01")
            assert "没有讲到这一天" in odd.text and "还没有这一期" not in odd.text, kind
        first = client.get("/digests/preview?kind=monthly&day=2000-01-01")
        assert first.status_code == 200 and 'rel="prev"' not in first.text
    assert reader.get("/digests/preview?kind=at_once").status_code == 404
    assert reader.get(f"/digests/preview?person={manager.id}").status_code == 403
    theirs = f"?kind=weekly&person={manager.id}"
    assert "按Manager的权限生成" in admin.get("/digests/preview" + theirs).text
    content = admin.get("/digests/preview/content" + theirs)
    assert content.status_code == 200 and "sandbox" in content.headers["Content-Security-Policy"]
    assert actions()[-1] == "digest.preview"
    client = as_user("manager")
    shown = client.get("/digests/preview?kind=weekly&period=2026-W40").text
    assert 'name="period" value="2026-W40"' in shown
    sent = client.post("/digests/trial", data={"kind": "weekly", "period": "2026-W40"})
    assert sent.location.endswith("period=2026-W40")
    assert client.post("/digests/trial", data={"kind": "weekly"}).status_code == 302
    (trial,) = messages_of(manager)
    assert trial.subject.startswith("[试发] [卡位周报] 2026-W40"), "what was shown is sent"
    assert trial.window_to == dt.datetime(2026, 9, 28, 8, 30, tzinfo=SHANGHAI)


def test_a_preview_of_somebody_elses_is_no_door_in_a_wall(
    app: Flask, cast: dict[str, User]
) -> None:
    manager = cast["manager"]
    codes: dict[str, str] = {}
    for name, walled in (("金丝雀一号", True), ("平常二号", False)):
        deal = factories.deal(
            manager, BEFORE, name=name, walled=walled, terms={"amount_fen": 31337 * 10**6}
        )
        codes[name] = deal.code
    seen = {}
    for viewer in ("manager", "colleague", "reader", "admin"):
        found = preview_queries.preview(
            manager, cast[viewer], Kind.WEEKLY, "2026-W49", MONDAY + MINUTE
        )
        assert found is not None
        seen[viewer] = (found.words.html, found.narrowed)
    assert codes["金丝雀一号"] in seen["manager"][0] and "亿" in seen["manager"][0]
    assert not seen["manager"][1]
    for viewer in ("colleague", "reader"):
        assert "平常二号" in seen[viewer][0] and codes["金丝雀一号"] not in seen[viewer][0]
        assert "亿" not in seen[viewer][0]
        assert seen[viewer][1]
    assert "二号" not in seen["admin"][0] and seen["admin"][1]


def test_commands_tell_what_the_pages_tell(app: Flask, cast: dict[str, User]) -> None:
    def run(*arguments: str) -> str:
        found = app.test_cli_runner().invoke(args=["digest", *arguments])
        assert found.exit_code == 0, found.output
        return found.output

    with unit_of_work("digest.subscription"):
        operations.choose(1, cast["reader"].id, BEFORE, False, "page")
    work()
    told = json.loads(run("schedules", "--now", "2026-12-01T09:00", "--json"))
    weekly = next(row for row in told if row["key"] == "weekly")
    assert weekly["when"] == "mon 08:30 Asia/Shanghai" and weekly["goes_to"] == len(cast) - 1
    assert weekly["skips"] == {"unsubscribed": 1}
    assert weekly["next"][0] == "2026-12-07T08:30:00+08:00" and len(weekly["next"]) == 3
    assert "skips unsubscribed 1" in run("schedules")
    sent = json.loads(run("archive", "--state", "sent", "--json"))
    assert len(sent) == len(cast) - 1 and {row["period"] for row in sent} == {"2026-W49"}
    assert run("archive", "--person", "partner@fund.example").count("\n") == 1
    text = run("preview", "partner@fund.example", "--kind", "monthly", "--period", "2026-09")
    assert text.startswith("[卡位月报] 2026年8月")
    runner = app.test_cli_runner()
    for wrong in (["preview", "x@y.example"], ["archive", "--person", "x@y.example"]):
        assert runner.invoke(args=["digest", *wrong]).exit_code == 2
