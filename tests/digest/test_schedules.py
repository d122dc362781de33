"""Schedules of the house and of people: who gets what when, and which stretch of time it tells."""

import datetime as dt
from collections.abc import Callable, Sequence

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from portfolio.digest import (
    audience_queries,
    jobs,
    operations,
    schedule_operations,
    schedule_queries,
    template_letters,
)
from portfolio.digest.kinds import Kind, Timing
from portfolio.digest.models import DigestMessage, DigestPause, DigestRun, DigestSchedule
from portfolio.digest.schedule_operations import Wish
from portfolio.extensions import db, unit_of_work
from portfolio.kernel.dates import SHANGHAI, local_date
from portfolio.people.models import User
from portfolio.web.formatting import now

MONDAY = dt.datetime(2026, 11, 30, 8, 30, tzinfo=SHANGHAI)
DAY, WEEK = dt.timedelta(days=1), dt.timedelta(weeks=1)
WEEKLY = Timing(Kind.WEEKLY)
WEDNESDAY = Timing(Kind.WEEKLY, "wed", at=dt.time(18))


def work(moment: dt.datetime) -> jobs.Report:
    return jobs.run_once(jobs.clock_from(moment))


def sent(user: User) -> list[tuple[str, dt.datetime, dt.datetime]]:
    """Period and window of what was sent to a person, oldest first."""
    rows = db.session.execute(
        sa.select(DigestRun.period, DigestMessage.window_from, DigestMessage.window_to)
        .join(DigestRun, DigestRun.id == DigestMessage.run_id)
        .where(DigestMessage.recipient_id == user.id, DigestMessage.state == "sent")
        .order_by(DigestMessage.id)
    )
    return [(row[0], row[1], row[2]) for row in rows]


def set_house(
    timing: Timing,
    now: dt.datetime,
    schedule: DigestSchedule | None = None,
    roles: Sequence[str] = ("*",),
    people: Sequence[int] = (),
    again: bool = False,
) -> DigestSchedule:
    wish = Wish(timing, "", roles, people, "", True, again)
    seen = schedule.version if schedule else 0
    with unit_of_work("digest.schedule"):
        return schedule_operations.save(wish, schedule, seen, now)


def test_ones_own_time_stands_in_place_of_the_houses_and_windows_join(
    app: Flask, cast: dict[str, User]
) -> None:
    manager, weekly = cast["manager"], schedule_queries.weekly()
    work(MONDAY)
    with unit_of_work("digest.subscription"):
        schedule_operations.at_own_time(manager, WEDNESDAY, "", MONDAY + DAY)
    wednesday = dt.datetime(2026, 12, 2, 18, tzinfo=SHANGHAI)
    assert work(wednesday).as_dict()["sent"] == 1
    assert audience_queries.why_skip(weekly, manager, wednesday) == "own_time"
    assert work(MONDAY + WEEK).as_dict()["sent"] == len(cast) - 1
    with unit_of_work("digest.subscription"):
        schedule_operations.as_the_house(manager, Kind.WEEKLY, MONDAY + 8 * DAY)
    work(MONDAY + 2 * WEEK)
    found = sent(manager)
    assert [row[0] for row in found] == ["2026-W49", "2026-W49", "2026-W51"]
    ends = [MONDAY, wednesday, MONDAY + 2 * WEEK]
    assert [row[2] - end < dt.timedelta(minutes=1) for row, end in zip(found, ends, strict=True)]
    assert [row[1] for row in found[1:]] == [row[2] for row in found[:-1]], "nothing twice or lost"
    token = template_letters.unsubscribe_token(schedule_queries.own(manager)[Kind.WEEKLY].id, 1)
    assert template_letters.read_token(token)


def test_a_daily_brief_is_added_and_ended_by_its_own_link(
    app: Flask, cast: dict[str, User], client: FlaskClient
) -> None:
    reader = cast["reader"]
    with unit_of_work("digest.subscription"):
        daily = Timing(Kind.DAILY, at=dt.time(9))
        own = schedule_operations.at_own_time(reader, daily, "", MONDAY)
    at_nine = MONDAY.replace(hour=9, minute=0)
    assert work(at_nine).as_dict()["sent"] == len(cast) + 1
    ((_, _, _), (period, since, _)) = sent(reader)
    friday = dt.datetime(2026, 11, 27, 9, tzinfo=SHANGHAI)
    assert (period, since) == ("2026-11-30", friday), "a Monday's brief tells of the weekend too"
    path = f"/digests/unsubscribe/{template_letters.unsubscribe_token(own.id, reader.id)}"
    assert "日报" in client.get(path).text and work(at_nine + DAY).as_dict()["sent"] == 1
    assert client.post(path).status_code == 200
    db.session.rollback()
    assert work(at_nine + 2 * DAY).idle
    assert work(MONDAY + WEEK).as_dict()["sent"] == len(cast), "the weekly is not affected"
    assert schedule_queries.my_state(reader, Kind.DAILY, MONDAY + WEEK).way == "none"


def test_the_link_of_the_houses_mail_ends_that_of_an_own_time_too(
    app: Flask, cast: dict[str, User], client: FlaskClient
) -> None:
    reader, weekly = cast["reader"], schedule_queries.weekly()
    path = f"/digests/unsubscribe/{template_letters.unsubscribe_token(weekly.id, reader.id)}"
    assert client.post(path).status_code == 200
    assert "您已退订" in client.get(path).text
    with unit_of_work("digest.subscription"):
        schedule_operations.at_own_time(reader, WEDNESDAY, "", MONDAY - 2 * DAY)
        schedule_operations.at_own_time(reader, Timing(Kind.DAILY), "", MONDAY - 2 * DAY)
    asked = client.get(path).text
    assert "<form" in asked.split("<main")[1], "it comes again"
    assert "自行设定的均停止" in asked
    assert "自行设定的均已停止" in client.post(path).text
    db.session.rollback()
    ways = [
        schedule_queries.my_state(reader, kind, MONDAY).way for kind in (Kind.WEEKLY, Kind.DAILY)
    ]
    assert ways == ["none", "own"], "other kinds are not affected"
    work(MONDAY + 3 * DAY)
    assert [row[0] for row in sent(reader)] == ["2026-12-03"], "the brief alone"


def test_a_pause_sends_nothing_and_the_next_one_tells_of_all_that_time(
    app: Flask, cast: dict[str, User]
) -> None:
    manager = cast["manager"]
    work(MONDAY)
    with unit_of_work("digest.subscription"):
        daily = Timing(Kind.DAILY, at=dt.time(9))
        schedule_operations.at_own_time(manager, daily, "", MONDAY + DAY)
    with unit_of_work("digest.pause"):
        schedule_operations.pause(
            manager, dt.date(2026, 12, 4), dt.date(2026, 12, 14), MONDAY + DAY
        )
    last = dt.datetime(2026, 12, 3, 9, tzinfo=SHANGHAI)
    assert work(last).ended == {"sent": 1}
    assert work(last + DAY).idle, "a brief of a day in the leave is none"
    work(MONDAY + WEEK)
    work(MONDAY + 2 * WEEK)
    back = dt.datetime(2026, 12, 15, 0, 5, tzinfo=SHANGHAI)
    assert schedule_queries.missed_slot(back) is None and work(back).idle, "no flood on return"
    work(dt.datetime(2026, 12, 15, 9, tzinfo=SHANGHAI))
    with unit_of_work("digest.subscription"):
        schedule_operations.stop(manager, Kind.DAILY, back + DAY)
    work(MONDAY + 3 * WEEK)
    found = sent(manager)
    assert [row[0] for row in found] == ["2026-W49", "2026-12-03", "2026-12-15", "2026-W52"]
    assert found[2][1] == found[1][2], "the brief"
    assert found[3][1] == found[0][2], "and the weekly tell of all of it"


def test_ending_a_pause_begins_at_that_moment(app: Flask, cast: dict[str, User]) -> None:
    reader = cast["reader"]
    with unit_of_work("digest.pause"):
        schedule_operations.pause(
            reader, dt.date(2026, 11, 29), dt.date(2026, 12, 20), MONDAY - 2 * DAY
        )
    weekly = schedule_queries.weekly()
    reach = audience_queries.reach(weekly, MONDAY)
    assert reach.gets == len(cast) - 1 and dict(reach.skipped) == {"paused": 1}
    for moment in (MONDAY - 2 * DAY, MONDAY):
        coming = schedule_queries.my_state(reader, Kind.WEEKLY, moment).coming
        assert coming is not None and coming.due == MONDAY + 3 * WEEK, "the leave is passed over"
    work(MONDAY)
    with unit_of_work("digest.pause"):
        schedule_operations.end_pause(reader, MONDAY + DAY)
    assert work(MONDAY + DAY).idle
    work(MONDAY + WEEK)
    ((period, since, _),) = sent(reader)
    assert (period, since) == ("2026-W50", MONDAY - WEEK), "of the time before the leave too"
    with unit_of_work("digest.pause"):
        schedule_operations.pause(
            reader, dt.date(2027, 1, 1), dt.date(2027, 1, 9), MONDAY + 2 * WEEK
        )
        schedule_operations.end_pause(reader, MONDAY + 2 * WEEK)
    (former,) = db.session.query(DigestPause)
    assert former.ends_at == MONDAY + DAY, "one that has not begun is taken away"
    with unit_of_work("digest.pause"):
        schedule_operations.pause(
            cast["partner"], dt.date(2027, 1, 1), dt.date(2027, 1, 9), MONDAY + 2 * WEEK
        )
        schedule_operations.end_pause(cast["partner"], MONDAY + 2 * WEEK)
    assert db.session.query(DigestPause).count() == 1


def test_a_pause_that_begins_between_planning_and_sending_holds(
    app: Flask, cast: dict[str, User]
) -> None:
    operations.plan_due(lambda: MONDAY)
    with unit_of_work("digest.pause"):
        today = MONDAY.date()
        schedule_operations.pause(cast["reader"], today, today, MONDAY)
    assert work(MONDAY).ended == {"sent": len(cast) - 1, "skipped": 1}


def test_roles_and_people_are_the_audience_and_the_rest_gets_nothing(
    app: Flask, cast: dict[str, User]
) -> None:
    monthly = next(row for row in schedule_queries.house() if row.kind == "monthly")
    timing = Timing(Kind.MONTHLY, month_day=1)
    set_house(timing, MONDAY, monthly, roles=["partner"], people=[cast["reader"].id])
    work(MONDAY)
    first = dt.datetime(2026, 12, 1, 8, 30, tzinfo=SHANGHAI)
    assert work(first).ended == {"sent": 2}
    assert {u for u in cast if "2026-12" in [r[0] for r in sent(cast[u])]} == {"partner", "reader"}
    assert audience_queries.why_skip(monthly, cast["manager"], first) == "not_meant"
    operations.plan_due(lambda: dt.datetime(2027, 1, 4, 8, 30, tzinfo=SHANGHAI))
    set_house(timing, first + 34 * DAY, monthly, roles=["partner"])
    assert work(dt.datetime(2027, 1, 4, 8, 31, tzinfo=SHANGHAI)).ended["skipped"] == 1


def test_another_day_in_a_week_whose_digest_is_out_sends_no_second_one(
    app: Flask, cast: dict[str, User]
) -> None:
    weekly, tuesday = schedule_queries.weekly(), MONDAY + DAY
    work(MONDAY)
    set_house(WEDNESDAY, tuesday, weekly)
    wednesday = dt.datetime(2026, 12, 2, 18, tzinfo=SHANGHAI)
    ahead = [slot.period for slot in schedule_queries.upcoming(weekly, tuesday)]
    assert ahead == ["2026-W50", "2026-W51", "2026-W52"]
    late = wednesday + dt.timedelta(hours=3)
    assert work(wednesday).idle and schedule_queries.missed_slot(late) is None
    thursday = Timing(Kind.WEEKLY, "thu")
    assert schedule_queries.period_out(weekly, thursday, wednesday) == "2026-W49"
    set_house(thursday, wednesday, weekly, again=True)
    assert schedule_queries.upcoming(weekly, wednesday, 1)[0].period == "2026-W49"
    at = dt.datetime(2026, 12, 3, 8, 30, tzinfo=SHANGHAI)
    assert work(at).as_dict()["sent"] == len(cast), "somebody confirmed it"
    assert work(at + DAY).idle
    assert [row[0] for row in sent(cast["reader"])] == ["2026-W49", "2026-W49~2"]


def test_an_earlier_day_makes_up_for_nothing_and_the_next_one_tells_it(
    app: Flask, cast: dict[str, User]
) -> None:
    weekly = schedule_queries.weekly()
    work(MONDAY)
    set_house(Timing(Kind.WEEKLY, "fri"), MONDAY + DAY, weekly)
    set_house(Timing(Kind.WEEKLY, "mon", at=dt.time(9)), MONDAY + 9 * DAY, weekly)
    assert work(MONDAY + 9 * DAY + dt.timedelta(hours=1)).idle
    work(dt.datetime(2026, 12, 14, 9, tzinfo=SHANGHAI))
    found = sent(cast["reader"])
    assert [row[0] for row in found] == ["2026-W49", "2026-W51"]
    assert found[1][1] == found[0][2]


FORM = {"weekday": "fri", "at": "17:00", "zone": "Asia/Shanghai", "roles": "*", "enabled": "y"}


def test_the_house_is_set_by_who_runs_it_after_looking(
    app: Flask, cast: dict[str, User], as_user: Callable[[str], FlaskClient]
) -> None:
    admin, before = as_user("admin"), db.session.query(DigestSchedule).count()
    new = "/digests/schedules/new/weekly"
    checked = admin.post(new, data=FORM | {"name": "周五简报"})
    assert f"发给 {len(cast)} 人" in checked.text and checked.text.count("17:00") >= 4
    assert db.session.query(DigestSchedule).count() == before, "looking saves nothing"
    saved = admin.post(new, data=FORM | {"name": "周五简报", "save": "1"})
    assert saved.status_code == 302
    page = admin.get("/digests/schedules").text
    assert "周五简报" in page and "周五 17:00" in page and "全体有角色的人员" in page
    db.session.rollback()
    row = db.session.query(DigestSchedule).filter_by(name="周五简报").one()
    twin = admin.post(new, data=FORM | {"save": "1"})
    assert (twin.status_code == 422 and "「周五简报」" in twin.text) or "“周五简报”" in twin.text
    stale = admin.post(
        f"/digests/schedules/{row.id}", data=FORM | {"at": "18:00", "version": 9, "save": "1"}
    )
    assert stale.status_code == 409 and 'value="18:00"' in stale.text
    assert as_user("partner").get("/digests/schedules").status_code == 403


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"zone": "Asia/Tsingtao"}, "没有时区“Asia/Tsingtao”"),
        ({"at": "25:99"}, "“25:99”不是时刻"),
        ({"weekday": "someday"}, "请选择星期几"),
        ({"roles": []}, "否则无人接收"),
        ({"roles": "king"}, "没有“king”这个角色"),
        ({"people": "999"}, "没有启用的账号"),
    ],
)
def test_what_cannot_be_is_said_at_its_field_and_stays_typed(
    wrong: dict[str, str], said: str, as_user: Callable[[str], FlaskClient]
) -> None:
    path = "/digests/schedules/new/weekly"
    answer = as_user("admin").post(path, data=FORM | {"name": "试试"} | wrong | {"save": "1"})
    assert answer.status_code == 422 and said in answer.text and 'value="试试"' in answer.text
    for name in {"zone", "at"} & wrong.keys():
        assert f'value="{wrong[name]}"' in answer.text


def test_my_choices_are_made_on_their_pages(
    app: Flask, cast: dict[str, User], as_user: Callable[[str], FlaskClient]
) -> None:
    client, reader = as_user("reader"), cast["reader"]
    own = {"way": "own", "weekday": "wed", "at": "18:00", "zone": "Europe/Helsinki"}
    assert client.post("/digests/own/weekly", data=own | {"skip_empty": "y"}).status_code == 302
    page = client.get("/digests").text
    assert "周三 18:00 (Europe/Helsinki)" in page and "自定时间" in page
    assert page.count(":00 (Asia/Shanghai)") == 1, "the next time says on which clock it is"
    db.session.rollback()
    state = schedule_queries.my_state(reader, Kind.WEEKLY, MONDAY)
    assert state.way == "own" and state.skip_empty
    for wrong, said in (
        ({"zone": "Mars/Base"}, "没有时区“Mars/Base”"),
        ({"at": "x"}, "“x”不是时刻"),
    ):
        answer = client.post("/digests/own/weekly", data=own | wrong)
        assert answer.status_code == 422 and said in answer.text
    assert client.post("/digests/own/weekly", data={"way": "none"}).status_code == 302
    db.session.rollback()
    assert schedule_queries.my_state(reader, Kind.WEEKLY, MONDAY).way == "none"
    assert client.post("/digests/own/weekly", data={"way": "house"}).status_code == 302
    db.session.rollback()
    assert schedule_queries.my_state(reader, Kind.WEEKLY, MONDAY).way == "house"
    backwards = {"first": "2099-02-10", "last": "2099-02-01"}
    answer = client.post("/digests/pause", data=backwards)
    assert answer.status_code == 422 and "结束日期早于开始日期" in answer.text
    assert 'value="2099-02-10"' in answer.text and 'value="2099-02-01"' in answer.text
    assert "请填写日期" in client.post("/digests/pause", data={"first": "2099-02-10"}).text
    over = {"first": "2020-02-10", "last": "2020-02-11"}
    assert "已经过去" in client.post("/digests/pause", data=over).text
    away = {"first": "2020-02-10", "last": f"{local_date(now()) + 30 * DAY}"}
    assert client.post("/digests/pause", data=away).status_code == 302
    assert f"暂停至 {away['last']}" in client.get("/digests").text
    ahead = {"first": "2099-02-10", "last": "2099-02-20"}
    assert "请先结束它" in client.post("/digests/pause", data=ahead).text
    assert client.post("/digests/pause/end").status_code == 302
    assert client.post("/digests/pause", data=ahead).status_code == 302
    assert "2099-02-20" in client.get("/digests").text
    assert client.post("/digests/pause/end").status_code == 302
    assert "2099-02-20" not in client.get("/digests").text


def test_what_is_due_is_looked_up_at_once_for_all_however_many_there_are(
    app: Flask, cast: dict[str, User], queries: list[str]
) -> None:
    work(MONDAY)
    asked = []
    for user in (cast["manager"], cast["reader"], cast["partner"]):
        with unit_of_work("digest.subscription"):
            schedule_operations.at_own_time(user, WEDNESDAY, "", MONDAY)
        queries.clear()
        assert schedule_queries.open_now(MONDAY + DAY) == []
        asked.append(len(queries))
    assert asked[0] == asked[-1]
    # From here on the slot of each is due, and nobody gets what two of them have stopped.
    at, stopped = MONDAY + 3 * DAY, []
    for user in (cast["manager"], cast["reader"]):
        with unit_of_work("digest.subscription"):
            schedule_operations.stop(user, Kind.WEEKLY, MONDAY + DAY)
        queries.clear()
        assert schedule_queries.missed_slot(at) is not None
        stopped.append(len(queries))
    assert stopped[0] == stopped[1] <= 7
    assert [row.owner_id for row, _ in schedule_queries.open_now(at)] == [cast["partner"].id]
    db.session.rollback()
    queries.clear()
    work(MONDAY + DAY)
    assert sum("digest_schedule.local_time" in one for one in queries) == 1
