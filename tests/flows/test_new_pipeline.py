"""A pipeline that no file has, set up in the browser and used from its first deal to the files."""

import datetime as dt
import re

import pytest
import sqlalchemy as sa

from portfolio.digest import content_queries
from portfolio.extensions import db
from portfolio.pipeline import queries
from portfolio.pipeline.models import Deal
from tests import factories
from tests.flows.editing import SETTINGS, definition, row_ids, typed

STAGES = (
    ("gp_asked", "受理", "Asked", {"target_days": "5", "warn_days": "8"}),
    ("gp_panel", "评审会", "Panel", {"committee": "1"}),
    ("gp_paid", "拨付", "Paid", {}),
)


def added(admin, address: str, rows: list[dict[str, str]]) -> None:
    """Add rows to a part, one after the other, and fill each in."""
    for values in rows:
        page = admin.get(address).text
        admin.post(address, data=typed(page, row_ids(page), do="add"))
        page = admin.get(address).text
        ids = row_ids(page)
        form = typed(page, ids) | {f"{ids[-1]}-{name}": value for name, value in values.items()}
        assert admin.post(address, data=form).status_code == 302


@pytest.fixture
def grant(as_user) -> str:
    """The key of a pipeline set up from nothing."""
    admin = as_user("admin")
    form = {"key": "grant", "zh": "揭榜补助", "en": "Grants", "target": "company", "like": ""}
    address = admin.post(f"{SETTINGS}/new", data=form).location
    assert "/drafts/" in address
    refused = admin.post(f"{address}/publish", data={"version": "1"})
    assert refused.status_code == 422  # it has no stages yet
    stages = [{"key": k, "zh": zh, "en": en, **more} for k, zh, en, more in STAGES]
    added(admin, f"{address}/stages", stages)
    added(
        admin,
        f"{address}/checklists",
        [{"key": "papers", "zh": "材料", "en": "Papers", "stage": "gp_asked"}],
    )
    made = definition(address)
    items = f"{address}/checklists/{made['checklist'][0]['_id']}"
    added(admin, items, [{"key": "y1", "zh": "申请书", "en": "Request", "must": "1"}])
    conditions = f"{address}/stages/{made['stage'][1]['_id']}"
    condition = {"zh": "申请书已收", "en": "Request received", "needs": "items", "items": "y1"}
    added(admin, conditions, [{"key": "papers", **condition}])
    reason = {"key": "g_late", "kind": "reject", "zh": "逾期", "en": "Too late"}
    added(admin, f"{address}/reasons", [reason])
    page = admin.get(f"{address}/preview").text
    version = re.search(r'name="version" value="(\d+)"', page)[1]
    answer = admin.post(f"{address}/publish", data={"version": version})
    assert answer.status_code == 302, answer.text
    return "grant"


def test_a_new_pipeline_is_used_from_opening_to_the_files(grant, cast, as_user) -> None:
    client = as_user("manager")
    company = factories.company(cast["manager"], name_zh="青岛揭榜科技有限公司")
    vehicle = factories.vehicle()
    assert "揭榜补助" in client.get("/deals").text
    assert "/deals/new?pipeline=grant" in client.get("/board?pipeline=grant").text
    asked = client.get("/deals/new?pipeline=grant&q=揭榜").text
    way = re.search(rf'href="(/companies/{company.id}/deals\?pipeline=grant)"', asked)[1]
    form = {
        "name": "揭榜项目",
        "pipeline": "grant",
        "vehicle_id": vehicle.id,
        "owner_id": cast["manager"].id,
    }
    opened = client.post(way, data=form)
    assert opened.status_code == 302, opened.text
    deal = db.session.scalars(sa.select(Deal).where(Deal.name == "揭榜项目")).one()
    assert deal.stage == "gp_asked" and deal.pipeline_id == queries.current_pipeline("grant").id
    board = client.get("/board?pipeline=grant").text
    assert re.findall(r'<ul class="cards" data-stage="(\w+)"', board) == [s[0] for s in STAGES]
    moves = f"/deals/{deal.id}/moves"
    stopped = client.post(moves, data={"to_stage": "gp_panel", "version": deal.version})
    assert stopped.status_code == 422 and "申请书已收" in stopped.text
    factories.ready(deal, cast["manager"])
    passed = client.post(moves, data={"to_stage": "gp_panel", "version": deal.version})
    assert passed.status_code == 302, passed.text
    assert db.session.get(Deal, deal.id, populate_existing=True).stage == "gp_panel"
    for address in ("/deals?pipeline=grant", "/deals?stage=gp_panel", "/deals.csv?stage=gp_panel"):
        assert "揭榜" in client.get(address).text, address
    assert "揭榜补助" in client.get("/deals.csv?pipeline=grant").text
    assert "揭榜" not in client.get("/deals?stage=gp_asked").text.split("<tbody>")[1]
    committee = as_user("partner").get("/committee").text
    assert "揭榜项目" in committee
    now = dt.datetime.now(dt.UTC)
    week = now - dt.timedelta(days=7), now + dt.timedelta(minutes=1)
    told = content_queries.one_part(cast["partner"], "moves", *week).lines
    assert [line.to_stage.zh for line in told] == ["评审会"] and told[0].from_stage is None


def test_another_pipeline_may_not_take_its_stages(grant, as_user) -> None:
    admin = as_user("admin")
    form = {"key": "twin", "zh": "孪生", "en": "Twin", "target": "company", "like": "grant"}
    address = admin.post(f"{SETTINGS}/new", data=form).location
    made = definition(address)
    assert [s["key"] for s in made["stage"]] == ["twin_gp_asked", "twin_gp_panel", "twin_gp_paid"]
    page = admin.get(f"{address}/stages").text
    ids = row_ids(page)
    sent = typed(page, ids) | {f"{ids[0]}-key": "gp_asked"}
    admin.post(f"{address}/stages", data=sent)
    assert "另一流程已有阶段“gp_asked”" in admin.get(f"{address}/stages").text
    assert admin.post(f"{address}/publish", data={"version": "2"}).status_code == 422
