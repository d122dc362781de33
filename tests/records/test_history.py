"""Histories say from what to what, in words; a field is set back through its own operation."""

import datetime as dt
import re

import pytest

from portfolio.audit import queries as audit
from portfolio.companies import operations as companies
from portfolio.companies.models import Contact
from portfolio.extensions import db, unit_of_work
from portfolio.people import policy
from portfolio.pipeline import operations
from portfolio.pipeline.models import Deal, DealTerms
from portfolio.pipeline.stages import Move
from tests import factories
from tests.pages import sent_form
from tests.records.test_taking_back import undo

NOW = dt.datetime.now(dt.UTC)
WAN = 10**6


@pytest.fixture
def deal(cast) -> Deal:
    made = factories.deal(cast["manager"], terms={"amount_fen": 500 * WAN})
    factories.advance(made, cast["manager"], now=NOW)
    with unit_of_work("deal.move", cast["partner"]):
        operations.move(made, Move("reject", **factories.WHY_NOT), cast["partner"], NOW)
    with unit_of_work("deal.change", cast["partner"]):
        operations.state_terms(made, {"amount_fen": 800 * WAN}, cast["partner"], NOW)
        operations.set_team(made, [cast["colleague"].id], cast["manager"].id, NOW)
        operations.change(made, {"trl": 6, "co_investment": True}, cast["partner"], NOW)
    return made


def changes(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.partition('class="acts"')[2]))


def test_a_deals_history_says_from_where_to_where(as_user, deal) -> None:
    said = changes(as_user("partner").get(f"/records/deal/{deal.id}/history").text)
    for words in (
        "阶段 线索 → 项目库",
        "状态 在办 → 否决",
        "主要原因 市场小",
        "拟投金额 500万 → 800万",
        "项目成员 Colleague",
        "跟投 否 → 是",
        "技术成熟度 6",
    ):
        assert words in said, words
    for raw in ("r_market_small", "on_hold", "rejected", "amount_fen", "deal.", "stage_event"):
        assert raw not in said, raw
    assert "项目库" in changes(as_user("reader").get(f"/deals/{deal.id}").text)


def test_the_history_of_a_commitment_calls_its_amounts_as_its_form_does(as_user, cast) -> None:
    made = factories.deal(cast["manager"], pipeline="subfund", terms={"amount_fen": 500 * WAN})
    with unit_of_work("deal.change", cast["partner"]):
        terms = {"amount_fen": 800 * WAN, "round_size_fen": 9000 * WAN}
        operations.state_terms(made, terms, cast["partner"], NOW)
    said = changes(as_user("partner").get(f"/records/deal/{made.id}/history").text)
    assert "拟认缴金额 500万 → 800万" in said and "基金规模 9000万" in said.replace(",", "")
    assert "拟投金额" not in said


def test_terms_stay_masked_in_the_history(as_user, deal) -> None:
    for name in ("reader", "outsider"):
        for path in (f"/deals/{deal.id}", f"/records/deal/{deal.id}/history"):
            page = as_user(name).get(path).text
            assert "800万" not in page and "500万" not in page and "8000000" not in page


def restoration(page: str, column: str) -> dict[str, str]:
    for form in page.split("/restorations")[1:]:
        fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form.partition("</form>")[0]))
        if fields.get("column") == column:
            return fields
    raise AssertionError(f"no button for {column}")


def test_a_field_is_set_back_audited_version_checked_and_itself_undoable(as_user, cast) -> None:
    company = factories.company(cast["manager"], place="崂山")
    with unit_of_work("company.change", cast["partner"]):
        companies.update(company, {"place": "即墨"}, NOW)
    client, path = as_user("manager"), f"/records/company/{company.id}"
    sent = restoration(client.get(f"{path}/history").text, "place")
    stale = client.post(f"{path}/restorations", data=sent | {"version": "1"}, follow_redirects=True)
    assert "您打开之后，Partner 已于" in stale.text
    answer = client.post(f"{path}/restorations", data=sent, follow_redirects=True)
    assert "已还原：所在地" in answer.text
    db.session.expire_all()
    assert company.place == "崂山"
    assert "即墨 → 崂山" in changes(answer.text)
    undo(client)
    assert company.place == "即墨"


def test_a_deals_and_a_persons_fields_are_set_back(as_user, cast, deal) -> None:
    client = as_user("manager")
    path = f"/records/deal/{deal.id}"
    sent = restoration(client.get(f"{path}/history").text, "trl")
    client.post(f"{path}/restorations", data=sent)
    db.session.expire_all()
    assert deal.trl is None
    with unit_of_work("contact.enter", cast["manager"]):
        person = Contact(company_id=deal.company_id, name="张三", position="总经理")
        db.session.add(person)
    form = client.get(f"/records/contact/{person.id}").text
    client.post(f"/records/contact/{person.id}", data=sent_form(form) | {"position": "监事"})
    path = f"/records/contact/{person.id}"
    page = client.get(f"{path}/history").text
    assert "职务 总经理 → 监事" in changes(page)
    client.post(f"{path}/restorations", data=restoration(page, "position"))
    db.session.expire_all()
    assert person.position == "总经理"


def test_a_term_is_set_back_as_a_new_row_and_that_is_undone(as_user, deal) -> None:
    client, path = as_user("manager"), f"/records/deal/{deal.id}"
    sent = restoration(client.get(f"{path}/history").text, "amount_fen")
    stale = client.post(f"{path}/restorations", data=sent | {"version": "1"}, follow_redirects=True)
    assert "已还原" not in stale.text
    answer = client.post(f"{path}/restorations", data=sent, follow_redirects=True)
    assert "已还原：拟投金额" in answer.text
    assert "拟投金额 800万 → 500万" in changes(answer.text)
    assert stated(deal) == [500 * WAN, 800 * WAN, 500 * WAN], "nothing stated is taken away"
    undo(client)
    assert stated(deal) == [500 * WAN, 800 * WAN, 500 * WAN, 800 * WAN]
    assert audit.verify()[1] is None


def stated(deal: Deal) -> list[int | None]:
    """The amounts stated of a deal, in their order; the last one is the deal's own."""
    db.session.expire_all()
    found = db.session.query(DealTerms).filter_by(deal_id=deal.id).order_by(DealTerms.id)
    amounts = [row.amount_fen for row in found]
    assert deal.amount_fen == amounts[-1]
    return amounts


def test_a_term_that_fits_the_others_no_more_is_not_set_back(as_user, cast, deal) -> None:
    with unit_of_work("deal.change", cast["partner"]):
        smaller = {"amount_fen": 100 * WAN, "round_size_fen": 300 * WAN}
        operations.state_terms(deal, smaller, cast["partner"], NOW)
    client, path = as_user("manager"), f"/records/deal/{deal.id}"
    sent = restoration(client.get(f"{path}/history").text, "amount_fen")
    answer = client.post(f"{path}/restorations", data=sent, follow_redirects=True)
    assert "超过" in answer.text and stated(deal)[-1] == 100 * WAN


def test_who_may_not_read_the_terms_sets_none_back(as_user, cast, deal, monkeypatch) -> None:
    client, path = as_user("manager"), f"/records/deal/{deal.id}"
    sent = restoration(client.get(f"{path}/history").text, "amount_fen")
    for role in cast["manager"].roles:
        monkeypatch.delitem(policy.ROLES[role].permissions, "deal.terms", raising=False)
    assert 'value="amount_fen"' not in client.get(f"{path}/history").text
    client.post(f"{path}/restorations", data=sent)
    assert stated(deal) == [500 * WAN, 800 * WAN]


def test_what_is_no_own_column_cannot_be_set_back(as_user, cast, deal) -> None:
    client, path = as_user("manager"), f"/records/deal/{deal.id}"
    page = client.get(f"{path}/history").text
    sent = restoration(page, "trl")
    for column in ("stage", "code", "walled", "owner_id", "id"):
        client.post(f"{path}/restorations", data=sent | {"column": column})
        db.session.expire_all()
        assert (deal.status, deal.walled) == ("rejected", False)
    other = factories.company(cast["manager"])
    answer = client.post(f"/records/company/{other.id}/restorations", data=sent)
    assert answer.status_code == 404, "an entry of another record"


def test_only_who_may_write_gets_buttons(as_user, cast, deal) -> None:
    page = as_user("reader").get(f"/records/deal/{deal.id}/history").text
    assert "/restorations" not in page
    path = f"/records/deal/{deal.id}/restorations"
    assert as_user("outsider").post(path, data={}).status_code == 403
    walled = factories.deal(cast["manager"], name="金丝雀", walled=True)
    for name in ("partner", "reader"):
        client = as_user(name)
        assert client.get(f"/records/deal/{walled.id}/history").status_code == 404


def test_tasks_and_documents_of_a_walled_deal_are_not_there_for_others(as_user, cast) -> None:
    deal = factories.deal(cast["manager"], walled=True)
    with unit_of_work("seed", cast["manager"]):
        task = companies.add_task(
            "金丝雀", cast["manager"].id, cast["manager"], NOW, deal_id=deal.id
        )
    for name in ("partner", "reader", "outsider", "compliance"):
        client = as_user(name)
        assert client.get(f"/records/task/{task.id}/history").status_code == 404
        assert client.get(f"/records/task/{task.id}").status_code in (403, 404)
        assert client.post(f"/records/task/{task.id}/deletion").status_code in (403, 404)
    assert as_user("manager").get(f"/records/task/{task.id}/history").status_code == 200
