"""What happened is told at once, once, to whoever asked for it and may know of it."""

import datetime as dt
from collections.abc import Callable
from email import message_from_bytes, policy

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm.attributes import set_committed_value

from portfolio.companies.models import Task
from portfolio.digest import event_operations, jobs, schedule_operations, schedule_queries
from portfolio.digest.events import events
from portfolio.digest.kinds import Kind, Timing
from portfolio.digest.models import DigestMessage, DigestRun, DigestSchedule
from portfolio.digest.schedule_operations import Wish
from portfolio.digest.slots import SETTLE
from portfolio.extensions import db, unit_of_work
from portfolio.intake import job_operations
from portfolio.intake.models import ImportBatch, ImportJob
from portfolio.kernel.dates import SHANGHAI
from portfolio.people.models import User
from portfolio.pipeline import operations as pipeline
from portfolio.pipeline.stages import Move
from tests import factories
from tests.digest.rows import messages_of
from tests.factories import WHY_NOT

AT_ONCE = Timing(Kind.AT_ONCE)
TUESDAY = dt.datetime(2026, 11, 24, 10, 0, tzinfo=SHANGHAI)
MINUTE = dt.timedelta(minutes=1)
LATER = TUESDAY + 5 * MINUTE
MONDAY_AFTER = dt.datetime(2026, 11, 30, 8, 31, tzinfo=SHANGHAI)
HURRY = "窗口期只到月底，材料两周内补齐"


def look(moment: dt.datetime) -> int:
    return jobs.run_once(jobs.clock_from(moment)).ended["sent"]


def ask(user: User, events: str, at: dt.datetime = TUESDAY) -> DigestSchedule:
    with unit_of_work("digest.subscription"):
        return schedule_operations.at_own_time(user, AT_ONCE, events, at)


def said(message: DigestMessage) -> str:
    """The plain text of a mail."""
    body = message_from_bytes(message.mime, policy=policy.default).get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def give_task(owner: User, by: User, title: str, at: dt.datetime) -> None:
    with unit_of_work("task.add", by):
        db.session.add(Task(title=title, owner_id=owner.id, created_at=at, created_by_id=by.id))


def test_what_others_did_is_told_once_and_what_one_did_oneself_is_not(
    app: Flask, cast: dict[str, User]
) -> None:
    manager, partner = cast["manager"], cast["partner"]
    deal = factories.deal(manager, TUESDAY - MINUTE, name="澄光科技 天使轮")
    other = factories.deal(cast["outsider"], TUESDAY - MINUTE, name="别人的项目")
    assert look(TUESDAY) == 0, "nobody asked"
    ask(manager, "task move decision company")
    factories.advance(deal, partner, now=TUESDAY + MINUTE)
    factories.advance(other, partner, now=TUESDAY + MINUTE)
    assert look(TUESDAY + 2 * MINUTE) == 0, "it may still be taken back"
    assert look(TUESDAY + 3 * MINUTE) == 1
    assert look(TUESDAY + 3 * MINUTE) == 0 and look(TUESDAY + 9 * MINUTE) == 0
    (mail,) = messages_of(manager)
    assert mail.subject.startswith(
        "[卡位即时提醒] 2026-11-24 10:01 · 澄光科技 天使轮 · 线索 → 项目库"
    )
    assert mail.run.origin == "event" and f'"deals": [{deal.id}]' in mail.mentions
    text = said(mail)
    assert "\n\n\n" not in text and "因为您订阅了" in text
    factories.advance(deal, manager, now=TUESDAY + 10 * MINUTE)
    give_task(manager, manager, "自己的待办", TUESDAY + 10 * MINUTE)
    factories.company(manager, TUESDAY + 10 * MINUTE)
    assert look(TUESDAY + 15 * MINUTE) == 0
    give_task(manager, partner, "催收审计报告", TUESDAY + 16 * MINUTE)
    assert look(TUESDAY + 20 * MINUTE) == 1 and len(messages_of(manager)) == 2
    watched = schedule_queries.own(manager)[Kind.AT_ONCE].watched_until
    assert watched is not None
    assert dt.timedelta(0) <= watched - TUESDAY - 18 * MINUTE < MINUTE
    for number, move in enumerate((Move("forward", override=HURRY), Move("reject", **WHY_NOT))):
        at = TUESDAY + (30 + 10 * number) * MINUTE
        with unit_of_work("deal.move", partner):
            pipeline.move(deal, move, partner, at)
        assert look(at + 5 * MINUTE) == 1
    overrode, rejected = (said(mail) for mail in messages_of(manager)[2:])
    assert "放行（缺 " in overrode and HURRY in overrode, "that it was an override"
    assert "· 否决" in rejected and "市场小" in rejected and WHY_NOT["note"] in rejected


def test_a_walled_deal_is_told_to_its_team_alone(app: Flask, cast: dict[str, User]) -> None:
    with unit_of_work("digest.schedule"):
        wish = Wish(AT_ONCE, "决定即时提醒", ["partner", "manager", "reader"], [], "decision", True)
        schedule_operations.save(wish, None, 0, TUESDAY)
    team = [cast["colleague"].id]
    deal = factories.deal(cast["manager"], TUESDAY, name="金丝雀一号", walled=True, team=team)
    with unit_of_work("deal.move", cast["manager"]):
        move = Move("reject", **WHY_NOT)
        pipeline.move(deal, move, cast["manager"], TUESDAY + MINUTE)
    assert look(LATER) == 1, "who did it needs no mail"
    assert len(messages_of(cast["colleague"])) == 1
    assert db.session.query(DigestRun).one().period == "20261124T020000.000000Z"


def test_whoever_finds_it_told_already_tells_nothing(app: Flask, cast: dict[str, User]) -> None:
    schedule = ask(cast["reader"], "company")
    factories.company(cast["manager"], TUESDAY + MINUTE, name_zh="青岛澄光科技有限公司")
    until = LATER - SETTLE
    shared = event_operations.Shared()
    slow = event_operations._drafts(schedule, until + MINUTE, {}, shared)
    assert len(slow) == 1 and look(LATER) == 1
    set_committed_value(schedule, "watched_until", TUESDAY)  # as the slow one read it
    assert event_operations._keep(schedule, until + MINUTE, slow) == 0
    db.session.rollback()
    assert db.session.query(DigestMessage).count() == 1


def test_a_leave_is_made_up_for_on_return_and_a_clock_ahead_stops_nothing(
    app: Flask, cast: dict[str, User]
) -> None:
    reader = cast["reader"]
    ask(reader, "company")
    with unit_of_work("digest.pause"):
        day = TUESDAY.date() + dt.timedelta(days=1)
        schedule_operations.pause(reader, day, day, TUESDAY)
    away = TUESDAY + dt.timedelta(days=1)
    factories.company(cast["manager"], away, name_zh="青岛休假企业有限公司")
    assert look(away + 5 * MINUTE) == 0 and look(away + 60 * MINUTE) == 0
    back = dt.datetime(2026, 11, 26, 0, 5, tzinfo=SHANGHAI)
    assert look(back) == 1
    held_back, first = messages_of(reader)
    assert (held_back.state, held_back.reason) == ("skipped", "paused")
    assert first.window_from == TUESDAY, "from where was looked last before the leave"
    with unit_of_work("digest.subscription"):
        schedule_operations.stop(reader, Kind.AT_ONCE, back + 5 * MINUTE)
        schedule_operations.at_own_time(reader, AT_ONCE, "company", back + 6 * MINUTE)
    factories.company(cast["manager"], back + 6 * MINUTE, name_zh="青岛归来企业有限公司")
    assert look(back + 9 * MINUTE) == 1
    assert messages_of(reader)[2].window_from >= first.window_to, "the leave is not told again"
    ahead = back + dt.timedelta(days=21)
    look(ahead)
    told = len(messages_of(reader))
    factories.company(cast["manager"], back + 20 * MINUTE, name_zh="青岛时钟企业有限公司")
    look(back + 10 * MINUTE)
    look(back + 30 * MINUTE)
    assert len(messages_of(reader)) == told + 1


def test_what_a_long_import_writes_is_not_passed_over(app: Flask, cast: dict[str, User]) -> None:
    ask(cast["reader"], "company")
    taken_up = MONDAY_AFTER - 6 * MINUTE
    batch = ImportBatch(filename="a.csv", sha256="0", size=1, state="uploaded", created_at=TUESDAY)
    lease = taken_up + job_operations.LEASE
    with unit_of_work("import.claim"):
        db.session.add(batch)
        db.session.flush()
        job = ImportJob(batch_id=batch.id, task="apply", created_at=TUESDAY, lease_until=lease)
        job.state = "running"
        db.session.add(job)
    look(MONDAY_AFTER - 2 * MINUTE)
    jobs.run_once(jobs.clock_from(MONDAY_AFTER))
    with unit_of_work("import.end"):
        job.state = "done"
    factories.company(cast["manager"], taken_up + MINUTE, name_zh="青岛导入企业有限公司")
    assert look(MONDAY_AFTER + 10 * MINUTE) == 1
    assert "青岛导入企业" in messages_of(cast["reader"])[-1].subject
    weekly = [m for m in messages_of(cast["partner"]) if m.run.origin == "slot"]
    assert [m.window_to for m in weekly] == [taken_up], "the next one tells of it"


def test_lateness_is_noticed(app: Flask, cast: dict[str, User], client: FlaskClient) -> None:
    ask(cast["reader"], "company")
    late = TUESDAY + dt.timedelta(hours=2)
    assert schedule_queries.missed_slot(late - MINUTE) is None
    missed = schedule_queries.missed_slot(late)
    assert missed is not None and missed.due == TUESDAY
    look(late)
    assert schedule_queries.missed_slot(late) is None


def test_only_what_the_roles_read_is_offered(
    cast: dict[str, User], as_user: Callable[[str], FlaskClient]
) -> None:
    def offered(name: str) -> set[str]:
        page = as_user(name).get("/digests/own/at_once").text
        return {key for key in events() if f'value="{key}"' in page}

    assert offered("manager") == set(events())
    assert offered("reader") == set(events()) - {"tag", "override"}
    assert offered("admin") == {"task"}
    client = as_user("reader")
    for chosen, said in (([], "请至少选择一类事件"), (["tag"], "请至少选择一类事件")):
        answer = client.post("/digests/own/at_once", data={"way": "own", "events": chosen})
        assert answer.status_code == 422 and said in answer.text
    chosen = {"way": "own", "events": ["company", "decision"]}
    assert client.post("/digests/own/at_once", data=chosen).status_code == 302
    assert "项目决定、新录入企业" in client.get("/digests").text
