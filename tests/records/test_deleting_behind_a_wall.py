"""Whoever cannot know of a confidential deal deletes its company as if there were none; the deal's
team is told, and loses nothing."""

import datetime as dt
import re

import pytest

from portfolio.audit import queries as audit
from portfolio.companies.models import Company, Task
from portfolio.extensions import db, unit_of_work
from portfolio.pipeline.models import Deal, DealDetachment, DealMember, Holding
from tests import factories
from tests.pages import sent_form
from tests.records.test_deleting import delete
from tests.records.test_taking_back import last_act, undo

NOW = dt.datetime.now(dt.UTC)


@pytest.fixture
def deal(cast) -> Deal:
    """A confidential deal of the manager's team, with a holding."""
    found = factories.deal(cast["manager"], name="金丝雀一号", walled=True)
    with unit_of_work("seed", cast["manager"]):
        db.session.add(
            Holding(
                vehicle_id=found.vehicle_id,
                company_id=found.company_id,
                deal_id=found.id,
                cost_fen=100,
                recorded_at=NOW,
            )
        )
    return found


def named(company_id: int) -> str:
    return db.session.get_one(Company, company_id).name_zh


def test_deleting_shows_the_same_with_and_without_a_hidden_deal(as_user, cast, deal) -> None:
    plain = factories.company(cast["manager"], name_zh="无锡清河有限公司")
    client, seen = as_user("outsider"), []
    for number in (deal.company_id, plain.id):
        name = named(number)
        asked = client.get(f"/records/company/{number}/deletion")
        answer = delete(client, "company", number)
        after = client.get(f"/companies/{number}"), client.get("/companies"), client.get("/bin")
        pages = [asked.text, answer.headers["Location"], *(page.text for page in after)]
        assert [page.status_code for page in (asked, answer, *after)] == [200, 302, 404, 200, 200]
        assert not any("金丝雀" in page for page in pages)
        seen.append(str(pages[:2]).replace(name, "X").replace(f"/{number}", "/N"))
        assert name in pages[-1], "it stands in the bin"
        assert undo(client).status_code == 200
    told = [text.partition("<main")[2].partition("csrf_token")[0] for text in seen]
    assert told[0] == told[1] and told[0]


def test_its_team_is_told_and_restores_the_company_with_the_deal(as_user, cast, deal) -> None:
    company_id, deal_id = deal.company_id, deal.id
    name = named(company_id)
    assert delete(as_user("outsider"), "company", company_id).status_code == 302
    act = last_act()
    team = as_user("manager")
    page = team.get(f"/deals/{deal_id}")
    assert page.status_code == 200 and name in page.text and "已于" in page.text
    assert name in team.get("/").text, "a task for the owner stands on the desk"
    for path in (
        "/deals",
        "/board",
        f"/deals/{deal_id}/edit",
        f"/deals/{deal_id}?as_of=2026-01-01",
    ):
        assert team.get(path).status_code in (200, 302), path
    assert "回收站" in team.get(f"/companies/{company_id}").text
    assert f"/acts/{act.id}/undo" in team.get("/bin").text
    assert undo(team, act).status_code == 200
    db.session.expire_all()
    assert db.session.get_one(Deal, deal_id).company_id == company_id
    assert db.session.query(Holding).one().company_id == company_id
    assert db.session.query(DealDetachment).count() == 0
    assert [task.done_at is not None for task in db.session.query(Task)] == [True]
    assert name in team.get(f"/deals/{deal_id}").text
    assert audit.verify()[1] is None


def test_the_deal_can_get_another_company(as_user, cast, deal) -> None:
    other = factories.company(cast["manager"], name_zh="无锡清河有限公司")
    deal_id, company_id = deal.id, deal.company_id
    door = f"/deals/{deal_id}/company"
    team = as_user("manager")
    assert team.get(door).status_code == 404, "it has a company"
    delete(as_user("outsider"), "company", company_id)
    act = last_act()
    assert as_user("outsider").get(door).status_code == 404
    assert "无锡清河" in as_user("manager").get(f"{door}?q=qinghe").text
    refused = as_user("manager").post(door, data={"company_id": "99999"})
    assert refused.status_code == 422 and "没有这家企业" in refused.text
    assert as_user("manager").post(door, data={"company_id": str(other.id)}).status_code == 302
    db.session.expire_all()
    assert db.session.get_one(Deal, deal_id).company_id == other.id
    assert undo(as_user("outsider"), act).status_code == 200, (
        "and what was deleted comes back alone"
    )
    db.session.expire_all()
    assert db.session.get_one(Deal, deal_id).company_id == other.id


def test_the_trail_tells_the_deletion_but_not_the_deal(as_user, cast, deal) -> None:
    number = deal.company_id
    delete(as_user("outsider"), "company", number)
    for name in ("compliance", "admin"):
        page = as_user(name).get(f"/audit?object=company&id={number}")
        assert "金丝雀" not in page.text and deal.code not in page.text
    told = as_user("manager").get(f"/records/deal/{deal.id}/history").text
    assert "删除企业" in told


@pytest.mark.parametrize("name", ["compliance", "admin"])
def test_the_unfiltered_trail_is_the_same_with_such_a_deal_and_without(
    as_user, cast, deal, name
) -> None:
    """No locked line, no gap in numbers and no count beside a deletion says that more was done."""
    plain = factories.company(cast["manager"])
    client, told = as_user(name), []

    def picture() -> tuple[int, int, int]:
        page, file = client.get("/audit").text, client.get("/audit.csv").text
        shown = int(re.search(r"共 (\d+) 条", page)[1])
        return page.count('<th scope="row"'), shown, len(file.splitlines())

    for number in (plain.id, deal.company_id):
        before = picture()
        delete(as_user("outsider"), "company", number)
        told.append([after - was for was, after in zip(before, picture(), strict=True)])
    assert told[0] == told[1]


def test_who_sees_the_deal_is_refused_and_reads_why(as_user, cast, deal) -> None:
    refused = delete(as_user("manager"), "company", deal.company_id)
    assert refused.status_code == 422 and "金丝雀一号" in refused.text
    assert db.session.query(DealDetachment).count() == 0


def test_a_deal_open_to_all_still_stands_in_the_way_of_who_sees_it(as_user, cast, deal) -> None:
    factories.deal(
        cast["manager"], name="公开二号", company=db.session.get_one(Company, deal.company_id)
    )
    refused = delete(as_user("outsider"), "company", deal.company_id)
    assert refused.status_code == 422
    assert "公开二号" in refused.text and "金丝雀" not in refused.text
    db.session.expire_all()
    assert db.session.get_one(Deal, deal.id).company_id is not None, "nothing half-done"
    assert db.session.query(DealDetachment).count() == 0


def test_a_deal_in_the_bin_comes_back_whatever_became_of_its_company(as_user, cast, deal) -> None:
    deal_id, company_id = deal.id, deal.company_id
    delete(as_user("manager"), "deal", deal_id)
    binned = last_act()
    delete(as_user("outsider"), "company", company_id)
    company_gone = last_act()
    assert undo(as_user("manager"), binned).status_code == 200
    db.session.expire_all()
    assert db.session.get_one(Deal, deal_id).deleted_at is None
    delete(as_user("manager"), "deal", deal_id)
    binned = last_act()
    assert undo(as_user("outsider"), company_gone).status_code == 200
    assert undo(as_user("manager"), binned).status_code == 200
    db.session.expire_all()
    assert db.session.get_one(Deal, deal_id).company_id == company_id


def test_where_the_owner_has_left_the_whole_team_is_told(as_user, cast, deal) -> None:
    with unit_of_work("seed", cast["manager"]):
        db.session.add(DealMember(deal_id=deal.id, user_id=cast["colleague"].id))
        cast["manager"].active = False
    delete(as_user("outsider"), "company", deal.company_id)
    assert [task.owner_id for task in db.session.query(Task)] == [cast["colleague"].id]


def test_a_company_is_asked_for_before_its_values(as_user, cast, deal) -> None:
    delete(as_user("outsider"), "company", deal.company_id)
    client, path = as_user("manager"), f"/deals/{deal.id}/moves"
    sent = sent_form(client.get(path).text)
    refused = client.post(path, data=sent | {"f-company.industry": "集成电路", "save": "1"})
    assert refused.status_code == 422 and "请先恢复原企业或另选企业" in refused.text
