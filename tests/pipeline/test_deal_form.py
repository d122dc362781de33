"""The form of a deal: what each pipeline asks for, and who may be chosen to work on it."""

import re

from portfolio.extensions import db, unit_of_work
from portfolio.people import operations as people
from portfolio.pipeline import operations, queries
from portfolio.pipeline.models import Deal
from tests import factories
from tests.pages import sent_form

WAN = 10**6
DIRECT_ONLY = ("round", "pre_money_fen", "lead_investor", "co_investment", "trl")


def fields(page: str) -> set[str]:
    return set(re.findall(r'name="([a-z_]+)"', page.split("data-guard")[1]))


def test_a_commitment_asks_for_a_fund_size_and_our_part_alone(as_user, cast) -> None:
    company = factories.company(cast["manager"])
    client = as_user("manager")
    path = f"/companies/{company.id}/deals"
    direct = client.get(path).text
    assert set(DIRECT_ONLY) <= fields(direct) and "基金规模" not in direct
    assert f"{path}?pipeline=subfund" in direct
    factories.vehicle()
    page = client.get(f"{path}?pipeline=subfund").text
    assert not set(DIRECT_ONLY) & fields(page)
    assert "基金规模（万元）" in page and "拟认缴金额（万元）" in page
    sent = sent_form(page) | {"vehicle_id": str(factories.vehicle().id)}
    over = client.post(path, data=sent | {"round_size_fen": "1亿", "amount_fen": "2亿"})
    assert over.status_code == 422 and "拟认缴金额超过基金总规模" in over.text
    assert not set(DIRECT_ONLY) & fields(over.text), "the answer is the same form again"
    done = client.post(path, data=sent | {"round_size_fen": "10亿", "amount_fen": "2亿"})
    assert done.status_code == 302
    deal = db.session.query(Deal).one()
    current = queries.current_pipeline("subfund")
    assert (deal.pipeline_id, deal.amount_fen) == (current.id, 20_000 * WAN)
    shown = client.get(done.location).text.split('id="terms"')[1].split("</section>")[0]
    assert "10亿" in shown and "投前估值" not in shown


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
