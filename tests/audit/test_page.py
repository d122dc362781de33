"""The audit page: filtered by person, object, action and time; readable; masked; whole or not."""

import csv
import datetime as dt
import io
import re

import pytest
import sqlalchemy as sa

from portfolio.audit import operations as audit
from portfolio.audit import titles
from portfolio.audit.models import AuditCheck, AuditEntry
from portfolio.audit.past_queries import owned_columns
from portfolio.companies import operations as companies
from portfolio.companies.models import Company, EquityRound
from portfolio.extensions import Base, db, unit_of_work
from portfolio.pipeline import operations as pipeline
from portfolio.pipeline.models import GrantKind
from portfolio.web.formatting import local_dt
from tests import factories

WAN = 10**6
NOW = dt.datetime.now(dt.UTC)


@pytest.fixture
def house(cast):
    manager = cast["manager"]
    company = factories.company(manager, name_zh="青岛金石公司", place="崂山区")
    deal = factories.deal(manager, NOW, company=company, name="金石一轮")
    with unit_of_work("deal.change", cast["partner"]):
        terms = {"amount_fen": 31337 * WAN + 1, "lead_investor": "领投甲"}
        pipeline.state_terms(deal, terms, cast["partner"], NOW)
        factories.advance(deal, cast["partner"], now=NOW)
    with unit_of_work("company.change", cast["colleague"]):
        companies.update(company, {"place": "市北区"}, NOW)
    walled = factories.deal(manager, NOW, company=company, name="金丝雀", walled=True)
    return {"company": company, "deal": deal, "walled": walled}


def rows(page: str) -> int:
    return page.count('<th scope="row"')


def test_old_and_new_values_are_readable(as_user, house) -> None:
    page = as_user("compliance").get("/audit").text
    assert "<del>崂山区</del>" in page and "<ins>市北区</ins>" in page and "所在地" in page
    assert "31,337.000001万元" in page and "拟投" not in page and "金额" in page
    assert ("线索" in page and "初筛" not in page) or "金石一轮" in page
    assert "Manager" in page  # the owner's name, not the number


def test_papers_and_what_they_hang_on_are_called_by_their_names(as_user, cast, house) -> None:
    manager = cast["manager"]
    with unit_of_work("document.keep", manager):
        of_company = {"company_id": house["company"].id}
        companies.keep_document(b"1", "a.pdf", "", manager, NOW, "检测报告", **of_company)
        companies.keep_document(
            b"2", "b.pdf", "", manager, NOW, "增资协议", deal_id=house["deal"].id
        )
        hidden = {"deal_id": house["walled"].id}
        companies.keep_document(b"3", "c.pdf", "", manager, NOW, "金丝雀协议", **hidden)
    page = as_user("compliance").get("/audit").text
    assert "<ins>检测报告</ins>" in page, "a version names its paper"
    assert "<ins>青岛金石公司</ins>" in page and "<ins>金石一轮</ins>" in page
    assert page.count(">检测报告<") == 3 and "检测报告 v1" in page
    assert page.count(">增资协议<") == 3 and "增资协议 v1" in page
    assert "<dt>编号</dt><dd><ins>1</ins>" not in page, "that is said once"
    assert "金丝雀" not in page
    admin = as_user("admin").get("/audit").text
    for words in ("检测报告", "增资协议", "青岛金石", "金石一轮", "金丝雀"):
        assert words not in admin


def test_each_filter_narrows_the_list(as_user, cast, house) -> None:
    client = as_user("compliance")
    deal = house["deal"]

    def found(query: str) -> str:
        return client.get(f"/audit?{query}").text

    assert "市北区" in found(f"person={cast['colleague'].id}")
    assert "31,337" not in found(f"person={cast['colleague'].id}")
    one = found(f"object=deal&id={deal.id}")
    assert "变更项目阶段" not in one.split("<tbody")[1] and "31,337" in one and "崂山区" not in one
    all_of_it = found(f"id={deal.code}")
    assert rows(all_of_it) > rows(one) and "31,337" in all_of_it and "崂山区" not in all_of_it
    assert rows(found(f"object=deal&id={deal.code}")) == rows(one)
    assert rows(found(f"object=company&id={deal.code}")) == 0
    assert rows(found("action=company.change")) == 1
    today = NOW.astimezone(dt.timezone(dt.timedelta(hours=8))).date()
    assert rows(found(f"since={today}")) and not rows(
        found(f"until={today - dt.timedelta(days=1)}")
    )
    assert rows(found("person=0")) >= 1  # the system made the cast


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("id=abc", "“abc”不是对象编号"),
        ("since=2026-02-30", "日历上没有这一天"),
        ("since=2026-03-02&until=2026-03-01", "结束日期早于开始日期"),
    ],
)
def test_an_odd_filter_is_refused_at_its_field(as_user, house, query, words) -> None:
    answer = as_user("admin").get(f"/audit?{query}")
    assert answer.status_code == 422 and words in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert as_user("admin").get(f"/audit.csv?{query}").status_code == 302


def test_no_filter_tells_of_a_walled_deal(as_user, house) -> None:
    for name in ("admin", "compliance"):
        client = as_user(name)
        walled = house["walled"].id
        for query in (
            f"object=deal&id={walled}",
            f"object=deal_member&id={walled}",
            "id=P2026-00002",
        ):
            assert rows(client.get(f"/audit?{query}").text) == 0, (name, query)
            lines = client.get(f"/audit.csv?{query}").text.strip().split("\r\n")
            assert len(lines) == 1
        for query in ("", "action=deal.open", "object=deal"):
            page = client.get(f"/audit?{query}").text + client.get(f"/audit.csv?{query}").text
            assert "金丝雀" not in page and "deals/2" not in page


def test_the_trail_of_companies_is_masked_for_those_who_may_not_read_them(as_user, house) -> None:
    page = as_user("admin").get("/audit").text
    assert "您无权查看：所在地" in page and "***" not in page
    assert "市北区" not in page and "金石" not in page and "31,337" not in page
    assert "修改企业信息" in page


def read_file(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))[1:]


@pytest.mark.parametrize(("who", "may"), [("compliance", True), ("admin", False)])
def test_a_deleted_company_is_judged_by_the_rights_at_hand(as_user, cast, who, may) -> None:
    company = factories.company(cast["manager"], place="崂山区")
    as_user("partner").post(f"/records/company/{company.id}/deletion")
    assert db.session.query(Company).count() == 0
    page = as_user(who).get("/audit", query_string={"action": "company.delete"}).text
    assert ("<del>崂山区</del>" in page) == may and ("列您无权查看" in page) != may
    assert "打开企业" not in page, "there is none to open"


@pytest.mark.parametrize("recused", [False, True])
def test_a_recusal_holds_for_the_terms_of_a_deleted_company(as_user, cast, recused) -> None:
    company = factories.company(cast["manager"])
    deal = factories.deal(cast["outsider"], NOW, company=company, name="金丝雀", walled=True)
    with unit_of_work("seed", cast["partner"]):
        row = EquityRound(company_id=company.id, round="a", recorded_at=NOW)
        row.amount_fen = 77 * WAN
        db.session.add(row)
        if recused:
            pipeline.grant(deal, cast["compliance"].id, GrantKind.RECUSED, NOW, "亲属任职")
    as_user("partner").post(f"/records/company/{company.id}/deletion")
    page = as_user("compliance").get("/audit", query_string={"object": "equity_round"}).text
    assert page.count("77万元") == (0 if recused else 2)


def test_what_was_made_had_nothing_before_to_be_masked(as_user, house) -> None:
    for query, before in (("action=company.register", False), ("action=company.change", True)):
        lines = read_file(as_user("admin").get(f"/audit.csv?{query}").data)
        assert lines and all("***" in line[6] for line in lines)
        assert all(("***" in line[5]) == before for line in lines)


def test_entries_of_which_one_sees_nothing_are_told_together(as_user, cast, house) -> None:
    for number in range(4):
        with unit_of_work("company.change", cast["colleague"]):
            companies.update(house["company"], {"place": f"金丝雀{number}"}, NOW)
    for number in range(3):
        with unit_of_work("deal.change", cast["manager"]):
            pipeline.change(house["walled"], {"risks": f"{number}"}, cast["manager"], NOW)
    client = as_user("admin")
    page = client.get("/audit").text
    assert "5 条</summary>" in page
    assert page.count("修改企业信息</td>") == 1 and "修改企业信息: 企业" in page
    assert "3 条" not in page, "what is about a deal that one may not know of is nowhere"
    known = db.session.scalar(
        sa.select(sa.func.count()).select_from(AuditEntry).where(AuditEntry.deal_id.is_(None))
    )
    assert f"共 {known} 条" in page
    assert len(read_file(client.get("/audit.csv").data)) == known
    seen = as_user("compliance").get("/audit?action=company.change").text
    assert rows(seen) == 5, "what one may read stands for itself"


def test_runs_do_not_move_the_border_between_pages(as_user, cast, house) -> None:
    for number in range(120):
        with unit_of_work("company.change", cast["colleague"]):
            companies.update(house["company"], {"place": f"地{number}"}, NOW)
    client = as_user("admin")
    for number in (1, 2):
        page = client.get(f"/audit?page={number}").text
        assert "50 条</summary>" in page and rows(page) == 1


ASKED = (
    (
        "/deals.csv?stage=lead&owner=%s&status=active&sort=-amount",
        "阶段: 线索; 状态: 在办; 负责人: Manager",
    ),
    ("/deals.csv?q=%%E9%%87%%91%%E7%%9F%%B3", "搜索: 金石"),
    ("/companies.csv?source=referral&q=qingdao", "搜索: qingdao; 来源: "),
    ("/companies/figures.csv", "内容: 年度数据"),
    ("/funnel.csv?pipeline=direct&cohort=2026Q3", "流程: 直接投资; 批次: 2026 年第 3 季度"),
    ("/audit.csv?person=%s&action=company.change", "人员: Manager; 操作: 修改企业信息"),
)


@pytest.mark.parametrize(("path", "words"), ASKED)
def test_which_part_of_a_list_was_taken_home_is_told_in_words(
    as_user, cast, house, path, words
) -> None:
    client = as_user("compliance")
    path = path % cast["manager"].id if "%s" in path else path.replace("%%", "%")
    assert client.get(path).data
    page = client.get("/audit").text
    assert f"<ins>{words}" in page
    assert not any(key in page for key in ("stage=lead", "source=", "cohort=", "company.change&"))


def test_many_exports_ask_as_much_as_one(as_user, cast, house, queries) -> None:
    client, found = as_user("compliance"), []
    for count in (1, 20):
        for number in range(count):
            assert client.get(f"/deals.csv?stage=lead&q={number}&owner={cast['manager'].id}").data
        db.session.rollback()
        client.get("/audit")
        queries.clear()
        client.get("/audit")
        found.append(len(queries))
    assert found[1] <= found[0] + 1


def test_a_file_holds_what_the_page_finds_and_is_itself_an_entry(as_user, house) -> None:
    client = as_user("compliance")
    answer = client.get("/audit.csv?action=company.change")
    read = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert read[0][:3] == ["时间", "人员", "操作"] and len(read) == 2
    assert read[1][5:] == ["所在地: 崂山区", "所在地: 市北区"]
    entry = db.session.scalars(sa.select(AuditEntry).order_by(AuditEntry.seq.desc())).first()
    assert entry.action == "audit.export" and '"rows":1' in entry.after
    assert as_user("partner").get("/audit.csv").status_code == 403


def test_the_chain_is_checked_on_demand_and_says_how_far(as_user, house) -> None:
    client = as_user("compliance")
    assert "链条尚未核验" in client.get("/audit").text
    client.post("/audit/chain", data={"scope": "all"})
    checked = local_dt(db.session.scalars(sa.select(AuditCheck.at)).one())
    page = client.get("/audit").text
    assert f"截至 {checked} 的记录经核验完整" in page and "尚未核验" not in page
    assert "此后新增" not in page
    client.post("/audit/chain", data={"scope": "new"})
    page = client.get("/audit").text
    assert "的记录经核验完整" in page and f"此后新增：{checked}" in page


def cheat(statement: str) -> None:
    with unit_of_work("cheat"):
        for name in ("audit_entry_no_update", "audit_entry_guard"):
            table = " ON audit_entry" if db.engine.dialect.name == "postgresql" else ""
            db.session.execute(sa.text(f"DROP TRIGGER IF EXISTS {name}{table}"))
        db.session.execute(sa.text(statement))


def test_a_break_is_named_and_a_check_of_the_new_alone_does_not_hide_it(as_user, house) -> None:
    client = as_user("compliance")
    client.post("/audit/chain", data={"scope": "all"})
    last = db.session.scalars(sa.select(AuditCheck)).one().to_seq
    cheat("UPDATE audit_entry SET actor_name = 'x' WHERE seq = 3")
    client.post("/audit/chain", data={"scope": "all"})
    page = client.get("/audit").text
    assert "链条自第 3 条起断裂" in page and "核验新增" not in page
    # With nothing sound to begin from, a check of the new is a check of all.
    client.post("/audit/chain", data={"scope": "new"})
    found = db.session.scalars(sa.select(AuditCheck).order_by(AuditCheck.id.desc())).first()
    assert (found.from_seq, found.broken_seq, found.to_seq) == (1, 3, last)


def test_a_check_of_the_new_sees_that_the_last_one_checked_was_changed(as_user, house) -> None:
    client = as_user("compliance")
    client.post("/audit/chain", data={"scope": "all"})
    last = db.session.scalars(sa.select(AuditCheck)).one().to_seq
    factories.company()
    cheat(f"UPDATE audit_entry SET hash = 'x' WHERE seq = {last}")
    client.post("/audit/chain", data={"scope": "new"})
    assert f"链条自第 {last} 条起断裂" in client.get("/audit").text


def test_every_column_of_the_trail_has_a_title_in_both_languages(app) -> None:
    audited = [m.class_ for m in Base.registry.mappers if hasattr(m.class_, "__audit__")]
    columns = {name for model in audited for name in owned_columns(model)}
    assert not columns - titles.COLUMNS.keys(), "say what it is called"
    assert {model.__audit__ for model in audited} <= titles.KINDS.keys()


def test_the_page_asks_as_much_for_many_entries_as_for_few(as_user, cast, house, queries) -> None:
    client = as_user("compliance")
    client.get("/audit")
    db.session.rollback()  # what a transaction remembers is for one page
    queries.clear()
    client.get("/audit")
    few = len(queries)
    with unit_of_work("seed", cast["manager"]):
        for n in range(60):
            row = EquityRound(company_id=house["company"].id, round="a", recorded_at=NOW)
            row.amount_fen = n
            db.session.add(row)
    queries.clear()
    client.get("/audit")
    assert len(queries) <= few + 1


def test_the_recused_see_nothing_of_the_deal_in_the_trail(as_user, cast, house) -> None:
    with unit_of_work("seed"):
        pipeline.grant(house["deal"], cast["compliance"].id, GrantKind.RECUSED, NOW)
    client = as_user("compliance")
    assert "31,337" not in client.get("/audit").text
    assert rows(client.get(f"/audit?object=deal&id={house['deal'].id}").text) == 0


def test_what_does_not_say_whose_it_is_is_for_nobody(as_user, house) -> None:
    """An entry about a paper that has lost its deal may be one of a confidential deal."""
    with unit_of_work("document.keep"):
        audit.record(
            audit.Entry("document.keep", "document_version", 9, {}, {"filename": "金丝雀.pdf"})
        )
    page = as_user("compliance").get("/audit").text
    assert "存入文件" in page and "金丝雀" not in page


def test_the_filters_offer_every_kind_there_is_and_so_tell_of_none_that_occurred(as_user) -> None:
    """A kind that is offered because it occurs would tell of entries that the reader may not see."""
    page = as_user("compliance").get("/audit").text
    offered = {*re.findall(r'<option value="([^"]+)"', page)}
    assert offered >= {*titles.KINDS, *titles.ACTIONS}
