"""Suggestions follow what is written of a company, with the request that wrote it or soon after."""

import io

import pytest

from portfolio.chokepoint import jobs, owed_operations, queries
from portfolio.chokepoint.models import Tag
from portfolio.chokepoint.run_models import SuggestionOwed
from portfolio.companies.models import Activity, Company, Document
from portfolio.extensions import db, unit_of_work
from portfolio.journal.models import Act
from tests import factories
from tests.pages import sent_form

MADE = "公司自主研发{}，已量产。"


def states(company_id: int) -> dict[str, str]:
    db.session.rollback()
    return {t.technology: t.state for t in queries.tags_of([company_id]).get(company_id, [])}


def take_back(client, action: str) -> None:
    act = db.session.query(Act).filter_by(action=action).order_by(Act.id.desc()).first()
    assert (
        client.post(f"/acts/{act.id}/undo", headers={"Accept": "application/json"}).status_code
        == 200
    )


def test_every_source_that_changes_is_read_at_once(as_user, cast) -> None:
    company = factories.company(cast["manager"], description="一家新企业。")
    client, base = as_user("manager"), f"/companies/{company.id}"
    sent = sent_form(client.get(f"{base}/edit").text)
    client.post(f"{base}/edit", data=sent | {"products": "激光雷达"})
    assert states(company.id) == {"lidar": "suggested"}
    assert "主要产品" in client.get(base).text
    client.post(f"{base}/activities", data={"kind": "note", "text": MADE.format("光刻胶")})
    assert states(company.id) == dict.fromkeys(("lidar", "photoresist"), "suggested")
    file = (io.BytesIO(b"x"), "a.pdf")
    paper = {"title": "一种谐波减速器", "kind": "patent", "file": file}
    client.post(f"{base}/documents", data=paper)
    assert states(company.id).keys() == {"lidar", "photoresist", "reducers"}
    note, title = db.session.query(Activity).one(), db.session.query(Document).one()
    client.post(f"/records/activity/{note.id}", data={"kind": "visit", "text": note.text})
    client.post(f"/records/document/{title.id}/deletion")
    assert states(company.id).keys() == {"lidar"}
    take_back(client, "document.delete")
    take_back(client, "activity.change")
    assert states(company.id).keys() == {"lidar", "photoresist", "reducers"}
    take_back(client, "company.change")
    assert states(company.id).keys() == {"photoresist", "reducers"}
    assert db.session.query(SuggestionOwed).count() == 0


def test_an_import_is_followed_behind_the_page_and_can_still_be_taken_back(
    app, as_user, monkeypatch
) -> None:
    monkeypatch.setattr(owed_operations, "AT_ONCE", 1)
    rows = "".join(f"青岛{n}号有限公司,{MADE.format('激光雷达')}\n" for n in range(3))
    client = as_user("manager")
    file = (io.BytesIO(f"企业全称,业务描述\n{rows}".encode()), "a.csv")
    page = client.post("/imports", data={"file": file}).headers["Location"]
    client.post(f"{page}/confirmation")
    assert db.session.query(Tag).count() == 0 and db.session.query(SuggestionOwed).count() == 3
    jobs.follow_owed(app)
    db.session.rollback()
    assert db.session.query(Tag).count() == 3 and db.session.query(SuggestionOwed).count() == 0
    names = "企业全称,文件名称,类型\n青岛1号有限公司,一种谐波减速器,专利\n"
    file = (io.BytesIO(names.encode()), "b.csv")
    sent = {"file": file, "kind": "documents"}
    register = client.post("/imports", data=sent).headers["Location"]
    client.post(f"{register}/confirmation")
    number = db.session.query(Company).filter_by(name_zh="青岛1号有限公司").one().id
    assert states(number).keys() == {"lidar", "reducers"}
    client.post(f"{register}/undo")
    assert states(number).keys() == {"lidar"}
    client.post(f"{page}/undo")
    db.session.rollback()
    assert db.session.query(Company).count() == db.session.query(Tag).count() == 0


@pytest.mark.parametrize("chosen", ["mine", "theirs"])
def test_a_merge_is_followed_with_it_and_taken_back_whole(as_user, cast, chosen) -> None:
    person = cast["manager"]
    one = factories.company(person, description=MADE.format("激光雷达"))
    other = factories.company(person, uscc=None, description=MADE.format("光刻胶"))
    owed_operations.settle()
    client = as_user("partner")
    path = f"/companies/{one.id}/merge/{other.id}"
    sent = sent_form(client.get(path).text) | {"description": chosen, "field-description": chosen}
    assert client.post(path, data=sent).status_code == 302
    named = {"mine": "lidar", "theirs": "photoresist"}[chosen]
    assert states(one.id) == {named: "suggested"} and states(other.id) == {}
    take_back(client, "company.merge")
    assert states(one.id).keys() == {"lidar"} and states(other.id).keys() == {"photoresist"}


def test_what_is_no_text_of_a_company_owes_nothing(cast) -> None:
    company = factories.company(cast["manager"])
    deal = factories.deal(cast["manager"], company=company)
    with unit_of_work("company.change"):
        company.place = "崂山区"
        db.session.add(
            Activity(
                deal_id=deal.id, text="光刻胶", happened_at=factories.NOW, recorded_at=factories.NOW
            )
        )
    assert db.session.query(SuggestionOwed).count() == 0
