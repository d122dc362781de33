"""A merge moves deals: whoever may not change those they see is refused, and hidden ones stay so."""

import datetime as dt
import re

import pytest
from flask import g

from portfolio.companies.models import CompanyMerge
from portfolio.extensions import db, unit_of_work
from portfolio.journal.models import Act
from portfolio.pipeline import operations as pipeline
from portfolio.pipeline import undo_operations
from portfolio.pipeline.models import Deal, GrantKind
from tests import factories

NOW = dt.datetime.now(dt.UTC)


@pytest.fixture
def pair(cast):
    """Two companies that are one, without a deal."""
    return [factories.company(cast["manager"], name_zh=f"{n}有限公司") for n in ("甲乙", "乙甲")]


def asked(pair) -> tuple[str, dict[str, str]]:
    one, other = (db.session.merge(company) for company in pair)
    for company in (one, other):
        db.session.refresh(company)
    fields = {"version": str(one.version), "other_version": str(other.version), "meant": "1"}
    db.session.rollback()
    return f"/companies/{one.id}/merge/{other.id}", fields


def holder(deal_id: int) -> int | None:
    db.session.rollback()
    return db.session.get_one(Deal, deal_id, populate_existing=True).company_id


def words(page: str) -> str:
    return re.sub(r'<meta[^>]*>|value="[^"]*"', "", page)


@pytest.mark.parametrize(
    ("person", "status"),
    [
        *(("partner", 302), ("colleague", 302), ("manager", 422), ("outsider", 422)),
        *(("admin", 403), ("committee", 403), ("compliance", 403), ("reader", 403)),
    ],
)
@pytest.mark.parametrize("where", ["list", "bin"])
def test_who_may_change_the_deals_may_merge(as_user, cast, pair, person, status, where) -> None:
    deal = factories.deal(cast["colleague"], company=pair[1], name="同事的项目")
    if where == "bin":
        with unit_of_work("deal.delete", cast["colleague"]):
            undo_operations.delete(deal, cast["colleague"], NOW)
    path, fields = asked(pair)
    client = as_user(person)
    page = client.get(path)
    assert page.status_code == (403 if status == 403 else 200)
    if status != 403:
        assert ('<button class="btn btn-primary">' in page.text) == (status == 302)
    answer = client.post(path, data=fields)
    assert answer.status_code == status
    assert holder(deal.id) == pair[0 if status == 302 else 1].id
    assert db.session.query(CompanyMerge).count() == (status == 302)
    if status == 422:
        for text in (page.text, answer.text):
            assert "合并会移动您无权修改的项目：同事的项目。" in text
        client.post("/language", data={"locale": "en"})
        vars(g).clear()  # the language is kept for as long as a context lasts
        assert "you may not change: 同事的项目." in client.get(path).text


def test_the_deals_of_the_one_that_stays_are_not_asked_about(as_user, cast, pair) -> None:
    factories.deal(cast["colleague"], company=pair[0])
    path, fields = asked(pair)
    assert as_user("manager").post(path, data=fields).status_code == 302


@pytest.mark.parametrize("hidden", ["walled", "recused"])
def test_a_hidden_deal_changes_no_answer_and_its_team_is_told(as_user, cast, pair, hidden) -> None:
    person = "partner" if hidden == "recused" else "manager"
    path, fields = asked(pair)
    client = as_user(person)
    before = words(client.get(path).text)
    deal = factories.deal(cast["colleague"], company=pair[1], name="金丝雀", walled=True)
    if hidden == "recused":
        with unit_of_work("deal.grant"):
            deal.walled = False
            pipeline.grant(deal, cast["partner"].id, GrantKind.RECUSED, NOW, "亲属")
    number = deal.id
    assert words(client.get(path).text) == before
    answer = client.post(path, data=fields)
    assert answer.status_code == 302
    assert holder(number) == pair[0].id
    told = as_user("colleague").get(f"/records/deal/{number}/history").text
    assert "合并企业" in told and person.title() in told


@pytest.mark.parametrize(
    ("person", "status"),
    [
        *(("partner", 200), ("colleague", 200), ("manager", 409), ("outsider", 409)),
        *(("admin", 404), ("committee", 404), ("compliance", 404), ("reader", 404)),
    ],
)
def test_taking_it_back_asks_the_same_right(as_user, cast, pair, person, status) -> None:
    plain = factories.deal(cast["colleague"], company=pair[1], name="同事的项目")
    walled = factories.deal(cast["manager"], company=pair[1], name="金丝雀", walled=True)
    numbers = plain.id, walled.id
    path, fields = asked(pair)
    assert as_user("partner").post(path, data=fields).status_code == 302
    act = db.session.query(Act).filter_by(action="company.merge").one()
    client = as_user(person)
    told = client.post(f"/acts/{act.id}/undo", headers={"Accept": "application/json"})
    assert told.status_code == status
    assert {holder(n) for n in numbers} == {pair[1 if status == 200 else 0].id}
    if status == 409:
        assert "同事的项目" in told.json["message"]
        assert ("金丝雀" in told.json["message"]) is False


def test_a_deal_that_went_on_elsewhere_keeps_nobody_from_taking_it_back(
    as_user, cast, pair
) -> None:
    deal = factories.deal(cast["colleague"], company=pair[1])
    path, fields = asked(pair)
    assert as_user("partner").post(path, data=fields).status_code == 302
    third = factories.company(cast["manager"])
    with unit_of_work("deal.change", cast["colleague"]):
        db.session.get_one(Deal, deal.id).company_id = third.id
    act = db.session.query(Act).filter_by(action="company.merge").one()
    told = as_user("manager").post(f"/acts/{act.id}/undo", headers={"Accept": "application/json"})
    assert told.status_code == 200
    assert holder(deal.id) == third.id
