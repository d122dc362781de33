"""The pages of companies, as people use them: lists, forms, refusals, files."""

import contextvars
import csv
import datetime as dt
import io
import re

import pytest
import sqlalchemy as sa

from portfolio.companies import operations, queries
from portfolio.companies.models import Company, Contact, DocumentVersion, Task
from portfolio.companies.operations import Statement
from portfolio.extensions import db, unit_of_work
from tests import factories

NEW = {"name_zh": "青岛新企科技有限公司", "version": ""}


def test_the_list_filters_sorts_and_pages_by_its_address(as_user, cast) -> None:
    for number in range(55):
        factories.company(cast["manager"], name_zh=f"青岛第{number:02d}号公司", place="崂山区")
    factories.company(cast["manager"], name_zh="龙口别家", region_code="370600", place="龙口市")
    client = as_user("reader")
    first = client.get("/companies?sort=name").text
    assert "共 56 家" in first
    assert first.index("第00号") < first.index("第01号")
    assert "第49号" in first and "第50号" not in first
    assert "第50号" in client.get("/companies?sort=name&page=2").text
    for place in ("370600", "龙口市"):
        filtered = client.get(f"/companies?place={place}&q=longkou").text
        assert "龙口别家" in filtered and "第00号" not in filtered
    assert "没有符合条件的企业" in client.get("/companies?q=查无此家").text


def test_filters_offer_what_the_reader_sees_and_nothing_else(as_user, cast) -> None:
    for code, place, industry in (
        ("370212", "崂山区", "新材料"),
        ("370215", "即墨区", "电子元器件"),
        ("370212", "崂山区", ""),
        ("", "", "生物医药"),
    ):
        factories.company(cast["manager"], region_code=code, place=place, industry=industry)
    page = as_user("reader").get("/companies").text
    by_sound = ["即墨区", "崂山区", "电子元器件", "生物医药", "新材料"]
    assert re.findall(r"<option>(.*?)</option>", page) == by_sound
    assert "崂山区" not in as_user("committee").get("/companies").text


@pytest.mark.parametrize("sort", ["revenue", "-revenue", "founded", "-founded"])
def test_unknown_values_come_last_in_either_direction(as_user, cast, sort) -> None:
    for year, fen in ((2012, 5), (None, None), (2020, 9)):
        company = factories.company(
            cast["manager"],
            name_zh=f"{year}年公司",
            founded_on=dt.date(year, 1, 1) if year else None,
        )
        if fen:
            with unit_of_work("figure.state"):
                said = Statement(company.id, "revenue", 2025, micro=fen)
                operations.state_figures([said], None, dt.datetime.now(dt.UTC))
    page = as_user("reader").get(f"/companies?sort={sort}").text
    shown = re.findall(r">(\d{4}|None)年公司</a>", page)
    known = ["2020", "2012"] if sort.startswith("-") else ["2012", "2020"]
    assert shown == [*known, "None"]


def test_a_wrong_check_digit_and_an_impossible_day_are_said_at_the_field(as_user) -> None:
    client = as_user("manager")
    code = factories.credit_code(77)
    wrong = code[:17] + ("0" if code[17] != "0" else "1")
    page = client.post(
        "/companies/new", data=NEW | {"uscc": wrong, "founded_on": "2024-02-30", "short_name": "留"}
    )
    assert page.status_code == 422
    assert "请对照营业执照核对" in page.text
    assert "日历上没有这一天：2024-02-30" in page.text
    assert 'value="2024-02-30"' in page.text and 'value="留"' in page.text
    assert db.session.query(Company).count() == 0


def test_full_width_digits_are_understood(as_user) -> None:
    client = as_user("manager")
    code = factories.credit_code(78)
    wide = code.translate({ord(c): ord(c) + 0xFEE0 for c in "0123456789"})
    page = client.post(
        "/companies/new", data=NEW | {"uscc": wide, "founded_on": "２０２０年１月２日"}
    )
    assert page.status_code == 302
    company = db.session.query(Company).one()
    assert (company.uscc, company.founded_on) == (code, dt.date(2020, 1, 2))


def test_a_likely_duplicate_is_asked_about_and_can_be_entered(as_user, cast) -> None:
    factories.company(cast["manager"], name_zh="青岛新企科技股份有限公司", uscc=None)
    client = as_user("manager")
    page = client.post("/companies/new", data=NEW)
    assert page.status_code == 422
    assert "这家企业可能已在库中" in page.text
    assert client.post("/companies/new", data=NEW | {"confirmed": "y"}).status_code == 302


def test_a_name_with_markup_is_shown_as_text(as_user, cast) -> None:
    company = factories.company(cast["manager"], name_zh="<script>alert(1)</script>公司")
    for path in ("/companies", f"/companies/{company.id}"):
        page = as_user("reader").get(path).text
        assert "<script>alert" not in page and "&lt;script&gt;alert(1)" in page


def test_the_second_of_two_who_save_sees_both_versions(as_user, cast) -> None:
    company = factories.company(cast["manager"], name_zh="原名公司")
    mine, theirs = as_user("manager"), as_user("partner")
    version = company.version
    db.session.remove()
    path = f"/companies/{company.id}/edit"
    same = {"name_zh": "原名公司", "uscc": company.uscc, "version": str(version)}
    assert theirs.post(path, data=same | {"place": "他们写的"}).status_code == 302
    page = mine.post(path, data=same | {"place": "我写的"})
    assert page.status_code == 409
    assert "他们写的" in page.text and "我写的" in page.text and "Partner" in page.text
    seen = re.search(r'name="version"[^>]*value="(\d+)"', page.text)
    assert seen
    again = mine.post(path, data=same | {"place": "我写的", "version": seen.group(1)})
    assert again.status_code == 302
    assert db.session.get_one(Company, company.id).place == "我写的"


def test_figures_are_stated_by_year_and_a_negative_revenue_is_a_question(as_user, cast) -> None:
    company = factories.company(cast["manager"])
    client = as_user("manager")
    path = f"/companies/{company.id}/figures"
    sent = {"fiscal_year": "2025", "source": "审计报告", "m-revenue": "-1.2亿", "m-rd_staff": "x"}
    page = client.post(path, data=sent)
    assert page.status_code == 422
    assert "不是有效数字" in page.text and 'value="-1.2亿"' in page.text
    page = client.post(path, data=sent | {"m-rd_staff": "12"})
    assert "数值为负，请确认是否正确" in page.text
    done = client.post(path, data=sent | {"m-rd_staff": "12", "confirmed": "y", "audited": "y"})
    assert done.status_code == 302
    row = queries.current_rows([company.id])[(company.id, "revenue", 2025)]
    assert (row.micro, row.audited, row.source) == (-12000 * 10**6, True, "审计报告")
    assert "-12,000" in client.get(f"/companies/{company.id}").text


def test_figures_left_empty_keep_their_value_and_their_source(as_user, cast) -> None:
    company = factories.company(cast["manager"])
    client = as_user("manager")
    path = f"/companies/{company.id}/figures"
    audited = {"fiscal_year": "2025", "source": "审计报告", "audited": "y", "m-revenue": "3,000"}
    assert client.post(path, data=audited).status_code == 302
    page = client.get(f"{path}?fiscal_year=2025").text
    sent = dict(re.findall(r'name="(m-[a-z_]+)"[^>]*value="([^"]*)"', page))
    assert "3,000.00" in page and set(sent.values()) == {""}
    said = sent | {"fiscal_year": "2025", "source": "创始人口述", "m-net_profit": "200"}
    assert client.post(path, data=said).status_code == 302
    rows = queries.current_rows([company.id])
    revenue, profit = (rows[(company.id, m, 2025)] for m in ("revenue", "net_profit"))
    assert (revenue.source, revenue.audited) == ("审计报告", True)
    assert (profit.source, profit.audited) == ("创始人口述", False)


def test_people_notes_tasks_and_documents_are_added(as_user, cast) -> None:
    company = factories.company(cast["manager"])
    client = as_user("manager")
    base = f"/companies/{company.id}"
    assert client.post(f"{base}/contacts", data={"name": ""}).status_code == 422
    client.post(f"{base}/contacts", data={"name": "王工", "founder": "y"})
    client.post(f"{base}/activities", data={"kind": "call", "text": "聊了中试"})
    owner = str(cast["manager"].id)
    task = {"title": "要样机报告", "owner_id": owner, "due_on": "2026-12-01"}
    client.post(f"{base}/tasks", data=task)
    kept = {"title": "把条款清单发过去", "owner_id": str(cast["manager"].id), "promised": "y"}
    assert "已答应创始人" not in client.get(base).text
    assert client.post(f"{base}/tasks", data=kept).status_code == 302
    assert client.get(base).text.count("已答应创始人</span>") == 1
    for content in (b"one", b"two"):
        file = (io.BytesIO(content), "报告.pdf")
        client.post(f"{base}/documents", data={"title": "尽调报告", "file": file})
    page = client.get(base).text
    for word in ("王工", "聊了中试", "要样机报告", "尽调报告", "v2"):
        assert word in page
    version = db.session.query(DocumentVersion).filter_by(number=2).one()
    with client.get(f"{base}/documents/{version.id}") as download:
        assert download.data == b"two"
        assert download.headers["Content-Disposition"].startswith("attachment")
    row = db.session.query(Task).filter_by(promised=False).one()
    client.post(f"{base}/tasks/{row.id}/completion")
    assert db.session.query(Task).filter_by(promised=False).one().done_at is not None
    assert db.session.query(Contact).one().founder


@pytest.mark.parametrize("name", ["reader", "committee"])
def test_readers_cannot_write(as_user, cast, name) -> None:
    company = factories.company(cast["manager"])
    client = as_user(name)
    for path in ("/companies/new", f"/companies/{company.id}/edit"):
        assert client.post(path, data=NEW).status_code == 403


def test_the_file_holds_the_rows_of_the_list(as_user, cast) -> None:
    factories.company(cast["manager"], name_zh="=1+1公司", stock_codes=["430047"])
    factories.company(cast["manager"], name_zh="另一家")
    client = as_user("partner")
    answer = client.get("/companies.csv?q=公司")
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))
    assert [row["企业全称"] for row in rows] == ["'=1+1公司"]
    assert rows[0]["证券代码"] == "430047"
    assert answer.headers["X-Rows"] == "1"
    assert client.get("/companies.xlsx").data[:2] == b"PK"
    assert as_user("reader").get("/companies.csv").status_code == 403


def test_the_yearly_figures_of_the_list_are_a_file_of_their_own(as_user, cast) -> None:
    now = dt.datetime.now(dt.UTC)
    mine = factories.company(cast["manager"], name_zh="有数公司", lead_source="referral")
    other = factories.company(cast["manager"], name_zh="另一家")
    with unit_of_work("figure.state"):
        stated = [Statement(c.id, "revenue", 2025, micro=123_456_700) for c in (mine, other)]
        operations.state_figures(stated, None, now)
    client = as_user("partner")
    answer = client.get("/companies/figures.csv?q=有数")
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))
    assert [(r["企业全称"], r["年度"], r["营业收入（万元）"]) for r in rows] == [
        ("有数公司", "2025", "123.4567")
    ]
    assert client.get("/companies/figures.xlsx").data[:2] == b"PK"
    assert as_user("reader").get("/companies/figures.csv").status_code == 403
    assert "推荐" in client.get("/companies.csv").text and "referral" not in answer.text


def test_the_file_streams_outside_of_the_tests_own_context(as_user, cast) -> None:
    factories.company(cast["manager"], name_zh="流式公司")
    client = as_user("partner")
    # A server has no application context left when it reads the body.
    text = contextvars.Context().run(lambda: client.get("/companies.csv").text)
    assert "流式公司" in text


def test_a_manager_takes_only_companies_of_own_deals(as_user, cast) -> None:
    factories.deal(cast["manager"], company=factories.company(cast["manager"], name_zh="我的公司"))
    factories.company(cast["outsider"], name_zh="别人的公司")
    answer = as_user("manager").get("/companies.csv")
    assert "我的公司" in answer.text and "别人的公司" not in answer.text
    assert (answer.headers["X-Rows"], answer.headers["X-Rows-Left-Out"]) == ("1", "1")


def test_a_list_page_asks_the_database_as_often_for_fifty_rows_as_for_five(
    as_user, cast, queries
) -> None:
    client = as_user("partner")
    counts = []
    for number in (5, 45):
        for _ in range(number):
            factories.company(cast["manager"], stock_codes=[])
        client.get("/companies")
        queries.clear()
        assert client.get("/companies").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 12


def test_the_palette_finds_by_pinyin_initials(as_user, cast) -> None:
    factories.company(cast["manager"], name_zh="青岛海纳传动有限公司")
    assert "海纳传动" in as_user("reader").get("/search?q=qdhn").text


def test_the_export_reads_back_the_figures(app, cast) -> None:
    company = factories.company(cast["manager"], stock_codes=["430047"])
    now = dt.datetime.now(dt.UTC)
    with unit_of_work("figure.state"):
        operations.state_figures(
            [
                Statement(company.id, "revenue", 2025, micro=123_456_789),
                Statement(company.id, "neeq_tier", None, choice="innovation"),
            ],
            None,
            now,
        )
    result = app.test_cli_runner().invoke(args=["companies", "export", "--figures"])
    rows = list(csv.DictReader(io.StringIO(result.output.removeprefix("\ufeff"), newline="")))
    assert rows[0]["revenue"] == "123.456789"
    assert rows[0]["neeq_tier"] == "innovation"
    assert rows[0]["stock_code"] == "430047"


def test_what_only_the_other_changed_is_kept_and_each_field_can_be_chosen(as_user, cast) -> None:
    company = factories.company(
        cast["manager"], name_zh="原名公司", place="原地", industry="原业", description="甲\n乙"
    )
    mine, theirs = as_user("manager"), as_user("partner")
    path = f"/companies/{company.id}/edit"

    def opened(client) -> dict[str, str]:
        page = client.get(path).text
        return dict(re.findall(r'name="(version|opened)"[^>]*value="([^"]*)"', page)) | {
            "name_zh": "原名公司",
            "uscc": company.uscc,
            "place": "原地",
            "industry": "原业",
            "description": "甲\r\n乙",
        }

    my_form, their_form = opened(mine), opened(theirs)
    assert (
        theirs.post(path, data=their_form | {"place": "新地", "industry": "他业"}).status_code
        == 302
    )
    page = mine.post(path, data=my_form | {"industry": "我业"})
    assert page.status_code == 409
    choices = re.findall(r'name="(keep-\w+)" value="(\w+)"( checked)?', page.text)
    assert {name for name, _, _ in choices} == {"keep-place", "keep-industry"}
    assert [value for name, value, _ in choices if name == "keep-place"] == ["theirs"]
    assert not any(checked for _, _, checked in choices)  # nobody's text wins unread
    assert "已合并" in page.text and 'type="radio" name="keep-place"' not in page.text
    assert re.search(r'name="place"[^>]*value="新地"', page.text)
    version = dict(re.findall(r'name="(version|asked)"[^>]*value="([^"]*)"', page.text))
    sent = my_form | {"industry": "我业", "keep-place": "theirs"} | version
    unread = mine.post(path, data=sent)
    assert unread.status_code == 409 and "尚未保存" in unread.text
    assert db.session.get_one(Company, company.id).industry == "他业"
    again = mine.post(path, data=sent | {"keep-industry": "mine"})
    assert again.status_code == 302
    row = db.session.get_one(Company, company.id)
    assert (row.place, row.industry) == ("新地", "我业")


def test_a_form_with_a_mangled_version_is_a_conflict_and_no_crash(as_user, cast) -> None:
    company = factories.company(cast["manager"], name_zh="原名公司")
    sent = {"name_zh": "原名公司", "version": "x", "opened": "gestern"}
    answer = as_user("manager").post(f"/companies/{company.id}/edit", data=sent)
    assert answer.status_code == 409


def test_a_doubtful_organisation_code_is_entered_and_pointed_out(as_user) -> None:
    client = as_user("manager")
    for number, code in enumerate(("91370200264574251E", factories.credit_code(8))):
        sent = {"name_zh": f"青岛第{number}企", "uscc": code, "confirmed": "y"}
        page = client.post("/companies/new", data=sent, follow_redirects=True).text
        assert ("组织机构代码部分校验不符" in page) == (number == 1)


def test_former_names_stand_one_a_line_and_may_hold_commas(as_user) -> None:
    names = "Haina Co., Ltd.\r\n\r\n海纳机械厂"
    answer = as_user("manager").post("/companies/new", data=NEW | {"former_names": names})
    assert answer.status_code == 302
    kept = [name.name for name in db.session.query(Company).one().names]
    assert kept == ["Haina Co., Ltd.", "海纳机械厂"]


def test_a_stock_code_typed_twice_is_entered_once(as_user) -> None:
    answer = as_user("manager").post(
        "/companies/new", data=NEW | {"stock_codes": "430047，430047.NQ"}
    )
    assert answer.status_code == 302
    assert [code.code for code in db.session.query(Company).one().stock_codes] == ["430047"]


def test_the_same_file_twice_makes_one_version_and_lies_there_whole(app, as_user, cast) -> None:
    company = factories.company(cast["manager"])
    client = as_user("manager")
    for content in (b"one", b"one", b"two"):
        file = (io.BytesIO(content), "报告.pdf")
        sent = client.post(
            f"/companies/{company.id}/documents", data={"title": "报告", "file": file}
        )
        assert sent.status_code == 302
    versions = db.session.query(DocumentVersion).order_by(DocumentVersion.number).all()
    assert [version.number for version in versions] == [1, 2]
    kept = {operations.document_path(v.sha256).read_bytes() for v in versions}
    assert kept == {b"one", b"two"}
    folders = {operations.document_path(v.sha256).parent for v in versions}
    assert sum(len(list(folder.iterdir())) for folder in folders) == 2  # no part is left behind


def test_only_a_web_address_becomes_a_link(as_user, cast) -> None:
    company = factories.company(cast["manager"], website="javascript:alert(1)")
    page = as_user("reader").get(f"/companies/{company.id}").text
    assert "javascript:alert(1)" in page and 'href="javascript' not in page


@pytest.mark.parametrize(
    ("email", "status"), [("wang@haina.com", 302), ("王@", 422), ("a@b@c.d", 422), ("", 302)]
)
def test_an_address_that_is_none_is_said_at_the_field(as_user, cast, email, status) -> None:
    company = factories.company(cast["manager"])
    sent = {"name": "王工", "email": email}
    answer = as_user("manager").post(f"/companies/{company.id}/contacts", data=sent)
    assert answer.status_code == status
    if status == 422:
        assert f"{email}” 不是" in answer.text or "不是有效" in answer.text


def test_what_two_enter_at_the_same_moment_is_a_conflict_for_the_second(as_user, cast) -> None:
    rival, code = factories.company(cast["manager"], uscc=None), factories.credit_code(99)
    client = as_user("manager")

    def take(session, *rest) -> None:  # after the form looked for the code, before it is written
        session.execute(sa.update(Company).where(Company.id == rival.id).values(uscc=code))

    sa.event.listen(db.session, "before_flush", take, once=True)
    answer = client.post("/companies/new", data=NEW | {"uscc": code, "confirmed": "y"})
    assert answer.status_code == 409
    assert db.session.query(Company).filter_by(name_zh=NEW["name_zh"]).count() == 0


def test_facts_are_shown_in_words_with_their_unit(as_user, cast) -> None:
    company = factories.company(cast["manager"])
    with unit_of_work("figure.state"):
        said = [
            Statement(company.id, "neeq_tier", None, choice="innovation"),
            Statement(company.id, "neeq_listed_months", None, micro=14 * 10**6),
            Statement(company.id, "roe_weighted", 2025, micro=17_900_000),
        ]
        operations.state_figures(said, None, dt.datetime.now(dt.UTC))
    page = as_user("reader").get(f"/companies/{company.id}").text
    assert "创新层" in page and "innovation" not in re.sub(r"<[^>]+>", "", page)
    assert re.search(r">\s*14 <span[^>]*>个月</span>", page)
    assert "17.90" in page


def test_the_products_are_a_list_of_their_own_everywhere(app, as_user, cast) -> None:
    company = factories.company(cast["manager"], dt.datetime(2026, 1, 5, tzinfo=dt.UTC))
    client, path = as_user("manager"), f"/companies/{company.id}"
    form = client.get(f"{path}/edit").text
    said = {"version": "1", "name_zh": company.name_zh, "uscc": company.uscc}
    sent = said | {"products": "谐波减速器\r\n伺服电机"}
    assert 'name="products"' in form and client.post(f"{path}/edit", data=sent).status_code == 302
    assert "主要产品" in client.get(path).text and "伺服电机" in client.get(path).text
    assert "伺服电机" not in client.get(f"{path}?as_of=2026-01-06").text
    told = client.get(f"/records/company/{company.id}/history").text
    assert "主要产品" in told and "谐波减速器" in told
    exported = as_user("partner").get("/companies.csv").text.removeprefix("\ufeff")
    rows = csv.reader(io.StringIO(exported))
    head, row = list(rows)[:2]
    assert row[head.index("主要产品")].split() == ["谐波减速器", "伺服电机"]
    file = io.BytesIO(f"企业全称,主营产品\n{company.name_zh},减速器\n青岛新甲公司,轴承\n".encode())
    page = client.post("/imports", data={"file": (file, "a.csv")}).headers["Location"]
    client.post(f"{page}/confirmation")
    found = {c.name_zh: c.products for c in db.session.query(Company)}
    assert found["青岛新甲公司"] == "轴承" and "伺服电机" in found[company.name_zh]
    other = factories.company(cast["manager"], products="滚珠丝杠")
    choice = client.get(f"{path}/merge/{other.id}").text
    assert "主要产品" in choice and "伺服电机" in choice and "滚珠丝杠" in choice
