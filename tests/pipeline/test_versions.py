"""Deals of several versions of one pipeline: each goes by its own, the board shows all of them."""

import copy
import json
import re

import pytest
import sqlalchemy as sa

from portfolio.extensions import db, unit_of_work
from portfolio.pipeline import operations, queries
from portfolio.pipeline.models import PipelineVersion
from portfolio.pipeline.stages import Move
from tests import factories
from tests.conftest import NOW


@pytest.fixture
def newer(app, cast) -> PipelineVersion:
    """A newer version of the direct pipeline: no screening, another title for leads."""
    factories.advance(factories.deal(cast["manager"], name="老项目"), cast["manager"], "pool")
    old = queries.current_pipeline("direct")
    data = copy.deepcopy(json.loads(old.definition)) | {
        "version": old.version + 1,
        "zh": "直投（新）",
    }
    gone = next(stage for stage in data["stage"] if stage["key"] == "screening")
    data["stage"].remove(gone)
    data["stage"][0]["zh"] = "新线索"
    data["checklist"][0]["stage"] = "initiation"
    data["former"] = {"stage": [{**gone, "position": 2}]}
    with unit_of_work("pipeline.publish"):
        old.current = False
        db.session.flush()
        row = PipelineVersion(
            key="direct", version=data["version"], definition=json.dumps(data), current=True
        )
        db.session.add(row)
    return row


def columns(page: str) -> list[str]:
    return re.findall(r'<ul class="cards" data-stage="(\w+)"', page)


def test_a_stage_that_only_deals_of_an_older_version_stand_in_has_its_column(
    newer, cast, as_user
) -> None:
    client = as_user("manager")
    assert columns(client.get("/board").text)[:3] == ["lead", "pool", "initiation"]
    deal = db.session.scalars(sa.select(operations.Deal)).one()
    factories.advance(deal, cast["manager"], "screening")
    page = client.get("/board").text
    assert columns(page)[:4] == ["lead", "pool", "screening", "initiation"]
    assert f">v{newer.version - 1}</span>" in page and "直投（新）" in page and "新线索" in page
    assert client.get("/board/screening?offset=0").status_code == 200
    told = client.get(f"/board/cards/{deal.id}").json
    assert (
        told["columns"]["screening"]["count"] == 1
        and f">v{newer.version - 1}</span>" in told["card"]
    )


def test_a_deal_moves_by_the_version_it_began_in(newer, cast) -> None:
    old = db.session.scalars(sa.select(operations.Deal)).one()
    young = factories.deal(cast["manager"], name="新项目")
    assert young.pipeline_id == newer.id and old.pipeline_id != newer.id
    factories.ready(old, cast["manager"])
    with unit_of_work("deal.move", cast["manager"]):
        operations.move(old, Move("forward"), cast["manager"], NOW)
    assert old.stage == "screening"
    factories.advance(young, cast["manager"], "pool")
    assert queries.pipeline_of(newer).targets("forward", young.stage) == ["initiation"]


def test_lists_and_files_name_stages_of_all_versions_by_the_newest(newer, as_user) -> None:
    client = as_user("partner")
    page = client.get("/deals?pipeline=direct").text
    assert "新线索" in page and ">初筛<" in page and "直投（新）" in page
    assert client.get("/deals?stage=screening&pipeline=direct").status_code == 200
    assert list(queries.stage_titles("direct"))[:2] == ["lead", "pool"]
    assert queries.committee_stages() == ["ic"]
