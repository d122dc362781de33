"""Undoing an import: whole, or refused with what stands against it."""

import datetime as dt
import re

import pytest
import sqlalchemy as sa

from portfolio.audit import queries as audit
from portfolio.companies import operations as companies
from portfolio.companies import record_operations as records
from portfolio.companies.models import Company, Contact, Figure, StockCode, Task
from portfolio.companies.operations import Statement
from portfolio.companies.queries import current_rows, matching
from portfolio.extensions import db, unit_of_work
from portfolio.pipeline.models import Deal, DealGrant, DealMember, GrantKind
from tests import factories

HEAD = "证券代码,企业名称,所在地,年度,营业收入\n"
NOW = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)


@pytest.fixture
def taken_in(send):
    def importing(text: str, **choices: str):
        client, page = send(text)
        if choices:
            client.post(page + "/choices", data=choices)
        assert client.post(page + "/confirmation").status_code == 302
        db.session.expire_all()
        return client, page

    return importing


def shown_state() -> dict:
    """What a reader sees: companies, codes and current figures with their doubts."""
    db.session.expire_all()
    skip = {"version", "updated_at"}
    names = [c.key for c in sa.inspect(Company).column_attrs if c.key not in skip]
    return {
        "companies": [
            tuple(getattr(c, n) for n in names) for c in db.session.query(Company).order_by("id")
        ],
        "codes": [(c.company_id, c.code) for c in db.session.query(StockCode).order_by("id")],
        "figures": sorted(
            (f.company_id, f.metric, f.fiscal_year or 0, f.micro or 0, f.disputed, f.source)
            for f in db.session.query(Figure)
            if f.superseded_at is None
        ),
    }


def test_an_import_is_taken_back_whole(taken_in) -> None:
    taken_in(HEAD + "430047,海纳传动,青岛,2024,100\n")
    taken_in(HEAD + "430047,海纳传动,,2024,105\n")
    before, rows = shown_state(), db.session.query(Figure).count()
    text = HEAD + "430047;920047,海纳传动,济南,2024,105\n430048,乙,青岛,2024,7\n"
    text += "430047,海纳传动,济南,2025,130\n"
    client, page = taken_in(text, whole="take")
    assert shown_state() != before
    kept = db.session.query(Figure).filter(Figure.company_id == 1).count()
    answer = client.post(page + "/undo")
    assert answer.status_code == 302
    assert shown_state() == before
    assert db.session.query(Figure).count() == kept + 2 > rows, "nothing of the survivor is deleted"
    assert "已撤销" in client.get(page).text
    assert db.session.scalar(sa.select(Company.id).where(matching("乙"))) is None
    assert client.post(page + "/undo").status_code == 409
    assert audit.verify()[1] is None


def test_the_same_file_after_the_undo_does_the_same(taken_in) -> None:
    text = HEAD + "430047,海纳传动,青岛,2024,100\n"
    client, page = taken_in(text)
    first = shown_state()
    client.post(page + "/undo")
    assert db.session.query(Company).count() == 0
    taken_in(text)
    ids = {f[0] for f in shown_state()["figures"]}
    assert len(ids) == 1 and len(shown_state()["figures"]) == len(first["figures"])


def _note(owner) -> None:
    companies.note_activity("看过", "note", owner, NOW, company_id=1)


def _rename(owner) -> None:
    companies.update(db.session.get_one(Company, 1), {"place": "烟台"}, NOW)


def _deleted_contact(owner) -> None:
    """Somebody entered a person and put them aside: they can be restored for thirty days."""
    contact = Contact(company_id=1, name="张三")
    db.session.add(contact)
    db.session.flush()
    records.delete(contact, owner, NOW)


def _figure(owner) -> None:
    companies.state_figures([Statement(1, "revenue", 2024, micro=5)], owner, NOW)


def _other_figure(owner) -> None:
    companies.state_figures([Statement(1, "eps", 2024, micro=5)], owner, NOW)


@pytest.mark.parametrize(
    ("act", "word"),
    [
        (_note, "此后已被使用"),
        (_deleted_contact, "此后已被使用"),
        (_rename, "此后已被修改"),
        (_figure, "此后已被"),
        (_other_figure, "此后已被使用"),
    ],
)
def test_what_somebody_changed_or_used_is_not_taken_back(taken_in, cast, act, word) -> None:
    client, page = taken_in(HEAD + "430047,海纳传动,青岛,2024,100\n430048,乙,,2024,1\n")
    with unit_of_work("test", cast["partner"]):
        act(cast["partner"])
    before = shown_state()
    refused = client.post(page + "/undo")
    assert refused.status_code == 422
    assert "海纳传动" in refused.text and word in refused.text
    assert shown_state() == before, "nothing half-done"


def test_a_task_that_somebody_renamed_is_not_taken_away(send, cast) -> None:
    deal = factories.deal(cast["manager"])
    client, page = send(f"项目编号,任务\n{deal.code},约访谈\n")
    assert client.post(page + "/confirmation").status_code == 302
    with unit_of_work("task.change", cast["manager"]):
        db.session.query(Task).one().title = "约创始人访谈"
    refused = client.post(page + "/undo")
    assert refused.status_code == 422 and "约创始人访谈: 此后已被修改" in refused.text
    assert db.session.query(Task).one().title == "约创始人访谈"


def test_a_deal_opened_in_an_imported_company_holds_it(taken_in, cast) -> None:
    client, page = taken_in("企业名称\n海纳传动\n")
    company = db.session.query(Company).one()
    factories.deal(cast["outsider"], company=company, name="公开一号")
    assert "此后已被使用" in client.get(page + "/undo").text
    assert client.post(page + "/undo").status_code == 422
    assert db.session.query(Company).count() == 1


def test_a_hidden_deal_in_an_imported_company_lets_it_go(taken_in, cast, as_user) -> None:
    client, page = taken_in("企业名称\n海纳传动\n")
    company = db.session.query(Company).one()
    deal = factories.deal(cast["outsider"], company=company, walled=True, name="金丝雀")
    asked = client.get(page + "/undo").text
    assert "此后已被使用" not in asked and "金丝雀" not in asked
    assert client.post(page + "/undo").status_code == 302
    db.session.expire_all()
    assert db.session.query(Company).count() == 0
    told = as_user("outsider").get(f"/deals/{deal.id}").text
    assert "海纳传动" in told and f"/deals/{deal.id}/company" in told


def test_a_column_that_was_filled_and_then_changed_is_not_taken_back(taken_in, cast) -> None:
    known = factories.company(name_zh="海纳传动")
    client, page = taken_in("企业名称,所在地\n海纳传动,青岛\n")
    with unit_of_work("company.change", cast["partner"]):
        companies.update(db.session.get_one(Company, known.id), {"place": "烟台"}, NOW)
    assert client.post(page + "/undo").status_code == 422


def test_a_stated_value_comes_back_as_a_new_row(taken_in, cast) -> None:
    known = factories.company(name_zh="海纳传动", stock_codes=["430047"])
    with unit_of_work("figure.state", cast["partner"]):
        companies.state_figures(
            [Statement(known.id, "revenue", 2024, micro=5 * 10**6, source="审计报告")],
            cast["partner"],
            NOW,
        )
    client, page = taken_in(
        "证券代码,企业名称,年度,营业收入\n430047,海纳传动,2024,9\n", whole="take"
    )
    assert current_rows([known.id])[(known.id, "revenue", 2024)].micro == 9 * 10**6
    client.post(page + "/undo")
    db.session.expire_all()
    row = current_rows([known.id])[(known.id, "revenue", 2024)]
    assert (row.micro, row.source) == (5 * 10**6, "审计报告")
    assert db.session.query(Figure).count() == 3
    assert db.session.get_one(Company, known.id).latest_revenue_fen == 5 * 10**6


def rows_told(page: str) -> dict[str, list[str]]:
    """The table of what an undo does: kind, what goes, what becomes what it was."""
    body = page[page.index("<tbody>") : page.index("</tbody>")]
    cells = [re.findall(r"<t[hd][^>]*>([^<]*)", line) for line in body.split("<tr>")[1:]]
    return {kind: counts for kind, *counts in cells}


def test_one_is_asked_first_and_told_what_goes(taken_in) -> None:
    taken_in(HEAD + "430047,海纳传动,,2024,100\n")
    text = HEAD + "430047,海纳传动,济南,2024,105\n430048,乙,青岛,2024,7\n430049,丙,青岛,,\n"
    client, page = taken_in(text, whole="take")
    before = shown_state()
    result = client.get(page).text
    assert f'href="{page}/undo"' in result and f'action="{page}/undo"' not in result
    asked = client.get(page + "/undo").text
    assert rows_told(asked) == {"企业": ["2", "1"], "数据": ["1", "1"]}
    assert "确认撤销" in asked and "不能再恢复" in asked
    assert shown_state() == before, "looking takes nothing back"
    assert client.post(page + "/undo").status_code == 302
    assert client.get(page + "/undo").location == page, "what is done is not asked again"


def test_what_stands_against_it_is_said_before_one_confirms(taken_in, cast) -> None:
    many = "".join(f"{430100 + n},名单{n},,,\n" for n in range(23))
    client, page = taken_in(HEAD + many)
    with unit_of_work("test", cast["partner"]):
        for company_id in range(1, 24):
            companies.note_activity("看过", "note", cast["partner"], NOW, company_id=company_id)
    asked = client.get(page + "/undo").text
    assert "名单0: 此后已被使用" in asked and "另有 3 项" in asked
    assert "确认撤销" not in asked, "no button that would only refuse"


def test_nobody_is_asked_about_the_import_of_another(taken_in, as_user) -> None:
    _client, page = taken_in("企业名称\n海纳传动\n")
    assert as_user("partner").get(page + "/undo").status_code == 404


def test_asking_takes_the_same_queries_for_many_deals_as_for_one(send, cast, queries) -> None:
    factories.vehicle()
    factories.company(name_zh="海纳传动")
    found = []
    for count in (1, 40):
        rows = "".join(f"海纳传动,海纳{count}轮{n},,A轮,500,,线索\n" for n in range(count))
        head = "企业全称,项目名称,项目经理,融资轮次,拟投金额（万元）,投前估值,阶段\n"
        client, page = send(head + rows)
        assert client.post(page + "/confirmation").status_code == 302
        assert client.get(page).status_code == 200
        queries.clear()
        assert rows_told(client.get(page + "/undo").text) == {"项目": [str(count), "—"]}
        found.append(len(queries))
    assert found[1] <= found[0] <= 18  # one for each table that may name a deal


def wall_off(cast, deal_id: int) -> None:
    """Put a deal behind a wall, with the outsider alone on its team."""
    with unit_of_work("test", cast["partner"]):
        row = db.session.get_one(Deal, deal_id)
        row.walled, row.owner_id = True, cast["outsider"].id
        row.members = [DealMember(user_id=cast["outsider"].id)]


def test_a_task_behind_a_wall_by_now_is_left_without_a_word(send, cast) -> None:
    deal, other = factories.deal(cast["manager"]), factories.deal(cast["manager"])
    client, page = send(f"项目编号,任务\n{deal.code},约访谈\n{other.code},补材料\n")
    assert client.post(page + "/confirmation").status_code == 302
    db.session.expire_all()
    with unit_of_work("test", cast["partner"]):
        db.session.query(Task).filter_by(deal_id=deal.id).one().title = "金丝雀"
    wall_off(cast, deal.id)
    asked = client.get(page + "/undo").text
    assert "金丝雀" not in asked and deal.code not in asked and "无法再撤销" not in asked
    assert rows_told(asked)["待办"] == ["2", "—"], "as many as it wrote"
    assert client.post(page + "/undo").status_code == 302
    db.session.expire_all()
    kept, told = db.session.query(Task).order_by(Task.id)
    assert kept.title == "金丝雀", "nothing is taken from who sees it"
    assert (told.owner_id, told.deal_id) == (cast["outsider"].id, deal.id)


def test_a_deal_behind_a_wall_by_now_is_named_nowhere_and_stays(send, cast) -> None:
    company = factories.company(cast["manager"])
    lines = "".join(
        f"{name},direct,{company.uscc},青岛天使母基金\n" for name in ("甲一轮", "乙一轮")
    )
    factories.vehicle()
    client, page = send("项目名称,流程,统一社会信用代码,投资主体\n" + lines)
    assert client.post(page + "/confirmation").status_code == 302
    db.session.expire_all()
    first, second = db.session.query(Deal).order_by(Deal.id)
    wall_off(cast, first.id)
    with unit_of_work("test", cast["outsider"]):
        first.name, first.version = "金丝雀", first.version + 1
    for answer in (client.get(page + "/undo"), client.post(page + "/undo")):
        assert first.code not in answer.text and "金丝雀" not in answer.text
        assert "此后已被" not in answer.text
    db.session.expire_all()
    assert first.deleted_at is None and second.deleted_at is not None


@pytest.mark.parametrize("closed", ["walled", "recused"])
def test_the_page_of_an_import_says_nothing_of_deals_that_closed_since(send, cast, closed) -> None:
    deal = factories.deal(cast["manager"])
    with unit_of_work("test", cast["manager"]):
        deal.next_step = "客户访谈"
    client, page = send(f"项目编号,下一步\n{deal.code},现场尽调\n")
    client.post(page + "/choices", data={"whole": "take"})
    assert client.post(page + "/confirmation").status_code == 302
    db.session.expire_all()
    assert "客户访谈" in client.get(page).text
    if closed == "walled":
        wall_off(cast, deal.id)
    else:
        with unit_of_work("test", cast["partner"]):
            grant = DealGrant(deal_id=deal.id, user_id=cast["manager"].id, granted_at=NOW)
            grant.kind = GrantKind.RECUSED.value
            db.session.add(grant)
            db.session.get_one(Deal, deal.id).owner_id = cast["outsider"].id
    with unit_of_work("test", cast["partner"]):
        db.session.get_one(Deal, deal.id).version += 1
    for path in (page, page + "/undo"):
        shown = client.get(path).text
        assert "客户访谈" not in shown and deal.code not in shown and "此后已被" not in shown
