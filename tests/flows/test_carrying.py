"""Deals are carried over once one has seen which, and what did not go on since can be taken back."""

import datetime as dt
import re
from typing import Any

import pytest
import sqlalchemy as sa

from portfolio.digest import content_queries
from portfolio.extensions import db, unit_of_work
from portfolio.flows import carry_operations as carrying
from portfolio.flows import drafts
from portfolio.flows import queries as flows
from portfolio.journal.models import Act
from portfolio.kernel.errors import InputError
from portfolio.people import operations as people
from portfolio.pipeline import operations as pipeline
from portfolio.pipeline import queries
from portfolio.pipeline.models import Deal, PipelineVersion
from portfolio.pipeline.stages import Move
from tests import factories
from tests.conftest import NOW
from tests.flows.editing import LATER, SETTINGS, draft_with, publish, without_screening
from tests.pages import sent_form


@pytest.fixture
def version(deals, cast) -> PipelineVersion:
    """A published version without screening and with a stage that no earlier one has."""

    def change(draft: dict[str, Any]) -> None:
        without_screening(draft)
        row = {"key": "talks", "zh": "接洽", "en": "Talks", "committee": False}
        draft["stage"].insert(2, {"_id": drafts.next_id(draft), **row, "condition": []})

    return publish(cast, draft_with(cast, change))


@pytest.fixture
def admin(as_user):
    client = as_user("admin")
    client.set_cookie("lang", "en")
    return client


def confirmed(admin, version: PipelineVersion, goal: str = "talks") -> dict[str, str]:
    """The form that carries over, as the page of confirmation has it."""
    address = f"{SETTINGS}/versions/{version.id}/carry?map-screening={goal}"
    page = admin.get(address).text
    return sent_form("<form" + page.split("<noscript>")[0].split("<form")[-1], "method")


def fresh(deal: Deal) -> Deal:
    return db.session.get_one(Deal, deal.id, populate_existing=True)


def test_the_carrying_over_to_an_old_version_leads_to_the_newest(admin, version) -> None:
    old = queries.pipelines()
    first = min(i for i, flow in old.items() if flow.key == version.key)
    asked = f"{SETTINGS}/versions/{first}/carry?map-screening=talks"
    newest = f"{SETTINGS}/versions/{version.id}/carry?map-screening=talks"
    assert admin.get(asked).location == newest
    assert admin.get(newest).status_code == 200


def rejected(deal: Deal, cast) -> None:
    with unit_of_work("deal.move", cast["manager"]):
        why = {"reason_code": "r_exit", "note": "退出路径不清晰，暂不考虑"}
        pipeline.move(fresh(deal), Move("reject", **why), cast["manager"], LATER)


def carried(admin, version: PipelineVersion) -> None:
    form = confirmed(admin, version)
    answer = admin.post(f"{SETTINGS}/versions/{version.id}/carry", data=form)
    assert answer.status_code == 302, answer.text


def taken_back(admin) -> str:
    """Press the button on the page of pipelines; the page after it."""
    page = admin.get(SETTINGS).text
    action = re.search(r'action="(/acts/\d+/undo)"', page)[1]
    return admin.post(action, data={"back": SETTINGS}, follow_redirects=True).text


def test_one_sees_how_many_go_where_before_they_go(version, deals, admin) -> None:
    address = f"{SETTINGS}/versions/{version.id}/carry"
    assert address in admin.get(SETTINGS).text
    asked = admin.get(address).text
    assert "What is carried over" not in asked and 'name="map-screening"' in asked
    page = admin.get(f"{address}?map-screening=talks").text
    rows = re.findall(r"<tr><th scope=\"row\">(.*?)</tr>", page.split("<tbody>")[1])
    told = [re.sub(r"<[^>]+>|\s+", " ", row).split() for row in rows]
    assert [" ".join(words) for words in told] == [
        "Lead Version 3 Lead 1 go on",
        "Project pool Version 3 Project pool 1 go on",
        "Screening Version 3 Talks 1 begin anew at 0",
        "Together 3",
    ]
    assert deals["lead"].code not in page and "can be taken back for thirty days" in page
    assert fresh(deals["lead"]).pipeline_id != version.id, "looking carries nothing over"


def test_deals_keep_their_days_where_they_stay_and_the_team_reads_it(
    version, deals, cast, admin, as_user
) -> None:
    entered = {name: deal.stage_entered_at for name, deal in deals.items()}
    carried(admin, version)
    for name in ("lead", "pool", "walled", "screening"):
        deal = fresh(deals[name])
        event = queries.history(deal.id)[-1]
        assert (deal.pipeline_id, event.kind) == (version.id, "carry")
        assert (event.to_stage, event.to_status) == (deal.stage, deal.status)
        assert (deal.stage_entered_at == entered[name]) is (name != "screening")
    assert fresh(deals["screening"]).stage == "talks"
    assert fresh(deals["refused"]).pipeline_id != version.id
    page = as_user("manager").get(f"/deals/{deals['lead'].id}").text
    told = page.split('id="history"')[1]
    assert "Carried deals over to a version" in told
    assert "<del>Direct deals, version 3</del> → Direct deals, version 4" in told
    assert f"versions/{version.id}/carry" not in admin.get(SETTINGS).text


def test_a_deal_that_stays_in_its_stage_counts_as_changed_when_it_was_changed(
    version, deals, admin, as_user
) -> None:
    before = {name: deal.updated_at for name, deal in deals.items()}
    client = as_user("manager")

    def times() -> list[str]:
        page = client.get("/deals?sort=-updated").text
        assert deals["screening"].name in page
        return re.findall(r'<time datetime="([^"]+)"', page)

    shown = times()
    carried(admin, version)
    after = {name: fresh(deal).updated_at for name, deal in deals.items()}
    moved = {name for name in deals if after[name] != before[name]}
    assert moved == {"screening"} and after["screening"] > before["screening"]
    assert len(set(times()) - set(shown)) == 1
    taken_back(admin)
    back = {name: fresh(deal).updated_at for name, deal in deals.items()}
    assert {name for name in deals if back[name] != before[name]} == {"screening"}
    assert back["screening"] > after["screening"], "it was moved once more"


def test_nothing_is_carried_to_nowhere_or_otherwise_than_shown(version, deals, cast, admin) -> None:
    address = f"{SETTINGS}/versions/{version.id}/carry"
    form = confirmed(admin, version)
    assert admin.post(address, data=form | {"map-screening": ""}).status_code == 422
    factories.advance(deals["lead"], cast["manager"], "pool")
    changed = admin.post(address, data=form)
    assert changed.status_code == 409 and "Deals were moved since" in changed.text
    old = flows.versions("direct")[-1]
    refused = admin.post(f"{SETTINGS}/versions/{old.id}/carry", data=form)
    assert refused.status_code == 422
    assert {fresh(deal).pipeline_id for deal in deals.values()} == {deals["pool"].pipeline_id}
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Act)) == 0


def test_taking_back_puts_every_deal_where_it_was_and_no_page_stumbles(
    version, deals, cast, admin, as_user
) -> None:
    names = ("pipeline_id", "stage", "status", "stage_entered_at", "revisit_on")
    before = {n: [getattr(deal, name) for name in names] for n, deal in deals.items()}
    carried(admin, version)
    since = dt.datetime.now(dt.UTC)
    assert "Taken back." in taken_back(admin)
    for name, deal in deals.items():
        assert [getattr(fresh(deal), column) for column in names] == before[name]
    client = as_user("manager")
    pages = [f"/deals/{deals['screening'].id}", "/", "/board", "/deals", "/funnel", "/deals.csv"]
    for address in pages:
        assert client.get(address).status_code == 200, address
    told = content_queries.one_part(cast["manager"], "moves", since, since + dt.timedelta(hours=1))
    assert not told.total, "neither way is news"
    rejected(deals["screening"], cast)
    assert "/undo" not in admin.get(SETTINGS).text and "/carry" in admin.get(SETTINGS).text


def test_what_went_on_since_stays_and_is_named_to_who_may_know(
    version, deals, cast, admin, as_user
) -> None:
    carried(admin, version)
    for name in ("pool", "walled"):
        rejected(deals[name], cast)
    with unit_of_work("user.roles"):
        people.set_roles(cast["partner"], ["partner", "admin"])
    act = db.session.scalars(sa.select(Act)).one()
    assert as_user("outsider").post(f"/acts/{act.id}/undo").status_code == 404
    partner = as_user("partner")
    partner.set_cookie("lang", "en")
    page = taken_back(partner)
    assert f"these stay: {deals['pool'].code} pool." in page and deals["walled"].code not in page
    assert fresh(deals["pool"]).pipeline_id == fresh(deals["walled"]).pipeline_id == version.id
    assert fresh(deals["screening"]).stage == "screening"
    carried(admin, version)
    for name in ("lead", "screening"):
        rejected(deals[name], cast)
    assert "stay: +2" in taken_back(admin), "a role that reads no deal sees how many"


def test_a_deal_at_rest_is_not_carried_to_where_it_could_never_go_on(deals, cast) -> None:
    manager = cast["manager"]
    with unit_of_work("deal.move", manager):
        soon = (NOW + dt.timedelta(days=20)).date()
        pipeline.move(
            deals["lead"], Move("hold", **factories.WHY_HELD, revisit_on=soon), manager, NOW
        )

    def without_hold(draft: dict[str, Any]) -> None:
        draft["moves"] = [m for m in draft["moves"] if m["key"] not in {"hold", "resume"}]

    version = publish(cast, draft_with(cast, without_hold))
    with pytest.raises(InputError, match=r"carry\.stuck"), unit_of_work("c", cast["admin"]):
        carrying.carry_over(version, {}, cast["admin"], LATER)
    assert fresh(deals["lead"]).status == "on_hold"
    assert fresh(deals["lead"]).pipeline_id != version.id


def test_nothing_is_carried_to_a_version_that_is_no_longer_in_force(version, deals, cast) -> None:
    publish(cast, draft_with(cast, lambda draft: draft.update(en="Direct deals, newer")))
    with pytest.raises(InputError) as refused, unit_of_work("pipeline.carry", cast["admin"]):
        carrying.carry_over(version, {"screening": "talks"}, cast["admin"], LATER)
    assert refused.value.code == "carry.not_in_force"
