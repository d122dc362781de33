"""The spine of a deal: coloured by part of the way, as long as the stay, over target in words."""

import datetime as dt
import re
import tomllib
from pathlib import Path
from types import SimpleNamespace

import pytest

import portfolio.pipeline
from portfolio.extensions import unit_of_work
from portfolio.kernel.calendar import CHINA
from portfolio.kernel.dates import local_date
from portfolio.pipeline import operations, queries
from portfolio.pipeline.flow import Pipeline
from portfolio.pipeline.spine import PARTS, spine
from portfolio.pipeline.stages import Move
from tests import factories

NOW = dt.datetime.now(dt.UTC)
START = dt.date(2026, 1, 5)
FOLDER = Path(portfolio.pipeline.__path__[0]) / "definitions"


def event(stage: str, day: dt.date, status: str = "active", number: int = 1, **more):
    instant = dt.datetime.combine(day, dt.time(4), dt.UTC)
    given = dict.fromkeys(("overridden", "reason_code", "other_reasons"), "")
    given |= {"from_stage": None, "undoes_id": None} | more
    return SimpleNamespace(
        to_stage=stage, to_status=status, happened_at=instant, id=number, **given
    )


def flow(version: int) -> Pipeline:
    return Pipeline(tomllib.loads((FOLDER / f"direct-{version}.toml").read_text("utf-8")))


CALENDAR, WORKING = flow(2), flow(3)


@pytest.mark.parametrize(
    ("days", "weeks"), [(0, 0), (1, 1), (7, 1), (8, 2), (84, 12), (85, 12), (4000, 12)]
)
def test_a_stretch_is_as_long_as_the_stay_within_bounds(days, weeks) -> None:
    (only,) = spine(CALENDAR, [event("lead", START)], START + dt.timedelta(days=days))
    assert (only.days, only.weeks) == (days, weeks)


@pytest.mark.parametrize(
    ("until", "days", "weeks", "over"),
    [
        (dt.date(2026, 1, 4), 1, 1, 0),  # a Sunday that was worked on, for the New Year
        (dt.date(2026, 1, 9), 6, 2, 1),
        (dt.date(2026, 1, 11), 6, 2, 1),
        (dt.date(2026, 2, 24), 33, 7, 28),  # the Spring Festival counts for nothing
    ],
)
def test_working_days_are_those_of_the_official_arrangement(until, days, weeks, over) -> None:
    (only,) = spine(WORKING, [event("lead", dt.date(2026, 1, 3))], until)
    assert (only.days, only.weeks, only.over) == (days, weeks, over)


def test_a_deal_at_rest_is_not_over_its_target() -> None:
    for status, over in (("active", 23), ("on_hold", 0), ("rejected", 0)):
        (only,) = spine(CALENDAR, [event("lead", START, status)], START + dt.timedelta(days=30))
        assert only.over == over


def test_a_stay_goes_on_after_a_rest_and_the_rest_counts_for_nothing() -> None:
    way = [
        event("lead", START, number=1),
        event("lead", START + dt.timedelta(days=5), "on_hold", 2),
        event("lead", START + dt.timedelta(days=50), number=3),
    ]
    back, rest, first = spine(CALENDAR, way, START + dt.timedelta(days=54))
    assert (first.days, first.stay, first.over) == (5, 5, 0)
    assert (rest.days, rest.stay, rest.over) == (45, 5, 0)
    assert (back.days, back.stay, back.over) == (4, 9, 2) and back.standing == "due"


def test_an_event_that_changes_nothing_leaves_the_stay_as_it_is() -> None:
    carried = event("lead", START + dt.timedelta(days=9), number=2, kind="carry")
    (only,) = spine(CALENDAR, [event("lead", START), carried], START + dt.timedelta(days=20))
    assert only.days == only.stay == 20 and only.within == [carried] and only.over == 13


def test_a_stage_that_only_earlier_versions_had_keeps_its_place_and_its_title() -> None:
    gone = {"key": "probe", "zh": "探针", "en": "Probe", "position": 2, "target_days": 3}
    text = (FOLDER / "direct-2.toml").read_text(encoding="utf-8")
    flow = Pipeline(tomllib.loads(text) | {"former": {"stage": [gone]}})
    way = [
        event("lead", START),
        event("probe", START + dt.timedelta(days=2), number=2, from_stage="lead"),
        event("dd", START + dt.timedelta(days=9), number=3, from_stage="probe"),
    ]
    here, there, _ = spine(flow, way, START + dt.timedelta(days=12))
    assert there.stage.zh == here.came_from.zh == "探针"
    assert (there.days, there.over) == (7, 4)


def test_the_colours_run_from_the_first_stage_to_the_last_of_every_pipeline(app) -> None:
    day = dt.date(2026, 1, 5)
    for pipeline in queries.pipelines().values():
        stays = spine(pipeline, [event(stage.key, day) for stage in pipeline.stages], day)[::-1]
        parts = [stay.part for stay in stays]
        assert parts == sorted(parts) and set(parts) == set(range(1, PARTS + 1))


def test_the_page_draws_colours_lengths_and_knots_and_says_what_was_over(as_user, cast) -> None:
    deal = factories.deal(cast["manager"], now=NOW - dt.timedelta(days=40))
    factories.ready(deal, cast["manager"], now=NOW - dt.timedelta(days=11))
    for kind, back, fields in (
        ("forward", 10, {}),
        ("hold", 2, {**factories.WHY_HELD, "revisit_on": local_date(NOW) + dt.timedelta(days=30)}),
    ):
        with unit_of_work("deal.move", cast["manager"]):
            operations.move(
                deal, Move(kind, **fields), cast["manager"], NOW - dt.timedelta(days=back)
            )
    opened, moved, held = (local_date(NOW - dt.timedelta(days=n)) for n in (40, 10, 2))
    days, later = (CHINA.working_days_between(*stay) for stay in ((opened, moved), (moved, held)))
    page = as_user("manager").get(f"/deals/{deal.id}").text
    drawn = page.split('<ol class="spine">')[1].split("</ol>")[0]
    classes = re.findall(r'<li class="([^"]+)"', drawn)
    assert classes == [
        "stretch part-1 on_hold weeks-1 ongoing",
        f"stretch part-1 active weeks-{-(-later // 5)}",
        f"stretch part-1 active weeks-{-(-days // 5)}",
    ]
    assert re.findall(r'class="knot (\w+)"', drawn) == ["hold", "forward", "open"]
    assert drawn.count("超目标") == 1 and f"超目标 {days - 5} 个工作日" in drawn
    assert "style=" not in drawn
