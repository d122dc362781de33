"""Edits are taken back: rows exactly, facts by stating the former ones again."""

import datetime as dt
import re

import pytest
import sqlalchemy as sa

from portfolio.companies import operations as companies
from portfolio.companies import queries as figures
from portfolio.companies.models import Company, Contact, Figure, Task
from portfolio.companies.operations import Statement
from portfolio.extensions import db, unit_of_work
from portfolio.journal.models import Act
from portfolio.pipeline.models import Deal, DealTerms
from tests import factories
from tests.journal.test_taking_back import dump
from tests.pages import sent_form

NOW = dt.datetime.now(dt.UTC)
WAN = 10**6
JSON = {"Accept": "application/json"}


def last_act() -> Act:
    return db.session.scalars(sa.select(Act).order_by(Act.id.desc()).limit(1)).one()


def undo(client, act: Act | None = None):
    answer = client.post(f"/acts/{(act or last_act()).id}/undo", headers=JSON)
    db.session.expire_all()
    return answer


def without(rows: dict, *columns_of_company: str) -> dict:
    """Dumps without what an undo may leave: the acts, and version numbers, which never go back."""
    versioned = {t.name: t for t in db.metadata.sorted_tables if "version" in t.c}
    kept = {}
    for name, found in rows.items():
        if name == "act":
            continue
        at = list(versioned[name].c.keys()).index("version") if name in versioned else None
        kept[name] = [r if at is None else (*r[:at], *r[at + 1 :]) for r in found]
    return kept


def test_a_saved_company_is_taken_back_from_the_toast_with_its_names_and_search(
    as_user, cast
) -> None:
    company = factories.company(cast["manager"], name_zh="青岛原名有限公司", stock_codes=["430047"])
    client = as_user("manager")
    before = dump()
    form = sent_form(client.get(f"/companies/{company.id}/edit").text)
    form |= {"name_zh": "青岛新名有限公司", "former_names": "旧名", "stock_codes": "920190"}
    assert client.post(f"/companies/{company.id}/edit", data=form).status_code == 302
    page = client.get(f"/companies/{company.id}").text
    assert f'data-act="/acts/{last_act().id}/undo"' in page
    assert "青岛新名" in client.get("/search?q=新名").text
    assert undo(client).status_code == 200
    assert without(dump()) == without(before)
    assert "青岛原名" in client.get("/search?q=原名").text
    assert "青岛" not in client.get("/search?q=新名").text


def test_a_form_opened_on_what_was_taken_back_does_not_overwrite(as_user, cast) -> None:
    company = factories.company(cast["manager"], name_zh="青岛原名有限公司")
    client, path = as_user("manager"), f"/companies/{company.id}/edit"
    first = sent_form(client.get(path).text)
    client.post(path, data=first | {"place": "即墨"})
    opened = sent_form(client.get(path).text)
    undo(client)
    client.post(path, data=sent_form(client.get(path).text) | {"industry": "光电"})
    assert client.post(path, data=opened | {"website": "https://a.example"}).status_code == 409


def test_after_somebody_elses_change_it_is_refused_with_who_and_when(as_user, cast) -> None:
    company = factories.company(cast["manager"])
    client = as_user("manager")
    path = f"/companies/{company.id}/edit"
    client.post(path, data=sent_form(client.get(path).text) | {"place": "即墨"})
    act = last_act()
    other = as_user("partner")
    other.post(path, data=sent_form(other.get(path).text) | {"place": "城阳"})
    answer = undo(client, act)
    assert answer.status_code == 409
    assert re.search(r"Partner 已于 \d{4}-\d\d-\d\d \d\d:\d\d 修改", answer.json["message"])
    assert db.session.get_one(Company, company.id).place == "城阳"


def test_a_person_a_task_and_a_tick_are_taken_back(as_user, cast) -> None:
    company = factories.company(cast["manager"])
    with unit_of_work("seed", cast["manager"]):
        person = Contact(company_id=company.id, name="张三", position="总经理")
        db.session.add(person)
        task = companies.add_task(
            "催材料", cast["manager"].id, cast["manager"], NOW, company_id=company.id
        )
    client = as_user("manager")
    path = f"/records/contact/{person.id}"
    sent = sent_form(client.get(path).text) | {"position": "董事长"}
    assert client.post(path, data=sent).status_code == 302
    assert db.session.get_one(Contact, person.id).position == "董事长"
    undo(client)
    assert db.session.get_one(Contact, person.id).position == "总经理"
    stale = sent_form(client.get(f"/records/task/{task.id}").text)
    client.post(f"/companies/{company.id}/tasks/{task.id}/completion")
    refused = client.post(f"/records/task/{task.id}", data=stale)
    assert refused.status_code == 409
    assert re.search(rf"{cast['manager'].name} 已于 [-0-9]{{10}} [:0-9]{{5}} 保存", refused.text)
    undo(client)
    assert db.session.get_one(Task, task.id).done_at is None


def test_former_terms_are_appended_and_team_wall_and_columns_are_as_before(as_user, cast) -> None:
    deal = factories.deal(
        cast["manager"], terms={"amount_fen": 500 * WAN, "lead_investor": "甲资本"}
    )
    client, path = as_user("manager"), f"/deals/{deal.id}/edit"
    before = without(dump())
    form = sent_form(client.get(path).text)
    form |= {"name": "改名", "amount_fen": "800", "lead_investor": "乙资本", "walled": "y"}
    form |= {"team": [str(cast["colleague"].id), str(cast["manager"].id)]}
    assert client.post(path, data=form).status_code == 302
    assert undo(client).status_code == 200
    after = without(dump())
    rows = db.session.query(DealTerms).order_by(DealTerms.id).all()
    assert [r.amount_fen // WAN for r in rows] == [500, 800, 500]
    assert rows[-1].lead_investor == "甲资本"
    for table in ("deal_member", "stage_event", "company"):
        assert after[table] == before[table]
    kept = db.session.get_one(Deal, deal.id)
    assert (kept.name, kept.walled, kept.amount_fen) == (deal.name, False, 500 * WAN)


def test_an_edit_without_new_terms_appends_none(as_user, cast) -> None:
    deal = factories.deal(cast["manager"], terms={"amount_fen": 500 * WAN})
    client, path = as_user("manager"), f"/deals/{deal.id}/edit"
    client.post(path, data=sent_form(client.get(path).text) | {"next_step": "访谈"})
    undo(client)
    assert db.session.query(DealTerms).count() == 1
    assert db.session.get_one(Deal, deal.id).next_step == ""


def state(client, company: Company, **figures_of_year: str):
    path = f"/companies/{company.id}/figures"
    sent = {"fiscal_year": "2025", "source": "年报", "confirmed": "y"}
    return client.post(path, data=sent | {f"m-{k}": v for k, v in figures_of_year.items()})


def current(company: Company) -> dict:
    rows = figures.current_rows([company.id])
    return {metric: row.micro for (_, metric, _), row in rows.items()}


def test_former_figures_are_stated_again_and_first_ones_are_closed(as_user, cast) -> None:
    company = factories.company(cast["manager"])
    with unit_of_work("figure.state", cast["partner"]):
        said = Statement(company.id, "revenue", 2025, micro=10**9, source="尽调", audited=True)
        companies.state_figures([said], cast["partner"], NOW)
    client = as_user("manager")
    assert state(client, company, revenue="2500", net_profit="300").status_code == 302
    assert current(company) == {"revenue": 25 * 10**8, "net_profit": 3 * 10**8}
    assert undo(client).status_code == 200
    assert current(company) == {"revenue": 10**9}
    row = figures.current_rows([company.id])[(company.id, "revenue", 2025)]
    assert (row.source, row.audited) == ("尽调", True)
    assert db.session.query(Figure).count() == 4  # nothing was taken away
    assert db.session.get_one(Company, company.id).latest_revenue_fen == 10**9


def test_figures_stated_anew_by_somebody_else_stay(as_user, cast) -> None:
    company = factories.company(cast["manager"])
    state(as_user("manager"), company, revenue="2500")
    act = last_act()
    state(as_user("partner"), company, revenue="2600")
    answer = undo(as_user("manager"), act)
    assert answer.status_code == 409 and "Partner" in answer.json["message"]
    assert current(company) == {"revenue": 26 * 10**8}


@pytest.mark.parametrize("name", ["outsider", "reader", "committee"])
def test_who_may_not_write_a_deal_may_not_take_its_edits_back(as_user, cast, name) -> None:
    deal = factories.deal(cast["manager"])
    client, path = as_user("manager"), f"/deals/{deal.id}/edit"
    client.post(path, data=sent_form(client.get(path).text) | {"next_step": "访谈"})
    assert undo(as_user(name)).status_code == 404
    assert db.session.get_one(Deal, deal.id).next_step == "访谈"


def test_own_acts_stand_on_a_page_and_are_gone_once_taken_back(as_user, cast) -> None:
    deal = factories.deal(cast["manager"], name="迈新 天使轮")
    client, path = as_user("manager"), f"/deals/{deal.id}/edit"
    client.post(path, data=sent_form(client.get(path).text) | {"next_step": "访谈"})
    assert "迈新 天使轮" in client.get("/acts").text
    assert "迈新 天使轮" not in as_user("colleague").get("/acts").text
    answer = client.post(f"/acts/{last_act().id}/undo", data={"back": "/acts"})
    assert answer.location == "/acts" and "没有可撤销的操作" in client.get("/acts").text
