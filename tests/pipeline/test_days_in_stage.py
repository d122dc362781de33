"""Days in a stage: one count for pages, lists, mails and limits, in working or calendar days."""

import csv
import datetime as dt
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio.digest import content_queries
from portfolio.extensions import unit_of_work
from portfolio.kernel.calendar import CHINA
from portfolio.kernel.dates import local_date
from portfolio.pipeline import operations, queries
from portfolio.pipeline.spine import spine
from portfolio.pipeline.stages import Move, Stage
from tests import factories

NOW = dt.datetime.now(dt.UTC)
DAY = dt.timedelta(days=1)
DATES = st.dates(dt.date(2024, 1, 1), dt.date(2027, 12, 31))


def stage(working: bool, target: int | None, warn: int | None = None) -> Stage:
    return Stage("dd", "尽调", "Due diligence", 4, target, warn, "", "", working=working)


@given(DATES, DATES, st.booleans(), st.integers(1, 60))
def test_the_day_that_lists_ask_for_is_the_day_that_pages_count_from(
    entered, today, working, target
) -> None:
    here = stage(working, target)
    late = here.late_until(today)
    assert (here.over(here.days(entered, today)) > 0) == (entered <= late)


@given(DATES, st.booleans(), st.integers(0, 400))
def test_a_stay_of_so_many_days_began_on_its_latest_start(today, working, days) -> None:
    here = stage(working, None)
    assert here.days(here.latest_start(today, days), today) == days
    assert here.late_until(today) is None


def hold_and_back(deal, actor, held: dt.datetime, back: dt.datetime) -> None:
    until = local_date(held) + 100 * DAY
    for at, move in (
        (held, Move("hold", **factories.WHY_HELD, revisit_on=until)),
        (back, Move("resume")),
    ):
        with unit_of_work("deal.move", actor):
            operations.move(deal, move, actor, at)


@pytest.mark.parametrize(("held", "back"), [(30, 10), (45, 44), (12, 12), (40, 0), (22, 21)])
def test_days_on_hold_do_not_count_and_the_page_and_the_spine_agree(cast, held, back) -> None:
    opened = NOW - 50 * DAY
    deal = factories.deal(cast["manager"], opened)
    hold_and_back(deal, cast["manager"], NOW - held * DAY, NOW - back * DAY)
    here = queries.pipelines()[deal.pipeline_id].stage("lead")
    days = [local_date(at) for at in (opened, NOW - held * DAY, NOW - back * DAY, NOW)]
    worked = CHINA.working_days_between(*days[:2]) + CHINA.working_days_between(*days[2:])
    assert here.days_since(deal.stage_entered_at, NOW) == worked
    way = spine(queries.pipelines()[deal.pipeline_id], queries.history(deal.id), days[-1])
    assert way[0].stay == worked
    assert local_date(opened) <= local_date(deal.stage_entered_at) <= days[2]


def test_a_second_hold_keeps_what_was_counted_before_both(cast) -> None:
    deal = factories.deal(cast["manager"], NOW - 50 * DAY)
    hold_and_back(deal, cast["manager"], NOW - 45 * DAY, NOW - 30 * DAY)
    hold_and_back(deal, cast["manager"], NOW - 20 * DAY, NOW - 10 * DAY)
    here = queries.pipelines()[deal.pipeline_id].stage("lead")
    spans = ((50, 45), (30, 20), (10, 0))
    worked = sum(
        CHINA.working_days_between(local_date(NOW - a * DAY), local_date(NOW - b * DAY))
        for a, b in spans
    )
    assert here.days_since(deal.stage_entered_at, NOW) == worked


def test_every_place_says_the_same_days_in_words(as_user, cast) -> None:
    now = dt.datetime.now(dt.UTC)
    with unit_of_work("deal.open", cast["manager"], at=now - 60 * DAY):
        deal = factories.deal(cast["manager"], now - 60 * DAY)
    days = CHINA.working_days_between(local_date(now - 60 * DAY), local_date(now))
    client = as_user("manager")
    short = f"{days} 个工作日，超目标 {days - 5}，已超期"
    for path in ("/board", "/deals", "/"):
        assert re.findall(r'class="late"[^>]*>([^<]+)<', client.get(path).text) == [short], path
    full = f"在本阶段 {days} 个工作日，目标 5 个，超目标 {days - 5} 个工作日，已超期"
    assert full in client.get(f"/deals/{deal.id}").text
    yesterday = local_date(now) - DAY
    before = CHINA.working_days_between(local_date(now - 60 * DAY), yesterday)
    past = client.get(f"/deals/{deal.id}?as_of={yesterday}").text
    assert f"在本阶段 {before} 个工作日，目标 5 个，超目标 {before - 5} 个工作日，已超期" in past
    sheet = client.get("/deals.csv").get_data().decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(sheet))
    assert row["在本阶段天数（工作日）"] == str(days)


def test_the_digest_begins_to_tell_of_a_deal_on_the_day_the_page_does(app, cast) -> None:
    opened = dt.datetime(2026, 2, 9, 4, tzinfo=dt.UTC)  # the Monday before the Spring Festival
    deal = factories.deal(cast["manager"], opened)
    here = queries.pipelines()[deal.pipeline_id].stage("lead")
    told = {}
    for days in range(1, 21):
        until = opened + days * DAY
        part = content_queries.one_part(cast["manager"], "slow", opened, until)
        told[local_date(until)] = part.total
        assert [line.over for line in part.lines] == [
            over for over in [here.over(here.days_since(opened, until))] if over
        ]
    assert next(day for day, number in told.items() if number) == dt.date(2026, 2, 24)


def test_a_year_without_official_holidays_is_said_to_be_one(as_user, cast, monkeypatch) -> None:
    now = dt.datetime.now(dt.UTC)
    deal = factories.deal(cast["manager"], now)
    client = as_user("manager")
    assert "法定节假日安排尚未公布" not in client.get(f"/deals/{deal.id}").text
    monkeypatch.setattr("portfolio.kernel.calendar._published", lambda day: None)
    year = local_date(now).year
    assert f"{year} 年的法定节假日安排尚未公布" in client.get(f"/deals/{deal.id}").text


def test_an_older_version_still_counts_calendar_days(as_user, cast) -> None:
    now = dt.datetime.now(dt.UTC)
    deal = factories.deal(cast["manager"], now - 60 * DAY)
    second = next(
        number
        for number, flow in queries.pipelines().items()
        if (flow.key, flow.version) == ("direct", 2)
    )
    with unit_of_work("deal.change"):
        deal.pipeline_id = second
    page = as_user("manager").get(f"/deals/{deal.id}").text
    assert "本阶段已 60 天，目标 7 天，超目标 53 天，已超期" in page


def test_the_list_shows_those_alone_that_stay_longer_than_usual(cast, as_user) -> None:
    manager, other = cast["manager"], cast["outsider"]
    factories.deal(manager, NOW - 90 * DAY, name="久留项目")
    factories.deal(manager, NOW - DAY, name="新来项目")
    factories.deal(other, NOW - 90 * DAY, name="别人久留项目")
    held = factories.deal(manager, NOW - 90 * DAY, name="搁置项目")
    with unit_of_work("deal.move", manager):
        until = local_date(NOW) + 100 * DAY
        hold = Move("hold", **factories.WHY_HELD, revisit_on=until)
        operations.move(held, hold, manager, NOW - 80 * DAY)
    page = as_user("partner").get(f"/deals?late=yes&owner={manager.id}").text
    assert "1 个项目" in page
    assert "久留项目" in page
    assert not any(name in page for name in ("新来项目", "别人久留项目", "搁置项目"))
    assert "超过常规时长" in page, "the filter says what it is"
