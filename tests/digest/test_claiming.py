"""A message belongs to one process at a time: leases end, fences hold, repeats are flagged."""

import datetime as dt
from collections.abc import Iterator

from flask import Flask

from portfolio.digest import delivery, operations, send_operations, states
from portfolio.digest.models import DeliveryAttempt, DigestMessage
from portfolio.digest.states import Outcome, Verdict
from portfolio.extensions import db
from portfolio.kernel.dates import SHANGHAI
from portfolio.people.models import User

MONDAY = dt.datetime(2026, 11, 30, 8, 30, tzinfo=SHANGHAI)
AFTERWARDS = MONDAY + states.DATA_LEASE
SENT = Outcome(Verdict.ACCEPTED, 250, "taken")


def claim(moment: dt.datetime = MONDAY) -> send_operations.Claimed:
    job = send_operations.claim(moment, "test")
    assert job is not None
    return job


def every_claim(moment: dt.datetime) -> Iterator[send_operations.Claimed]:
    while (job := send_operations.claim(moment, "test")) is not None:
        yield job


def row(job: send_operations.Claimed) -> DigestMessage:
    db.session.rollback()
    db.session.expire_all()
    return db.session.get_one(DigestMessage, job.id)


def test_each_claim_takes_another_message_until_none_is_left(
    app: Flask, cast: dict[str, User]
) -> None:
    operations.plan_due(lambda: MONDAY)
    taken = {claim().id for _ in cast}
    assert len(taken) == len(cast)
    assert send_operations.claim(MONDAY, "test") is None


def test_who_lost_the_lease_may_neither_send_nor_conclude(
    app: Flask, cast: dict[str, User]
) -> None:
    operations.plan_due(lambda: MONDAY)
    slow = claim()
    others = {claim(AFTERWARDS).id: None for _ in cast}
    assert slow.id in others
    assert not send_operations.begin_data(slow, AFTERWARDS)
    assert send_operations.conclude(slow, SENT, AFTERWARDS, 0.5) is None
    assert row(slow).state == "sending"


def test_the_lease_is_renewed_when_the_mail_goes_out(app: Flask, cast: dict[str, User]) -> None:
    operations.plan_due(lambda: MONDAY)
    job = claim()
    moment = MONDAY + states.LEASE - dt.timedelta(seconds=1)
    assert send_operations.begin_data(job, moment)
    assert row(job).lease_until == moment + states.DATA_LEASE
    assert states.DATA_LEASE.total_seconds() > delivery.ANSWER_SECONDS


def test_a_sender_that_died_before_its_data_causes_no_flag(
    app: Flask, cast: dict[str, User]
) -> None:
    operations.plan_due(lambda: MONDAY)
    first = claim()
    again = {job.id: job for job in (claim(AFTERWARDS) for _ in cast)}[first.id]
    assert (again.maybe_duplicate, again.deferrals, again.number) == (False, 0, 2)


def test_a_sender_that_died_behind_its_data_is_flagged_and_counted(
    app: Flask, cast: dict[str, User]
) -> None:
    operations.plan_due(lambda: MONDAY)
    first = claim()
    send_operations.begin_data(first, MONDAY)
    again = {job.id: job for job in (claim(AFTERWARDS) for _ in cast)}[first.id]
    assert (again.maybe_duplicate, again.deferrals) == (True, 1)
    assert (again.mime, again.message_id) == (first.mime, first.message_id)
    send_operations.begin_data(again, AFTERWARDS)
    send_operations.conclude(again, SENT, AFTERWARDS, 0.5)
    assert row(first).state == "sent" and row(first).maybe_duplicate
    attempts = db.session.query(DeliveryAttempt).filter_by(message_id=first.id).all()
    assert [bool(a.ended_at) for a in attempts] == [False, True], "the first was interrupted"


def test_what_nobody_has_tried_comes_before_what_a_dead_sender_left(
    app: Flask, cast: dict[str, User]
) -> None:
    operations.plan_due(lambda: MONDAY)
    first = claim(MONDAY + dt.timedelta(minutes=1))
    order = [job.id for job in every_claim(AFTERWARDS + dt.timedelta(minutes=1))]
    assert len(order) == len(cast) and order[-1] == first.id


def test_a_mail_that_brings_its_sender_down_again_and_again_is_given_up(
    app: Flask, cast: dict[str, User]
) -> None:
    operations.plan_due(lambda: MONDAY)
    job, moment = claim(), MONDAY
    for _ in range(states.MAX_DEFERRALS):
        assert send_operations.begin_data(job, moment)
        moment += states.DATA_LEASE
        job = {j.id: j for j in every_claim(moment)}[job.id]
    assert send_operations.obstacle(job, moment) is states.Reason.EXPIRED
