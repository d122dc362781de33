"""One digest per reader and period: what is planned, what is told, to whom, and who gets nothing."""

import datetime as dt
import json
import re
from collections.abc import Callable
from email import message_from_bytes, policy
from pathlib import Path

import pytest
import sqlalchemy as sa
from apscheduler.triggers.interval import IntervalTrigger
from flask import Flask
from flask.testing import FlaskClient

from portfolio.companies.models import Task
from portfolio.digest import (
    audience_queries,
    content_queries,
    jobs,
    operations,
    schedule_queries,
    send_operations,
    states,
    template_letters,
)
from portfolio.digest.line_letters import said
from portfolio.digest.models import DigestMessage, DigestRun
from portfolio.extensions import db, unit_of_work
from portfolio.kernel.dates import SHANGHAI
from portfolio.people import operations as people
from portfolio.people.models import User
from portfolio.pipeline import operations as pipeline
from portfolio.pipeline.models import GrantKind
from portfolio.pipeline.stages import Move
from tests import factories

# The cast is opened on Monday 23 November at 09:00, so that its first slot is the week after.
BEFORE = dt.datetime(2026, 11, 28, 3, 0, tzinfo=dt.UTC)
MONDAY = dt.datetime(2026, 11, 30, 8, 30, tzinfo=SHANGHAI)
WEEK = dt.timedelta(weeks=1)
CANARY = "金丝雀保密项目"


def work(moment: dt.datetime = MONDAY) -> jobs.Report:
    return jobs.run_once(jobs.clock_from(moment))


def plan(moment: dt.datetime = MONDAY) -> None:
    operations.plan_due(lambda: moment)


def outbox(app: Flask) -> list[Path]:
    return sorted((Path(app.config["INSTANCE_PATH"]) / "outbox").glob("*"))


def mail_to(app: Flask, name: str, period: str = "2026-W49") -> str:
    """Headers and both texts of the one mail to a person of the cast."""
    (path,) = [p for p in outbox(app) if p.name.startswith(f"{period}-{name}@fund.example-")]
    mail = message_from_bytes(path.read_bytes(), policy=policy.default)
    parts = (mail.get_body((kind,)) for kind in ("plain", "html"))
    return "\n".join([str(mail["Subject"]), *(part.get_content() for part in parts if part)])


def message_of(user: User) -> DigestMessage:
    return db.session.query(DigestMessage).filter_by(recipient_id=user.id).one()


def test_everybody_with_a_role_gets_one_file_named_by_period_address_and_message(
    app: Flask, cast: dict[str, User]
) -> None:
    with unit_of_work("user.create"):
        people.create_user("nobody@fund.example", "Nobody", [], factories.NOW)
    assert work().as_dict()["sent"] == len(cast)
    names = {p.name.rsplit("-", 1)[0] for p in outbox(app)}
    assert names == {f"2026-W49-{name}@fund.example" for name in cast}
    assert work().idle and work(MONDAY + dt.timedelta(days=3)).idle


def test_before_the_first_slot_nothing_is_due(app: Flask, cast: dict[str, User]) -> None:
    assert work(MONDAY - dt.timedelta(minutes=1)).idle
    assert not outbox(app) and db.session.query(DigestRun).count() == 0


def test_a_mail_tells_what_moved_is_due_and_is_new(app: Flask, cast: dict[str, User]) -> None:
    manager = cast["manager"]
    company = factories.company(manager, BEFORE, name_zh="青岛澄光科技有限公司")
    deal = factories.deal(
        manager, BEFORE, company=company, name="澄光科技 天使轮", terms={"amount_fen": 80000000000}
    )
    factories.advance(deal, manager, now=BEFORE)
    with unit_of_work("task.add", manager):
        db.session.add(
            Task(
                title="催收审计报告",
                owner_id=manager.id,
                deal_id=deal.id,
                due_on=dt.date(2026, 11, 27),
                created_at=BEFORE,
            )
        )
    work()
    mine, readers = mail_to(app, "manager"), mail_to(app, "reader")
    for word in (
        "澄光科技 天使轮",
        "青岛澄光科技有限公司",
        f"http://127.0.0.1:5000/deals/{deal.id}",
    ):
        assert word in mine and word in readers
    assert "催收审计报告" in mine and "逾期 3 天" in mine and "1 项逾期" in mine
    assert "（逾期 1）" in mine and "逾期" not in readers, "of those due, which are over"
    assert "催收审计报告" not in readers
    assert "8亿" in mine and "8亿" not in readers, "terms are for those who may see them"
    assert "澄光" not in mail_to(app, "admin") and "澄光" not in mail_to(app, "committee")


def test_an_empty_week_says_so_in_one_line_or_is_not_sent(
    app: Flask, cast: dict[str, User]
) -> None:
    schedule = schedule_queries.weekly()
    with unit_of_work("digest.subscription"):
        choice = operations.choose(schedule.id, cast["reader"].id, BEFORE, True, "page")
        choice.skip_empty = True
    assert work().as_dict() | {"planned": 0} == {
        "planned": 0,
        "sent": len(cast) - 1,
        "failed": 0,
        "skipped": 0,
        "deferred": 0,
    }
    assert "本期您关注的内容没有变动" in mail_to(app, "manager")
    assert (message_of(cast["reader"]).state, message_of(cast["reader"]).reason) == (
        "skipped",
        "empty",
    )


def test_a_walled_deal_is_in_the_mails_of_its_team_alone(app: Flask, cast: dict[str, User]) -> None:
    team = [cast["colleague"].id]
    deal = factories.deal(cast["manager"], BEFORE, name=CANARY, walled=True, team=team)
    work()
    told = {name for name in cast if deal.code in mail_to(app, name)}
    assert told == {"manager", "colleague"}
    assert not any(CANARY in mail_to(app, name) for name in cast), "mails tell its code alone"
    # Not even counted: the outsider's week had one new company and nothing that moved.
    assert "项进展" not in mail_to(app, "outsider").splitlines()[0]


def test_a_deal_walled_after_planning_is_gone_from_the_mail(
    app: Flask, cast: dict[str, User]
) -> None:
    deal = factories.deal(cast["manager"], BEFORE, name=CANARY)
    plan()
    before = message_of(cast["reader"]).message_id
    assert CANARY.encode() not in message_of(cast["reader"]).mime  # it is base64
    with unit_of_work("deal.wall", cast["manager"]):
        pipeline.set_wall(deal, True, cast["manager"], BEFORE)
    work()
    assert CANARY not in mail_to(app, "manager") and deal.code in mail_to(app, "manager")
    assert deal.code not in mail_to(app, "reader") and deal.code not in mail_to(app, "partner")
    assert CANARY not in mail_to(app, "reader") and CANARY not in mail_to(app, "partner")
    assert message_of(cast["reader"]).message_id == before


def test_a_recused_person_is_told_nothing_of_the_deal(app: Flask, cast: dict[str, User]) -> None:
    deal = factories.deal(cast["manager"], BEFORE, name=CANARY)
    with unit_of_work("deal.grant"):
        pipeline.grant(deal, cast["partner"].id, GrantKind.RECUSED, BEFORE)
    work()
    assert CANARY not in mail_to(app, "partner") and CANARY in mail_to(app, "reader")


@pytest.mark.parametrize("loss", ["disabled", "role_lost", "unsubscribed"])
def test_who_lost_access_between_planning_and_sending_gets_nothing(
    loss: str, app: Flask, cast: dict[str, User]
) -> None:
    plan()
    reader = cast["reader"]
    with unit_of_work("user.change"):
        if loss == "disabled":
            people.disable(reader)
        elif loss == "role_lost":
            reader.grants = []
        else:
            operations.choose(schedule_queries.weekly().id, reader.id, BEFORE, False, "page")
    assert work().ended == {"sent": len(cast) - 1, "skipped": 1}
    assert not [p for p in outbox(app) if "reader@" in p.name]
    assert message_of(reader).reason == loss


def test_the_window_goes_on_where_the_last_digest_ended(app: Flask, cast: dict[str, User]) -> None:
    factories.deal(cast["manager"], BEFORE, name="第一周的项目")
    work()
    later = MONDAY + dt.timedelta(days=2)
    factories.deal(cast["manager"], later, name="第二周的项目")
    work(MONDAY + 3 * WEEK + dt.timedelta(hours=5))
    mail = mail_to(app, "reader", "2026-W52")
    assert "第二周的项目" in mail and "新增项目，" in mail
    assert "项进展" in mail.splitlines()[0]
    moved = mail.split("■ 项目进展")[1].split("■")[0]
    assert "第一周的项目" not in moved, "told already"
    assert "补发" in mail
    run = db.session.query(DigestRun).filter_by(period="2026-W52").one()
    assert run.late and run.missed == 2
    assert db.session.query(DigestRun).count() == 2


def test_what_could_not_be_sent_is_told_by_the_next_digest(
    app: Flask, cast: dict[str, User]
) -> None:
    factories.deal(cast["manager"], BEFORE, name="不可遗漏")
    plan()
    work(MONDAY + WEEK)
    ends = {(m.state, m.reason) for m in db.session.query(DigestMessage)}
    assert ends == {("failed", "superseded"), ("sent", "")}
    assert "不可遗漏" in mail_to(app, "reader", "2026-W50")
    assert "reader@fund.example" in mail_to(app, "admin", "2026-W50"), "and that it was not sent"


def test_a_mail_refused_after_planning_is_in_the_administrators_next_one(
    app: Flask, cast: dict[str, User]
) -> None:
    plan()
    soon = MONDAY + dt.timedelta(minutes=1)
    while (job := send_operations.claim(soon, "test")) is not None:
        refused = job.recipient_id == cast["committee"].id
        verdict = states.Verdict.REFUSED if refused else states.Verdict.ACCEPTED
        outcome = states.Outcome(verdict, 550 if refused else 250, "no such user" * refused)
        send_operations.conclude(job, outcome, soon, 0.5)
    for weeks in (1, 2):
        work(MONDAY + weeks * WEEK)
    told = mail_to(app, "admin", "2026-W50")
    assert "未送达邮件" in told and "550 · no such user" in told
    assert "周报 2026-W49" in told, "which one it was"
    assert "no such user" not in mail_to(app, "admin", "2026-W51"), "told once"


def test_english_readers_get_english(app: Flask, cast: dict[str, User]) -> None:
    with unit_of_work("user.preference"):
        db.session.get_one(User, cast["reader"].id).locale = "en"
    factories.deal(cast["manager"], BEFORE)
    work()
    mail = mail_to(app, "reader")
    assert mail.startswith("[Kawei weekly digest] 2026-W49 · 1 move") and "new, in Lead" in mail


def test_html_in_a_name_stays_text(app: Flask, cast: dict[str, User]) -> None:
    factories.deal(cast["manager"], BEFORE, name="<img src=x onerror=alert(1)>\r\nBcc: a@b.example")
    work()
    assert "<img" not in mail_to(app, "reader").split("<html", 1)[1]


def test_the_command_reports_counts_and_nothing_due(app: Flask, cast: dict[str, User]) -> None:
    runner = app.test_cli_runner()
    first = runner.invoke(args=["digest", "run-once", "--now", "2026-11-30T08:30", "--json"])
    counts = json.loads(first.output)
    assert (counts["planned"], counts["sent"], counts["failed"]) == (len(cast), len(cast), 0)
    second = runner.invoke(args=["digest", "run-once", "--now", "2026-11-30T08:30"])
    assert (second.output, second.exit_code) == ("nothing due\n", 0)
    assert runner.invoke(args=["digest", "run-once", "--now", "yesterday"]).exit_code == 2


def test_the_scheduler_only_ticks_and_never_drops_a_late_tick(app: Flask) -> None:
    found = jobs.ticking(app, jobs.threading.Event()).get_jobs()
    assert {job.id for job in found} == {"tick", *app.extensions["clock_work"]}
    for job in found:
        assert job.misfire_grace_time is None and job.coalesce and job.max_instances == 1
        assert isinstance(job.trigger, IntervalTrigger) and job.trigger.interval_length == 60


def test_a_get_never_unsubscribes_and_a_post_does(
    app: Flask, cast: dict[str, User], client: FlaskClient
) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    schedule, reader = schedule_queries.weekly(), cast["reader"]
    path = f"/digests/unsubscribe/{template_letters.unsubscribe_token(schedule.id, reader.id)}"
    assert client.get(path).status_code == 200 and client.head(path).status_code == 200
    assert audience_queries.why_skip(schedule, reader, MONDAY) is None
    one_click = {"List-Unsubscribe": "One-Click"}
    assert "reader@fund.example" in client.get(path).text
    assert client.post(path, data=one_click).status_code == 200
    assert client.post(path, data=one_click).status_code == 200
    db.session.rollback()
    assert audience_queries.why_skip(schedule, reader, MONDAY) == "unsubscribed"
    again = client.get(path).text
    assert "您已退订" in again and "reader@fund.example" in again and 'type="submit"' not in again
    assert "<form" not in again.split("<main")[1]
    until = dt.datetime.now(dt.UTC)
    part = content_queries.one_part(cast["admin"], "unsubscribed", until - WEEK, until)
    (line,) = part.lines
    words = said(line)
    assert (words.title, words.text) == ("Reader", "周报") and "邮件中的链接" in words.small
    assert client.post(path[:-2] + "xx").status_code == 404


def test_coming_back_begins_anew(
    app: Flask, cast: dict[str, User], as_user: Callable[[str], FlaskClient]
) -> None:
    schedule, reader = schedule_queries.weekly(), cast["reader"]
    with unit_of_work("digest.subscription"):
        operations.choose(schedule.id, reader.id, BEFORE, False, "link")
    as_user("reader").post("/digests/own/weekly", data={"way": "house"})
    db.session.rollback()
    choice = schedule_queries.subscription(schedule.id, reader.id)
    assert choice is not None and choice.since is not None and choice.since > BEFORE - WEEK


def test_the_pages_show_my_mails_and_nobody_elses(
    app: Flask, cast: dict[str, User], as_user: Callable[[str], FlaskClient]
) -> None:
    work()
    mine, others = message_of(cast["reader"]), message_of(cast["partner"])
    client = as_user("reader")
    page = client.get("/digests").text
    assert (
        mine.subject in page
        and "只以文件形式保存在服务器上" in page
        and "partner@fund.example" not in page
    )
    assert client.get(f"/digests/messages/{mine.id}").status_code == 200
    frame = client.get(f"/digests/messages/{mine.id}/content")
    assert frame.status_code == 200 and "sandbox" in frame.headers["Content-Security-Policy"]
    for path in (f"/digests/messages/{others.id}", f"/digests/messages/{others.id}/content"):
        assert client.get(path).status_code == 404
    preview = client.get("/digests/preview").text
    assert re.search(r"\d{4}-\d\d-\d\d 08:30 这一期目前的内容", preview), "whose label it bears"
    assert client.get("/digests/preview/content").status_code == 200
    assert "发送批次" in as_user("admin").get("/digests").text
    assert "发送批次" not in page


def test_an_old_mail_is_closed_when_its_content_is(
    app: Flask, cast: dict[str, User], as_user: Callable[[str], FlaskClient]
) -> None:
    deal = factories.deal(cast["manager"], BEFORE, name=CANARY)
    work()
    with unit_of_work("deal.wall", cast["manager"]):
        pipeline.set_wall(deal, True, cast["manager"], BEFORE)
    mine, client = message_of(cast["reader"]), as_user("reader")
    assert CANARY not in client.get(f"/digests/messages/{mine.id}").text
    assert client.get(f"/digests/messages/{mine.id}/content").status_code == 404


def test_health_tells_of_ticks_and_missed_slots(
    app: Flask, cast: dict[str, User], client: FlaskClient
) -> None:
    assert schedule_queries.missed_slot(MONDAY + dt.timedelta(minutes=119)) is None
    missed = schedule_queries.missed_slot(MONDAY + dt.timedelta(hours=2))
    assert missed is not None and missed.period == "2026-W49"
    work()
    assert schedule_queries.missed_slot(MONDAY + dt.timedelta(hours=2)) is None
    operations.note_tick(MONDAY, "here")
    operations.note_tick(MONDAY + WEEK, "there")
    health = client.get("/healthz").json
    assert health is not None
    assert health["scheduler"]["last_tick"].startswith("2026-12-07T00:30")
    assert health["digest"] == {
        "last": "2026-W49",
        "due": "2026-11-30T00:30:00+00:00",
        "state": "done",
    }
    assert client.get("/healthz/digest").status_code in {200, 503}


def test_a_run_whose_planner_died_is_finished_by_another(app: Flask, cast: dict[str, User]) -> None:
    plan()
    with unit_of_work("test"):
        run = db.session.query(DigestRun).one()
        run.state = "planning"
        db.session.query(DigestMessage).filter(
            DigestMessage.recipient_id > cast["manager"].id
        ).delete()
    assert work(MONDAY + dt.timedelta(minutes=1)).planned == 0, "its lease still runs"
    work(MONDAY + dt.timedelta(minutes=11))
    assert {m.recipient_id for m in db.session.query(DigestMessage)} == {
        user.id for user in cast.values()
    }
    assert db.session.query(DigestRun).one().state == "done"


def test_a_planner_told_to_stop_leaves_the_rest_to_the_next_one_at_once(
    app: Flask, cast: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operations, "BATCH", 3)
    asked = iter([False, False, True])
    assert operations.plan_due(lambda: MONDAY, lambda: next(asked)) == 3
    assert db.session.query(DigestRun).one().state == "planning"
    assert work().as_dict()["sent"] == len(cast)
    assert len(outbox(app)) == len(cast)


def test_skips_and_overrides_are_told_to_team_partners_and_compliance_alone(
    app: Flask, cast: dict[str, User]
) -> None:
    manager, partner = cast["manager"], cast["partner"]
    deal = factories.deal(manager, BEFORE, name="澄光科技 天使轮")
    walled = factories.deal(manager, BEFORE, name=CANARY, walled=True, team=[partner.id])
    for one, reason in ((deal, "窗口期只到月底，材料两周内补齐"), (walled, f"{CANARY}的理由")):
        with unit_of_work("deal.override", partner):
            pipeline.move(one, Move("forward", override=reason), partner, BEFORE)
    skipped = factories.deal(cast["outsider"], BEFORE, name="海岳声呐 A轮")
    with unit_of_work("deal.override", partner):
        pipeline.move(skipped, Move("skip", "dd", note="与联合投资方共用尽调报告"), partner, BEFORE)
    work()
    heading = "越级与条件未齐推进"
    for name in ("manager", "partner", "compliance", "outsider"):
        assert heading in mail_to(app, name), name
    for name in ("reader", "committee", "admin", "colleague"):
        assert heading not in mail_to(app, name), name
    told = mail_to(app, "compliance")
    assert "窗口期只到月底" in told and "3 项" in told and "海岳声呐 A轮" in told
    assert walled.code not in told and walled.code in mail_to(app, "partner")
    assert CANARY not in mail_to(app, "partner")
    assert "海岳声呐 A轮" not in mail_to(app, "manager").split(heading)[1].split("■")[0]


def test_who_runs_the_house_sees_a_missed_digest_everywhere_and_when_the_scheduler_looked(
    app: Flask, cast: dict[str, User], as_user: Callable[[str], FlaskClient], client: FlaskClient
) -> None:
    now = dt.datetime.now(dt.UTC)
    with unit_of_work("seed"):
        db.session.execute(sa.update(User).values(created_at=now - 4 * WEEK))
    admin = as_user("admin")
    for path in ("/", "/settings", "/digests"):
        assert "至今未发" in admin.get(path).text, path
    assert "至今未发" not in as_user("partner").get("/").text
    for name in ("admin", "partner"):
        assert as_user(name).get("/digests").text.count("至今未发") == 1
    assert client.get("/healthz/digest").status_code == 503
    assert "从未有过心跳" in admin.get("/settings").text
    operations.note_tick(now - dt.timedelta(minutes=7), "here")
    assert "7 分钟前" in (said := admin.get("/settings").text) and "未运行" in said
    operations.note_tick(dt.datetime.now(dt.UTC), "here")
    assert "运行正常" in admin.get("/settings").text
    jobs.run_once(jobs.clock_from(None))
    assert "至今未发" not in admin.get("/").text
    assert client.get("/healthz/digest").status_code == 200
