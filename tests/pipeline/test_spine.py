"""The spine of a deal: coloured by part of the way, as long as the stay, over target in words."""

import datetime as dt
import re
from types import SimpleNamespace

import pytest

from portfolio.extensions import unit_of_work
from portfolio.pipeline import operations, queries
from portfolio.pipeline.spine import PARTS, spine
from portfolio.pipeline.stages import Move
from tests import factories

NOW = dt.datetime.now(dt.UTC)


def event(stage: str, day: dt.date, status: str = "active"):
    instant = dt.datetime.combine(day, dt.time(4), dt.UTC)
    return SimpleNamespace(
        to_stage=stage,
        to_status=status,
        happened_at=instant,
        id=1,
        undoes_id=None,
        reason_code="",
        other_reasons="",
    )


@pytest.fixture
def direct(app):
    return queries.pipeline_of(queries.current_pipeline("direct"))


@pytest.mark.parametrize(
    ("days", "weeks"), [(0, 0), (1, 1), (7, 1), (8, 2), (84, 12), (85, 12), (4000, 12)]
)
def test_a_stretch_is_as_long_as_the_stay_within_bounds(direct, days, weeks) -> None:
    start = dt.date(2026, 1, 5)
    (only,) = spine(direct, [event("lead", start)], start + dt.timedelta(days=days))
    assert (only.days, only.weeks) == (days, weeks)


def test_a_deal_at_rest_is_not_over_its_target(direct) -> None:
    start = dt.date(2026, 1, 5)
    for status, over in (("active", 23), ("on_hold", 0), ("rejected", 0)):
        (only,) = spine(direct, [event("lead", start, status)], start + dt.timedelta(days=30))
        assert only.over == over


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
        ("hold", 2, {"note": "等数据", "revisit_on": NOW.date() + dt.timedelta(days=30)}),
    ):
        with unit_of_work("deal.move", cast["manager"]):
            operations.move(
                deal, Move(kind, **fields), cast["manager"], NOW - dt.timedelta(days=back)
            )
    page = as_user("manager").get(f"/deals/{deal.id}").text
    drawn = page.split('<ol class="spine">')[1].split("</ol>")[0]
    classes = re.findall(r'<li class="([^"]+)"', drawn)
    assert classes == [
        "stretch part-1 on_hold weeks-1 ongoing",
        "stretch part-1 active weeks-2",
        "stretch part-1 active weeks-5",
    ]
    assert re.findall(r'class="knot (\w+)"', drawn) == ["hold", "forward", "open"]
    assert drawn.count("超目标") == 1 and "超目标 23 天" in drawn
    assert "style=" not in drawn
