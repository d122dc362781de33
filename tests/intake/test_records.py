"""People, tasks and registers of documents: found again by what they are known by."""

import datetime as dt

import pytest

from portfolio.companies import operations as companies
from portfolio.companies.models import Contact, Document, Task
from portfolio.extensions import db, unit_of_work
from tests import factories

NOW = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)
CONTACTS = "企业名称,姓名,职务,电话,邮箱,创始人\n海纳传动,王工,总经理,+86 138 0000 0000,w@x.cn,是\n"


def one(model):
    db.session.expire_all()
    return db.session.query(model).one()


def test_people_are_entered_completed_and_left_alone(run) -> None:
    company = factories.company(name_zh="海纳传动")
    code, report, said = run(CONTACTS, "--kind", "contacts")
    assert code == 0, said
    assert report["created"] == {"records": 1} and report["warnings"] == []
    row = one(Contact)
    assert (row.company_id, row.position, row.founder) == (company.id, "总经理", True)
    _, again, _ = run(CONTACTS, "--kind", "contacts")
    assert again["unchanged"] == {"records": 1} and again["created"] == {"records": 0}
    changed = "信用代码,姓名,职务,备注\n" + f"{company.uscc},王工,董事长,老友\n"
    _, kept, _ = run(changed, "--kind", "contacts")
    assert kept["updated"] == {"records": 1}
    assert [(w["field"], w["code"]) for w in kept["warnings"]] == [("position", "value.differs")]
    assert (one(Contact).position, one(Contact).note) == ("总经理", "老友")
    run(changed, "--kind", "contacts", "--update")
    assert one(Contact).position == "董事长"


def test_a_person_without_a_name_lacks_the_name_of_a_person_not_of_a_deal(send) -> None:
    factories.company(name_zh="海纳传动")
    client, page = send("企业名称,姓名,职务\n海纳传动,,总经理\n", kind="contacts")
    for path in (page, page + "/rejected.csv"):
        text = client.get(path).text
        assert "姓名" in text and "项目名称" not in text, path


@pytest.mark.parametrize(
    ("row", "field", "code"),
    [
        ("没有这家,王工,,,,", "company", "row.company_unknown"),
        ("海纳传动,,,,,", "name", "row.no_contacts"),
        (",王工,,,,", "company", "row.no_company"),
        ("海纳传动,王工,,,不是邮箱,", "email", "email.malformed"),
        ("海纳传动,王工,,请加微信,,", "phone", "phone.malformed"),
        ("海纳传动,王工,,=1+1,,", "phone", "cell.formula"),
        ("海纳传动,王工,,,,也许", "founder", "flag.unknown"),
        ("海纳传动,=1+1,,,,", "name", "cell.formula"),
    ],
)
def test_a_bad_row_of_people_is_refused(run, row, field, code) -> None:
    factories.company(name_zh="海纳传动")
    head = CONTACTS.splitlines()[0]
    exit_code, report, _ = run(f"{head}\n海纳传动,好人,,,,\n{row}\n", "--kind", "contacts")
    assert exit_code == 1
    assert [(f["row"], f["field"], f["code"]) for f in report["refused"]] == [(3, field, code)]
    assert db.session.query(Contact).count() == 0
    exit_code, _, _ = run(
        f"{head}\n海纳传动,好人,,,,\n{row}\n", "--kind", "contacts", "--sound-rows-only"
    )
    assert exit_code == 0 and one(Contact).name == "好人"


def test_rows_about_one_person_that_contradict_each_other_are_refused(run) -> None:
    factories.company(name_zh="海纳传动")
    text = "企业名称,姓名,职务\n海纳传动,王工,经理\n海纳传动,王工,董事\n海纳传动,李工,经理\n"
    code, report, _ = run(text, "--kind", "contacts")
    assert code == 1
    assert [(f["row"], f["field"]) for f in report["refused"]] == [(2, "position"), (3, "position")]


def test_namesakes_need_a_code(run) -> None:
    for _ in range(2):
        factories.company(name_zh="同名")
    code, report, _ = run("企业名称,姓名\n同名,王工\n", "--kind", "contacts")
    assert code == 1 and report["refused"][0]["code"] == "row.namesakes"


def test_tasks_belong_to_their_owner_and_their_company(send, cast) -> None:
    company = factories.company(name_zh="海纳传动")
    text = (
        "企业名称,待办,负责人,截止日期\n"
        "海纳传动,约访谈,,2026-12-01\n"
        "海纳传动,约访谈,colleague@fund.example,2026/12/2\n"
        "海纳传动,约访谈,Nobody,\n"
    )
    client, page = send(text)
    assert "没有姓名或邮箱为“Nobody”的用户" in client.get(page).text, "recognised as tasks"
    client.post(page + "/confirmation", data={"sound_rows_only": "1"})
    found = {(t.owner_id, t.due_on.day, t.company_id) for t in db.session.query(Task)}
    assert found == {(cast["manager"].id, 1, company.id), (cast["colleague"].id, 2, company.id)}
    client, again = send(text)
    client.post(again + "/confirmation", data={"sound_rows_only": "1"})
    assert db.session.query(Task).count() == 2


def test_tasks_of_deals_are_for_those_who_may_change_them(send, cast) -> None:
    own = factories.deal(cast["manager"])
    others = factories.deal(cast["outsider"])
    walled = factories.deal(cast["outsider"], walled=True, name="金丝雀")
    rows = "".join(f"{deal.code},约访谈\n" for deal in (own, others, walled))
    client, page = send("项目编号,任务\n" + rows)
    shown = client.get(page).text
    assert f"没有编号为“{walled.code}”的项目" in shown and "金丝雀" not in shown
    assert shown.count("badge bad") == 2
    client.post(page + "/confirmation", data={"sound_rows_only": "1"})
    assert one(Task).deal_id == own.id


def test_a_register_of_documents_shows_on_the_page_of_the_company(send) -> None:
    company = factories.company(name_zh="海纳传动")
    text = (
        "企业名称,文件名称,类型,日期,链接,备注\n"
        "海纳传动,投资协议,协议,2026年3月1日,https://pan.example/x,档案柜三\n"
        "海纳传动,章程,,,javascript:alert(1),\n"
    )
    client, page = send(text)
    assert "不是有效链接" in client.get(page).text
    client.post(page + "/confirmation", data={"sound_rows_only": "1"})
    row = one(Document)
    assert (row.title, row.kind, row.dated_on) == ("投资协议", "协议", dt.date(2026, 3, 1))
    shown = client.get(f"/companies/{company.id}").text
    assert 'href="https://pan.example/x"' in shown and "仅登记，无文件" in shown
    assert "档案柜三" in shown
    client, page = send(
        "企业名称,文件名称,类型,备注\n海纳传动,一种谐波减速器,专利,ZL1\n海纳传动,一种柔轮,发明专利,ZL2\n"
    )
    client.post(page + "/confirmation")
    kinds = dict(db.session.query(Document.title, Document.kind).all())
    assert (kinds["一种谐波减速器"], kinds["一种柔轮"]) == ("patent", "发明专利")
    assert '<span class="badge">专利</span>' in client.get(f"/companies/{company.id}").text


@pytest.mark.parametrize(
    ("text", "model"),
    [
        ("企业名称,姓名,职务\n海纳传动,王工,经理\n", Contact),
        ("企业名称,待办\n海纳传动,约访谈\n", Task),
        ("企业名称,文件名称\n海纳传动,章程\n", Document),
    ],
)
def test_records_are_taken_back_unless_used(send, cast, text, model) -> None:
    factories.company(name_zh="海纳传动")
    client, page = send(text)
    client.post(page + "/confirmation")
    assert client.post(page + "/undo").status_code == 302
    assert db.session.query(model).count() == 0
    client, page = send(text)
    client.post(page + "/confirmation")
    with unit_of_work("test", cast["partner"]):
        row = one(model)
        if model is Contact:
            row.position = "董事长"
        elif model is Task:
            companies.finish_task(row, NOW)
        else:
            companies.keep_document(b"x", "x.pdf", "", cast["partner"], NOW, document=row)
    assert client.post(page + "/undo").status_code == 422
    assert db.session.query(model).count() == 1


def test_a_changed_record_gets_its_former_values_back(send) -> None:
    factories.company(name_zh="海纳传动")
    client, page = send("企业名称,姓名,职务\n海纳传动,王工,经理\n")
    client.post(page + "/confirmation")
    client, page = send("企业名称,姓名,职务,电话\n海纳传动,王工,董事,0532-123\n")
    client.post(page + "/choices", data={"whole": "take"})
    client.post(page + "/confirmation")
    assert (one(Contact).position, one(Contact).phone) == ("董事", "0532-123")
    client.post(page + "/undo")
    assert (one(Contact).position, one(Contact).phone) == ("经理", "")


def test_a_telephone_is_kept_in_common_digits_and_is_no_formula(run) -> None:
    factories.company(name_zh="海纳传动")
    head = CONTACTS.splitlines()[0]
    code, report, _ = run(
        f"{head}\n海纳传动,王工,,＋８６ 138 0000 0000 转 8,,\n", "--kind", "contacts"
    )
    assert code == 0 and report["warnings"] == []
    assert one(Contact).phone == "+86 138 0000 0000 转 8"
