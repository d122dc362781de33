"""What is held back by a leave, a cancelled run or a switch is told once, by the next mail."""

import datetime as dt

from flask import Flask

from portfolio.digest import (
    event_operations,
    hand_operations,
    operations,
    schedule_operations,
    schedule_queries,
)
from portfolio.digest.kinds import Kind, Timing
from portfolio.digest.models import DigestRun, DigestSchedule
from portfolio.extensions import db, unit_of_work
from portfolio.kernel.calendar import DAY
from portfolio.kernel.dates import SHANGHAI
from portfolio.people.models import User
from tests.digest.rows import messages_of
from tests.digest.test_delivering import BEFORE, MONDAY, WEEK, work
from tests.digest.test_telling_at_once import MINUTE, ask, give_task

HOUR = 60 * MINUTE
FRIDAY = dt.datetime(2026, 12, 4, 0, 0, tzinfo=SHANGHAI)


def away(user: User, first: dt.datetime, last: dt.datetime, at: dt.datetime) -> None:
    with unit_of_work("digest.pause"):
        schedule_operations.pause(user, first.date(), last.date(), at)


def at_seven(user: User) -> DigestSchedule:
    """Monday's mail comes at seven for this person."""
    with unit_of_work("digest.subscription"):
        timing = Timing(Kind.WEEKLY, weekday="mon", at=dt.time(7))
        return schedule_operations.at_own_time(user, timing, "", BEFORE)


def as_the_house(user: User) -> None:
    """At eight the person wants the house's one again, which comes at half past."""
    with unit_of_work("digest.subscription"):
        schedule_operations.as_the_house(user, Kind.WEEKLY, MONDAY.replace(hour=8, minute=0))


def told(user: User) -> list[tuple[str, str]]:
    return [(m.state, m.reason) for m in messages_of(user)]


def subjects(user: User) -> str:
    return " ".join(m.subject for m in messages_of(user) if m.state == "sent")


def test_what_happened_before_a_leave_is_told_at_once_after_it(
    app: Flask, cast: dict[str, User]
) -> None:
    reader, partner = cast["manager"], cast["partner"]
    ask(reader, "task", BEFORE)
    # One is planned and waits as the leave begins, one happens as it begins, one in it.
    give_task(reader, partner, "第一件", FRIDAY - HOUR)
    operations_at = FRIDAY - HOUR / 2
    away(reader, FRIDAY, FRIDAY + DAY, operations_at)
    event_operations.tell_events(lambda: operations_at)
    give_task(reader, partner, "第二件", FRIDAY - MINUTE)
    work(FRIDAY + 2 * MINUTE)
    give_task(reader, partner, "第三件", FRIDAY + HOUR)
    work(FRIDAY + DAY)
    at_once = [m for m in messages_of(reader) if m.run.origin == "event"]
    assert [(m.state, m.reason) for m in at_once] == [("skipped", "paused")] * 2
    back = FRIDAY + 2 * DAY + 3 * MINUTE
    work(back)
    (mail,) = [m for m in messages_of(reader) if m.run.origin == "event" and m.state == "sent"]
    assert "3" in mail.subject
    assert mail.window_from <= FRIDAY - HOUR
    give_task(reader, partner, "第四件", back + HOUR)
    work(back + 2 * HOUR)
    last = messages_of(reader)[-1]
    assert last.state == "sent"
    assert last.window_from > mail.window_from + DAY, "what was told is not told again"


def test_what_a_cancelled_run_would_have_told_at_once_is_told_by_the_next(
    app: Flask, cast: dict[str, User]
) -> None:
    reader, partner = cast["manager"], cast["partner"]
    ask(reader, "task", BEFORE)
    give_task(reader, partner, "第一件", FRIDAY)
    event_operations.tell_events(lambda: FRIDAY + 5 * MINUTE)
    run = db.session.query(DigestRun).filter_by(origin="event").one()
    with unit_of_work("digest.cancel"):
        hand_operations.cancel(run, FRIDAY + 6 * MINUTE)
    give_task(reader, partner, "第二件", FRIDAY + HOUR)
    work(FRIDAY + 2 * HOUR)
    mail = messages_of(reader)[-1]
    assert mail.state == "sent"
    assert "2" in mail.subject
    assert mail.window_from < FRIDAY


def test_a_leave_that_is_over_stays_so_when_the_next_one_is_entered(
    app: Flask, cast: dict[str, User], as_user
) -> None:
    reader = cast["reader"]
    own = at_seven(reader)
    away(reader, MONDAY - DAY, MONDAY + DAY, BEFORE)
    work(MONDAY + 1.5 * DAY)
    assert not messages_of(reader), "away on the day of the digest"
    back = MONDAY + 3 * DAY
    away(reader, MONDAY + 20 * DAY, MONDAY + 22 * DAY, back)
    assert schedule_queries.missed_slot(back) is None
    assert work(back).idle
    work(MONDAY + WEEK)
    (mail,) = messages_of(reader)
    assert mail.run.schedule_id == own.id
    assert not mail.run.late
    assert mail.window_from < MONDAY - DAY, "of the leave too"
    client = as_user("reader")
    with unit_of_work("digest.pause"):
        schedule_operations.end_pause(reader, back)
    row = schedule_queries.pause_of(reader)
    assert row is not None
    assert row.ends_at < back, "the one that was not begun is gone, the one before it stays"
    today = dt.datetime.now(SHANGHAI).date()
    for first, status in ((today, 302), (today + 9 * DAY, 422)):
        days = {"first": first.isoformat(), "last": (first + 2 * DAY).isoformat()}
        answer = client.post("/digests/pause", data=days)
        assert answer.status_code == status
    assert "请先结束它" in answer.text


def test_who_got_it_at_their_own_time_gets_no_second_one_by_the_house(
    app: Flask, cast: dict[str, User]
) -> None:
    reader = cast["reader"]
    at_seven(reader)
    work(MONDAY.replace(hour=7, minute=5))
    as_the_house(reader)
    work(MONDAY)
    assert told(reader) == [("sent", "")]
    work(MONDAY + WEEK)
    first, second = messages_of(reader)
    assert second.window_from == first.window_to, "the next one goes on where that one ended"


def test_what_waits_when_its_schedule_is_switched_off_is_not_sent(
    app: Flask, cast: dict[str, User]
) -> None:
    reader = cast["reader"]
    at_seven(reader)
    operations.plan_due(lambda: MONDAY.replace(hour=7, minute=5))
    as_the_house(reader)
    work(MONDAY)
    assert told(reader) == [("skipped", "switched_off"), ("sent", "")]
    own, house = messages_of(reader)
    assert house.window_from < own.window_to < house.window_to, "it tells what that one would have"
    operations.plan_due(lambda: MONDAY + WEEK)
    with unit_of_work("digest.schedule"):
        db.session.get_one(DigestSchedule, house.run.schedule_id).enabled = False
    assert work(MONDAY + WEEK).ended == {"skipped": len(cast)}
