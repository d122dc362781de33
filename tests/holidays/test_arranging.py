"""An administrator enters the arrangement of a year, and everything that counts days goes by it."""

import datetime as dt

import sqlalchemy as sa

from portfolio.audit.models import AuditEntry
from portfolio.digest import schedule_queries as digests
from portfolio.digest import slots
from portfolio.extensions import db, unit_of_work
from portfolio.holidays.models import HolidayYear
from portfolio.holidays.queries import calendar
from portfolio.people.models import User
from portfolio.pipeline import queries as pipeline

YEAR = dt.datetime.now(dt.UTC).year + 2  # ahead of what any release of the software knows
PAGE = f"/settings/holidays/{YEAR}"


def notice() -> tuple[str, dt.date, dt.date]:
    """A week off from a Monday in March, a Saturday before it made up for; with the Monday and the
    Saturday."""
    monday = dt.date(YEAR, 3, 8)
    monday -= dt.timedelta(days=monday.weekday())
    saturday = monday - dt.timedelta(days=2)
    end = monday + dt.timedelta(days=6)
    text = (
        "元旦、春节、清明节、劳动节、端午节、中秋节、国庆节和"
        f"春假：{monday.month}月{monday.day}日（周一）至{end.month}月{end.day}日（周日）放假调休，共7天。"
        f"{saturday.month}月{saturday.day}日（周六）上班。"
    )
    return text, monday, saturday


def test_a_year_is_checked_then_saved_and_days_and_digests_go_by_it(as_user) -> None:
    client = as_user("admin")
    text, monday, saturday = notice()
    assert "尚未公布" in client.get("/settings/holidays").text
    form = {"notice": text, "source": "国办发明电〔测试〕1号", "version": ""}
    checked = client.post(PAGE, data=form)
    assert checked.status_code == 200 and "尚未保存" in checked.text
    assert checked.text.count("<small>休</small>") == 5
    assert checked.text.count("<small>班</small>") == 1
    assert not db.session.scalars(sa.select(HolidayYear)).all()
    stage = next(s for flow in pipeline.pipelines().values() for s in flow.stages if s.working)
    span = saturday - dt.timedelta(days=1), monday + dt.timedelta(days=6)
    assert stage.days(*span) == 5
    db.session.rollback()

    assert client.post(PAGE, data=form | {"save": "1"}).status_code == 302
    days = calendar()
    assert days.known(YEAR) and not days.is_working_day(monday) and days.is_working_day(saturday)
    stage = next(s for flow in pipeline.pipelines().values() for s in flow.stages if s.working)
    assert stage.days(*span) == 1
    weekly = digests.weekly().timing.rule
    before = dt.datetime.combine(monday - dt.timedelta(days=3), dt.time(), dt.UTC)
    coming = slots.upcoming(weekly, days, before, 1)[0]  # that of the week off has given way
    assert coming.due.astimezone(weekly.zone).date() == monday + dt.timedelta(days=7)
    listed = client.get("/settings/holidays").text
    assert "人工录入" in listed and "国办发明电〔测试〕1号" in listed
    action = db.session.scalars(
        sa.select(AuditEntry.action).order_by(AuditEntry.seq.desc())
    ).first()
    assert action == "holidays.enter"

    assert client.post(f"{PAGE}/remove").status_code == 302
    assert not calendar().known(YEAR)


def test_a_notice_that_leaves_holidays_out_is_said_and_changes_no_other_day(as_user) -> None:
    client, days = as_user("admin"), calendar()
    first = dt.date(YEAR, 1, 1)
    form = {"notice": "一、元旦\n1月1日至3日放假，共3天。", "source": "一号", "version": ""}
    checked = client.post(PAGE, data=form).text
    assert "未写明：春节、清明节、劳动节、端午节、中秋节、国庆节" in checked
    refused = client.post(PAGE, data=form | {"save": "1"})
    assert refused.status_code == 422 and "缺少部分节假日" in refused.text
    assert client.post(PAGE, data=form | {"save": "1", "in_part": "y"}).status_code == 302
    others = [first + dt.timedelta(days=n) for n in range(3, 365)]
    now = calendar()
    assert not now.is_working_day(first + dt.timedelta(days=1)) and not now.known(YEAR)
    assert [now.is_working_day(day) for day in others] == [days.is_working_day(d) for d in others]
    assert not now.is_working_day(dt.date(YEAR, 10, 1))
    assert "录入不全" in client.get("/settings/holidays").text
    text, *_ = notice()
    assert "未写明" not in client.post(PAGE, data=form | {"notice": text}).text


def test_what_cannot_be_so_stays_in_the_form_with_its_sentence(as_user) -> None:
    client = as_user("admin")
    text, monday, _ = notice()
    wrong = text.replace("（周一）", "（周三）")
    answer = client.post(PAGE, data={"notice": wrong, "source": "x", "save": "1"})
    assert answer.status_code == 422
    assert f"{monday.isoformat()} 是周一，不是周三" in answer.text and "春假" in answer.text
    assert client.post(PAGE, data={"notice": text, "source": "", "save": "1"}).status_code == 422
    assert not db.session.scalars(sa.select(HolidayYear)).all()
    for path in ("/settings/holidays/2003", f"/settings/holidays/{YEAR + 1}"):
        assert client.get(path).status_code == 404
    assert client.post(f"{PAGE}/remove").status_code == 404


def test_who_saves_over_what_another_saved_sees_it_first(as_user) -> None:
    client = as_user("admin")
    text, *_ = notice()
    form = {"notice": text, "source": "一号", "version": "", "save": "1"}
    assert client.post(PAGE, data=form).status_code == 302
    answer = client.post(PAGE, data=form | {"source": "二号"})
    assert answer.status_code == 409
    assert "一号" in answer.text and 'value="二号"' in answer.text
    assert db.session.scalars(sa.select(HolidayYear.source)).all() == ["一号"]
    seen = str(db.session.scalars(sa.select(HolidayYear.version)).one())
    assert f'name="version" type="hidden" value="{seen}"' in answer.text
    assert client.post(PAGE, data=form | {"source": "二号", "version": seen}).status_code == 302
    db.session.expire_all()
    assert db.session.scalars(sa.select(HolidayYear.source)).all() == ["二号"]


def test_a_long_write_asks_for_the_arrangements_once(cast, queries) -> None:
    with unit_of_work("seed"):
        queries.clear()
        for number in range(3):
            db.session.execute(sa.update(User).values(theme=str(number)))
            calendar()
    assert sum("FROM holiday_year" in query for query in queries) == 1
