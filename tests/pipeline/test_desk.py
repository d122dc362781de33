"""The desk: how many deals stand where, what came and went this week, and how late they are."""

import datetime as dt
import re

import pytest

from portfolio.extensions import unit_of_work
from portfolio.kernel.dates import local_date
from portfolio.pipeline import desk_queries, late_queries, operations, queries
from portfolio.pipeline.desk_queries import Passage
from portfolio.pipeline.late_queries import Lateness
from portfolio.pipeline.stages import Move
from tests import factories

NOW = dt.datetime.now(dt.UTC)
DAY = dt.timedelta(days=1)


def versions() -> list[int]:
    return queries.versions_in_use("direct")


def test_what_came_and_went_is_told_from_the_events_of_the_week(app, cast) -> None:
    manager = cast["manager"]
    factories.deal(manager, NOW - 30 * DAY)
    moved = factories.deal(manager, NOW - 20 * DAY)
    factories.advance(moved, manager, "pool", now=NOW - 2 * DAY)
    held = factories.deal(manager, NOW - 3 * DAY)
    with unit_of_work("deal.move", manager):
        wanted = Move(
            "hold",
            **factories.WHY_HELD,
            revisit_on=(NOW + 30 * DAY).date(),
        )
        operations.move(held, wanted, manager, NOW - DAY)
    walled = factories.deal(manager, NOW - DAY, walled=True)
    assert walled.walled
    found = desk_queries.passages(manager, versions(), NOW - 7 * DAY)
    assert found == {"lead": Passage(came=2, went=2), "pool": Passage(came=1)}
    seen = desk_queries.passages(cast["outsider"], versions(), NOW - 7 * DAY)
    assert seen["lead"] == Passage(came=1, went=2), "a confidential deal is in no count"


@pytest.mark.parametrize(("days", "late"), [(0, None), (5, None), (40, Lateness(overdue=1))])
def test_how_late_deals_are_goes_by_the_targets_of_their_version(app, cast, days, late) -> None:
    factories.deal(cast["manager"], NOW - days * DAY)
    flows = {n: queries.pipelines()[n] for n in versions()}
    found = late_queries.lateness(cast["manager"], flows, local_date(NOW))
    assert found.get("lead") == late


def test_lateness_agrees_with_the_words_on_the_card_on_every_day(app, cast) -> None:
    flows = {n: queries.pipelines()[n] for n in versions()}
    (stage,) = {flow.stage("lead") for flow in flows.values() if flow.working}
    today = local_date(NOW)
    for days in range(30):
        factories.deal(cast["manager"], NOW - days * DAY)
    words = [stage.standing(stage.days_since(NOW - n * DAY, NOW)) for n in range(30)]
    found = late_queries.lateness(cast["manager"], flows, today)["lead"]
    assert (found.due, found.overdue) == (words.count("due"), words.count("overdue"))
    assert found.due and found.overdue


def test_each_stage_has_a_limit_of_its_own(app, cast) -> None:
    manager = cast["manager"]
    for days in (9, 60):
        factories.deal(manager, NOW - days * DAY)
        deal = factories.deal(manager, NOW - (days + 1) * DAY)
        factories.advance(deal, manager, "pool", now=NOW - days * DAY)
    flows = {n: queries.pipelines()[n] for n in versions()}
    found = late_queries.lateness(manager, flows, local_date(NOW))
    assert found["lead"].due + found["lead"].overdue == 2
    assert "pool" not in found, "sixty days in the pool are within its limit"


def test_a_hundred_versions_are_no_query_too_deep(app, cast) -> None:
    factories.deal(cast["manager"], NOW - 60 * DAY)
    (flow,) = [p for p in queries.current_pipelines() if p.key == "direct"]
    flows = dict.fromkeys(range(1, 201), flow)
    late_queries.lateness(cast["manager"], flows, local_date(NOW))


def test_the_desk_shows_every_pipeline_in_which_the_reader_has_deals(as_user, cast) -> None:
    factories.deal(cast["manager"], NOW - 60 * DAY)
    page = as_user("manager").get("/").text
    assert page.count('class="strip"') == 1 and "1 个已超期" in page
    factories.deal(cast["manager"], pipeline="subfund")
    page = as_user("manager").get("/").text
    assert page.count('class="strip"') == 2
    assert re.search(r'class="striphead">参股子基金', page)
