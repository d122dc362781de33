"""Imports that rest on one another are taken back in reverse order, each of them whole."""

import datetime as dt

import pytest

from portfolio.audit import queries as audit
from portfolio.companies import operations as companies
from portfolio.companies import record_operations as records
from portfolio.companies.models import Company, Contact, Document, Figure, Task
from portfolio.extensions import db, unit_of_work
from portfolio.pipeline import undo_operations as deal_undo
from portfolio.pipeline.models import Deal
from tests import factories

HEAD = "证券代码,企业名称,所在地,年度,营业收入\n"
NOW = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)


@pytest.fixture
def imported(send):
    def importing(text: str, **choices: str):
        client, page = send(text)
        if choices:
            client.post(page + "/choices", data=choices)
        sent = client.post(page + "/confirmation", data={"sound_rows_only": "1"})
        assert sent.status_code == 302, sent.text
        db.session.expire_all()
        return client, page

    return importing


def taken_back(client, *pages: str) -> None:
    for page in pages:
        assert "无法再撤销" not in client.get(page + "/undo").text
        assert client.post(page + "/undo").status_code == 302
        db.session.expire_all()


def test_the_mended_rows_and_then_the_first_file(imported) -> None:
    text = "430047,海纳传动,,2024,100\n430047,海纳传动,,2023,90\n430048,乙,,2024,1\n"
    client, first = imported(HEAD + text)
    mended = "430047,海纳传动,青岛,2024,105\n430047,海纳传动,青岛,2025,120\n430049,丙,,2024,3\n"
    _, second = imported(HEAD + mended, whole="take")
    assert db.session.query(Company).count() == 3
    taken_back(client, second)
    assert client.get(first + "/undo").text.count("3</td>") == 1, "as many figures as it stated"
    taken_back(client, first)
    assert db.session.query(Company).count() == db.session.query(Figure).count() == 0
    assert audit.verify()[1] is None


def test_a_figure_of_a_company_that_stays_is_what_it_was_at_first(imported) -> None:
    known = factories.company(name_zh="海纳传动", stock_codes=["430047"])
    client, first = imported(HEAD + "430047,海纳传动,,2024,100\n")
    _, second = imported(HEAD + "430047,海纳传动,,2024,105\n", whole="take")
    taken_back(client, second, first)
    rows = db.session.query(Figure).filter_by(company_id=known.id)
    assert rows.count() == 3 and all(row.superseded_at for row in rows)
    first_one, newer, again = rows.order_by(Figure.id)
    assert first_one.superseded_at == newer.recorded_at < again.recorded_at
    assert newer.superseded_at == again.recorded_at, "when each ended is not rewritten"


def test_what_stays_of_the_second_holds_the_first(imported) -> None:
    client, first = imported(HEAD + "430047,海纳传动,,2024,100\n")
    imported(HEAD + "430047,海纳传动,青岛,2025,120\n")
    refused = client.post(first + "/undo")
    assert refused.status_code == 422 and "海纳传动: 此后已被" in refused.text


def test_a_field_filled_by_hand_after_both_holds_the_first(imported, cast) -> None:
    client, first = imported(HEAD + "430047,海纳传动,,2024,100\n")
    _, second = imported(HEAD + "430047,海纳传动,青岛,2025,120\n")
    taken_back(client, second)
    with unit_of_work("company.change", cast["partner"]):
        company = db.session.query(Company).one()
        companies.update(company, {"website": "example.com"}, NOW)
    refused = client.post(first + "/undo")
    assert refused.status_code == 422 and "海纳传动: 此后已被修改" in refused.text


@pytest.fixture
def whole(imported):
    """A company, and of it a deal, a person, a task and a document, by an import each."""
    factories.vehicle()
    client, home = imported("企业名称\n海纳传动\n")
    texts = (
        "企业全称,项目名称,项目经理,融资轮次,拟投金额（万元）,阶段\n海纳传动,海纳A轮,,A轮,500,线索\n",
        "企业名称,姓名\n海纳传动,张三\n",
        "企业名称,任务\n海纳传动,约访谈\n",
        "企业名称,文件名称\n海纳传动,尽调报告\n",
    )
    pages = [imported(text)[1] for text in texts]
    counted = [db.session.query(model).count() for model in (Deal, Contact, Task, Document)]
    assert counted == [1, 1, 1, 1]
    return client, home, pages


def test_all_of_a_company_and_then_the_company(whole, as_user) -> None:
    client, home, pages = whole
    taken_back(client, *reversed(pages), home)
    assert db.session.query(Company).count() == 0
    deal = db.session.query(Deal).one()
    assert deal.deleted_at is not None and deal.company_id is None
    entry = audit.history("deal", deal.id, limit=1)[0]
    assert entry.action == "import.undo" and "company_id" in entry.before
    assert "海纳A轮" in client.get("/bin").text
    assert db.session.query(Task).count() == 0, "nobody is asked about what nobody has"
    assert audit.verify()[1] is None


def test_a_deal_restored_or_deleted_by_somebody_is_named_with_its_place(whole, cast) -> None:
    client, home, pages = whole
    taken_back(client, *reversed(pages))
    with unit_of_work("act.undo", cast["manager"]):
        deal = db.session.query(Deal).one()
        deal.deleted_at = None
    told = client.get(home + "/undo").text
    assert "海纳传动: 此后已被使用" in told and f'<a href="/deals/{deal.id}">' in told
    assert f"{deal.code} 海纳A轮" in told
    with unit_of_work("deal.delete", cast["manager"]):
        deal_undo.delete(db.session.query(Deal).one(), cast["manager"], NOW)
    refused = client.post(home + "/undo")
    assert refused.status_code == 422 and "在回收站中" in refused.text
    assert f'<a href="/bin">{deal.code} 海纳A轮</a>' in refused.text


def test_a_person_in_the_bin_is_named_and_a_walled_deal_never(imported, cast) -> None:
    client, home = imported("企业名称\n海纳传动\n")
    company = db.session.query(Company).one()
    factories.deal(cast["outsider"], company=company, walled=True, name="金丝雀")
    hidden = factories.deal(cast["outsider"], company=company, walled=True, name="金丝雀二")
    with unit_of_work("test", cast["outsider"]):
        deal_undo.hide(db.session.get_one(Deal, hidden.id), cast["outsider"], NOW)
    assert "无法再撤销" not in client.get(home + "/undo").text
    with unit_of_work("contact.delete", cast["partner"]):
        contact = Contact(company_id=company.id, name="张三")
        db.session.add(contact)
        db.session.flush()
        records.delete(contact, cast["partner"], NOW)
        companies.note_activity("看过", "note", cast["partner"], NOW, company_id=company.id)
    told = client.get(home + "/undo").text
    assert '<a href="/bin">人员 张三</a>' in told and "跟进记录</a>" in told
    assert "金丝雀" not in told and hidden.code not in told
