"""The form of a deal: what each pipeline asks for, and who may be chosen to work on it."""

import re

import pytest

from portfolio.extensions import db, unit_of_work
from portfolio.kernel.errors import InputError
from portfolio.people import operations as people
from portfolio.pipeline import operations, queries
from portfolio.pipeline.models import Deal, Vehicle
from tests import factories
from tests.pages import sent_form

WAN = 10**6
DIRECT_ONLY = ("round", "pre_money_fen", "lead_investor", "co_investment", "trl")


def fields(page: str) -> set[str]:
    return set(re.findall(r'name="([a-z_]+)"', page.split("data-guard")[1]))


PATH = "/deals/new?pipeline=subfund"


def commitment(**changes: str) -> dict[str, str]:
    return {"vehicle_id": str(factories.vehicle().id), "name": "齐鲁 出资", **changes}


def test_a_commitment_asks_for_a_fund_size_and_our_part_alone(as_user, cast) -> None:
    fund = factories.subfund()
    factories.vehicle()
    client = as_user("manager")
    assert PATH.replace("&", "&amp;") in client.get("/board?pipeline=subfund").text
    page = client.get(PATH).text
    assert not set(DIRECT_ONLY) & fields(page)
    assert "基金规模（万元）" in page and "拟认缴金额（万元）" in page
    sent = sent_form(page) | commitment()
    over = client.post(PATH, data=sent | {"round_size_fen": "1亿", "amount_fen": "2亿"})
    assert over.status_code == 422 and "拟认缴金额超过基金总规模" in over.text
    assert not set(DIRECT_ONLY) & fields(over.text), "the answer is the same form again"
    done = client.post(PATH, data=sent | {"round_size_fen": "10亿", "amount_fen": "2亿"})
    assert done.status_code == 302
    deal = db.session.query(Deal).one()
    current = queries.current_pipeline("subfund")
    assert (deal.pipeline_id, deal.amount_fen) == (current.id, 20_000 * WAN)
    assert (deal.target_vehicle_id, deal.company_id) == (fund.id, None)
    shown = client.get(done.location).text.split('id="terms"')[1].split("</section>")[0]
    assert "10亿" in shown and "投前估值" not in shown


def test_a_new_sub_fund_is_entered_with_its_commitment_or_not_at_all(as_user, cast) -> None:
    factories.subfund("齐鲁新材子基金")
    client = as_user("manager")
    sent = sent_form(client.get(PATH).text) | commitment(target_id="0", round_size_fen="5亿")
    for name, said in (("", "基金需要名称"), ("齐鲁新材子基金", "已有同名基金")):
        refused = client.post(PATH, data=sent | {"target_name": name})
        assert refused.status_code == 422 and said in refused.text, name
    bad = client.post(PATH, data=sent | {"target_name": "胶东二号", "amount_fen": "很多"})
    assert bad.status_code == 422 and 'value="胶东二号"' in bad.text
    assert db.session.query(Vehicle).filter_by(name_zh="胶东二号").count() == 0
    done = client.post(PATH, data=sent | {"target_name": "胶东二号", "target_manager": "胶东资本"})
    assert done.status_code == 302
    fund = db.session.query(Vehicle).filter_by(name_zh="胶东二号").one()
    assert (fund.kind, fund.manager_name, fund.size_fen) == ("subfund", "胶东资本", 50_000 * WAN)
    assert db.session.query(Deal).one().target_vehicle_id == fund.id


def test_who_names_no_pipeline_chooses_one(as_user, cast) -> None:
    page = as_user("partner").get("/deals/new")
    assert page.status_code == 200
    for row in queries.current_pipelines():
        assert f'href="/deals/new?pipeline={row.key}"' in page.text and row.zh in page.text


def test_a_pipeline_takes_deals_of_its_own_kind_alone(as_user, cast) -> None:
    company = factories.company(cast["manager"])
    client = as_user("manager")
    assert client.get("/deals/new?pipeline=none").status_code == 404
    path = f"/companies/{company.id}/deals"
    page = client.get(path).text
    assert "subfund" not in page
    sent = sent_form(page) | {"pipeline": "subfund", "vehicle_id": str(factories.vehicle().id)}
    assert client.post(path, data=sent).status_code == 422
    row = queries.current_pipeline("subfund")
    with pytest.raises(InputError, match=r"deal\.wrong_target"), unit_of_work("cheat"):
        operations.open_deal(
            "x",
            row,
            factories.vehicle().id,
            cast["manager"].id,
            cast["manager"],
            factories.NOW,
            company_id=company.id,
        )
    assert db.session.query(Deal).count() == 0


def test_an_administrator_enters_and_changes_the_funds(as_user, cast) -> None:
    client = as_user("admin")
    assert "先登记母基金" in client.get("/settings/vehicles").text
    mother = {"kind": "mother", "name_zh": "青岛天使母基金", "size_fen": "50亿"}
    assert client.post("/settings/vehicles", data=mother).status_code == 302
    again = client.post("/settings/vehicles", data=mother | {"name_zh": " 青岛天使母基金 "})
    assert again.status_code == 422 and "已有同名基金" in again.text
    empty = client.post("/settings/vehicles", data=mother | {"name_zh": "", "size_fen": "很大"})
    assert empty.status_code == 422 and 'value="很大"' in empty.text
    for kind in ("", "company"):
        assert client.post("/settings/vehicles", data=mother | {"kind": kind}).status_code == 422
    (known,) = db.session.query(Vehicle)
    path = f"/settings/vehicles/{known.id}"
    assert 'value="500000.00"' in client.get(path).text
    assert client.post(path, data={"name_zh": "青岛母基金", "size_fen": ""}).status_code == 302
    db.session.expire_all()
    assert (known.name_zh, known.size_fen, known.kind) == ("青岛母基金", None, "mother")
    assert client.get("/settings/vehicles/999").status_code == 404


def test_what_a_commitment_does_not_ask_for_stays_as_it_was(as_user, cast) -> None:
    deal = factories.deal(cast["manager"], pipeline="subfund", terms={"lead_investor": "财政"})
    with unit_of_work("deal.change", cast["manager"]):
        operations.change(deal, {"trl": 4}, cast["manager"], factories.NOW)
    client = as_user("manager")
    path = f"/deals/{deal.id}/edit"
    sent = sent_form(client.get(path).text) | {"amount_fen": "300", "next_step": "签约"}
    assert client.post(path, data=sent).status_code == 302
    db.session.expire_all()
    deal = db.session.get_one(Deal, deal.id)
    assert (deal.lead_investor, deal.trl, deal.next_step) == ("财政", 4, "签约")
    stale = client.post(path, data=sent | {"next_step": "别的"})
    assert stale.status_code == 409 and 'name="keep-next_step"' in stale.text


def test_only_people_who_work_on_deals_are_offered_as_boxes(as_user, cast) -> None:
    company = factories.company(cast["manager"])
    page = as_user("manager").get(f"/companies/{company.id}/deals").text
    assert "<select multiple" not in page and "multiple" not in page
    boxes = set(re.findall(r'name="team" type="checkbox" value="(\d+)"', page))
    workers = {str(cast[name].id) for name in ("partner", "manager", "colleague", "outsider")}
    assert boxes == workers
    owners = page.split('id="owner_id"')[1].split("</select>")[0]
    assert set(re.findall(r'value="(\d+)"', owners)) == workers


def test_a_team_is_ticked_and_who_is_on_it_already_stays_choosable(as_user, cast) -> None:
    deal = factories.deal(cast["manager"], team=[cast["colleague"].id])
    with unit_of_work("user.change"):
        people.set_roles(cast["colleague"], ["reader"])
    client = as_user("manager")
    path = f"/deals/{deal.id}/edit"
    sent = sent_form(client.get(path).text)
    both = {str(cast["manager"].id), str(cast["colleague"].id)}
    assert set(sent["team"]) == both
    changed = sent | {"team": [*sent["team"], str(cast["partner"].id)]}
    assert client.post(path, data=changed).status_code == 302
    db.session.expire_all()
    members = {str(m.user_id) for m in db.session.get_one(Deal, deal.id).members}
    assert members == both | {str(cast["partner"].id)}
