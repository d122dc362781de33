"""Who lost what they held, or whose reader may not have it any more, sends nothing and writes nothing."""

import datetime as dt
from email import message_from_bytes
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm.attributes import set_committed_value

from portfolio.digest import (
    delivery,
    event_operations,
    hand_operations,
    operations,
    queries,
    robot_delivery,
    robot_operations,
    schedule_queries,
    send_operations,
    states,
)
from portfolio.digest.models import DigestMessage, DigestRun
from portfolio.digest.robot_operations import Wanted
from portfolio.digest.slots import SETTLE
from portfolio.digest.states import Outcome, Reason, Verdict
from portfolio.extensions import db, unit_of_work
from portfolio.kernel.errors import InputError
from portfolio.people import operations as people
from portfolio.people.models import User
from portfolio.pipeline import operations as pipeline
from portfolio.pipeline.models import Deal
from portfolio.pipeline.stages import Move
from tests import factories
from tests.digest.rows import messages_of
from tests.digest.test_claiming import AFTERWARDS, claim, every_claim, row
from tests.digest.test_delivering import BEFORE, CANARY, MONDAY, WEEK, mail_to, outbox, plan, work
from tests.digest.test_encrypted import HOST, Mail
from tests.digest.test_robot_pages import entered
from tests.digest.test_telling_at_once import LATER, MINUTE, TUESDAY, ask, look
from tests.factories import WHY_NOT
from tests.servers import ChatServer, MailServer, running

LOST = Outcome(Verdict.LOST_CLAIM)
SILENCE = Outcome(Verdict.UNANSWERED, None, "no answer")
SECOND = dt.timedelta(seconds=1)


def claim_of(user: User, moment: dt.datetime) -> send_operations.Claimed:
    """The claim of a person's mail; the others' are taken too."""
    return {job.recipient_id: job for job in every_claim(moment)}[user.id]


def wall(deal: Deal, by: User) -> None:
    with unit_of_work("deal.wall", by):
        pipeline.set_wall(deal, True, by, BEFORE)


def test_a_mail_whose_claim_was_lost_reaches_no_server(
    app: Flask, cast: dict[str, User], chat: ChatServer, tmp_path: Path
) -> None:
    robot = entered(chat.address("wecom"))
    assert robot_delivery.post(robot, b"{}", 0.0, app.config, lambda: False) == LOST
    assert not chat.accepted()
    assert not chat.refused()
    way = delivery.Outbox(tmp_path / "outbox")
    assert way.hand_over(Mail(), lambda: False) == LOST
    assert not way.folder.exists()
    with running(MailServer, tmp_path / "mail") as server:
        smtp = delivery.Smtp(
            app.config | {"SMTP_HOST": HOST, "SMTP_PORT": server.port, "SMTP_TLS": ""}
        )
        assert smtp.hand_over(Mail("2026-W49", "lost@fund.example"), lambda: False) == LOST
        assert smtp.hand_over(Mail("2026-W49", "held@fund.example"), lambda: True).code == 250
        smtp.close()
        assert [mail["to"] for mail in server.accepted()] == ["held@fund.example"]


def test_a_planner_whose_run_was_taken_over_goes_on_with_nothing(
    app: Flask, cast: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operations, "BATCH", 3)
    asked: list[int] = []

    def meanwhile() -> bool:
        asked.append(1)
        if len(asked) == 3:  # behind the first batch
            (run,) = queries.stalled(MONDAY + 11 * MINUTE, operations.PLANNING_LEASE)
            assert operations._resumed(run, MONDAY + 11 * MINUTE)
            # As the slow one goes on to know it.
            set_committed_value(run, "claim_token", "the slow one's")
        return False

    assert operations.plan_due(lambda: MONDAY, meanwhile) == 3
    db.session.rollback()
    assert db.session.query(DigestMessage).count() == 3
    assert work(MONDAY + 22 * MINUTE).ended == {"sent": len(cast)}


def test_who_looked_long_ago_tells_nothing_that_was_told_since(
    app: Flask, cast: dict[str, User]
) -> None:
    reader = cast["reader"]
    schedule = ask(reader, "company")
    assert look(LATER) == 0, "nothing was told, so that no run has the moment as its key"
    factories.company(cast["manager"], LATER, name_zh="青岛澄光科技有限公司")
    until = LATER + 5 * MINUTE
    set_committed_value(schedule, "watched_until", TUESDAY)  # as the slow one read it
    slow = event_operations._drafts(schedule, until, {}, event_operations.Shared())
    db.session.rollback()
    assert len(slow) == 1
    assert look(until + SETTLE) == 1
    set_committed_value(schedule, "watched_until", TUESDAY)
    assert event_operations._keep(schedule, until, slow) == 0
    assert len(messages_of(reader)) == 1


def test_who_lost_the_claim_neither_gives_up_nor_composes_anew(
    app: Flask, cast: dict[str, User]
) -> None:
    reader = cast["reader"]
    deal = factories.deal(cast["manager"], BEFORE, name=CANARY)
    plan()
    slow = claim_of(reader, MONDAY)
    wall(deal, cast["manager"])
    fast = claim_of(reader, AFTERWARDS)
    assert fast.id == slow.id
    assert send_operations.refreshed(slow) is Reason.WITHDRAWN
    assert row(slow).mime == slow.mime
    send_operations.give_up(slow, Reason.UNSUBSCRIBED, AFTERWARDS)
    assert (row(slow).state, row(slow).reason) == ("sending", "")
    mime = send_operations.refreshed(fast)
    assert isinstance(mime, bytes)
    assert row(fast).mime == mime != slow.mime
    header = message_from_bytes(mime)["Message-ID"]
    assert header == message_from_bytes(slow.mime)["Message-ID"] == slow.message_id


def test_no_second_mail_is_composed_where_the_first_may_be_out(
    app: Flask, cast: dict[str, User]
) -> None:
    reader = cast["reader"]
    deal = factories.deal(cast["manager"], BEFORE, name=CANARY)
    plan()
    job = claim_of(reader, MONDAY)
    assert send_operations.begin_data(job, MONDAY)
    assert send_operations.conclude(job, SILENCE, MONDAY, 0.5) is states.MessageState.PENDING
    assert row(job).maybe_duplicate, "the server may have taken it"
    wall(deal, cast["manager"])
    work(AFTERWARDS)
    (mail,) = messages_of(reader)
    assert (mail.state, mail.reason, mail.mime) == ("skipped", "withdrawn", job.mime)
    assert not [path for path in outbox(app) if "reader@" in path.name]


def test_a_mail_that_is_too_old_is_given_up_and_flagged_where_it_may_be_out(
    app: Flask, cast: dict[str, User]
) -> None:
    plan()
    job = claim()
    age = states.OLDEST
    assert send_operations.obstacle(job, MONDAY + age) is None
    assert send_operations.obstacle(job, MONDAY + age + SECOND) is Reason.EXPIRED
    send_operations.conclude(job, SILENCE, MONDAY + age + SECOND, 0.5)
    ended = row(job)
    assert (ended.state, ended.reason, ended.maybe_duplicate) == ("failed", "expired", True)


def test_a_mail_that_was_under_way_as_the_next_was_planned_is_superseded(
    app: Flask, cast: dict[str, User]
) -> None:
    plan()
    job = claim()  # by a sender that died
    plan(MONDAY + WEEK)
    assert row(job).state == "sending"
    assert work(MONDAY + WEEK).ended == {"sent": len(cast), "failed": 1}
    assert (row(job).state, row(job).reason) == ("failed", "superseded")


def test_what_a_superseded_mail_would_have_told_is_told_by_the_very_one_that_supersedes_it(
    app: Flask, cast: dict[str, User]
) -> None:
    plan()
    (waiting,) = messages_of(cast["reader"])
    plan(MONDAY + WEEK)
    old, new = messages_of(cast["reader"])
    assert (old.state, old.reason) == ("failed", "superseded"), "before anybody tried it again"
    assert new.window_from == waiting.window_from


def test_a_trial_and_a_mail_sent_again_are_for_those_alone_who_may_have_them(
    app: Flask, cast: dict[str, User]
) -> None:
    reader, weekly = cast["reader"], schedule_queries.weekly()
    with unit_of_work("digest.trial"):
        hand_operations.try_out(weekly, reader, BEFORE + 30 * SECOND)
    for late in (59 * SECOND, 89 * SECOND):  # in the same minute of the clock, and in the next
        with pytest.raises(InputError, match=r"digest\.too_soon"), unit_of_work("digest.trial"):
            hand_operations.try_out(weekly, reader, BEFORE + late)
    with unit_of_work("user.change"):
        people.disable(reader)
    assert work(BEFORE + MINUTE).ended == {"skipped": 1}
    assert [(m.state, m.reason) for m in messages_of(reader)] == [("skipped", "disabled")]
    plan()
    failed = claim_of(cast["partner"], MONDAY)
    send_operations.conclude(failed, Outcome(Verdict.REFUSED, 550), MONDAY, 0.5)
    with unit_of_work("digest.subscription"):
        operations.choose(weekly.id, cast["partner"].id, MONDAY, False, "page")
    (mail,) = messages_of(cast["partner"])
    with pytest.raises(InputError, match=r"digest\.not_open"), unit_of_work("digest.again"):
        hand_operations.send_again(mail, MONDAY + MINUTE)
    assert db.session.query(DigestRun).filter_by(origin="again").count() == 0


def test_a_mail_composed_anew_that_tells_nothing_goes_to_those_alone_who_want_such_mails(
    app: Flask, cast: dict[str, User]
) -> None:
    weekly, wants, wants_none = schedule_queries.weekly(), cast["outsider"], cast["reader"]
    with unit_of_work("digest.subscription"):
        choice = operations.choose(weekly.id, wants_none.id, BEFORE, True, "page")
        choice.skip_empty = True
    ask(wants, "decision", BEFORE)
    old = factories.company(cast["manager"], BEFORE - WEEK)
    deal = factories.deal(cast["manager"], BEFORE, company=old, name=CANARY)
    with unit_of_work("deal.move", cast["partner"]):
        pipeline.move(deal, Move("reject", **WHY_NOT), cast["partner"], BEFORE + MINUTE)
    event_operations.tell_events(lambda: BEFORE + 10 * MINUTE)
    plan()
    with unit_of_work("digest.trial"):
        hand_operations.try_out(weekly, wants_none, MONDAY)
    wall(deal, cast["manager"])
    work()
    ends = {
        (user.id, mail.run.origin): (mail.state, mail.reason)
        for user in (wants, wants_none)
        for mail in messages_of(user)
    }
    assert ends == {
        (wants.id, "event"): ("skipped", "empty"),
        (wants.id, "slot"): ("sent", ""),
        (wants_none.id, "slot"): ("skipped", "empty"),
        (wants_none.id, "hand"): ("sent", ""),
    }
    assert "没有变动" in mail_to(app, "outsider")


def test_what_waits_for_a_robot_is_written_for_the_platform_to_which_it_has_moved(
    app: Flask, cast: dict[str, User], chat: ChatServer
) -> None:
    one, two = (entered(chat.address("wecom", n), name=f"群{n}") for n in ("1", "2"))
    plan()
    waiting = messages_of(one.user)[0].mime
    for robot in (one, two):
        with unit_of_work("digest.send"):  # one that the group that is left may have got
            db.session.query(DigestMessage).filter_by(recipient_id=two.user_id).update(
                {"maybe_duplicate": True}
            )
        to = chat.address("feishu", robot.user.name[-1])
        with unit_of_work("robot.change"):
            wanted = Wanted(robot.user.name, "reader", "zh", to)
            robot_operations.change(robot, wanted, robot.version)
    work()
    assert not chat.refused()
    assert [line["platform"] for line in chat.accepted()] == ["feishu"] * 2
    for robot in (one, two):
        (mail,) = messages_of(robot.user)
        assert (mail.state, mail.mime == waiting) == ("sent", False)
        assert b'"msg_type":"post"' in mail.mime
