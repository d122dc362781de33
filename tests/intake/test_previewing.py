"""The preview: whose row, likely duplicates before anything is written, and what is refused."""

import csv
import io

import openpyxl
import pytest
import sqlalchemy as sa

from portfolio.companies.merge_operations import merge
from portfolio.companies.merging import Choices
from portfolio.companies.models import Company, Figure
from portfolio.extensions import db, unit_of_work
from portfolio.intake.models import ImportBatch
from portfolio.people.models import User
from tests import factories

HEAD = "证券代码,企业名称,年度,营业收入（万元）\n"


def test_full_width_years_are_years(run) -> None:
    code, _, said = run(HEAD + "430047,海纳传动,２０２４年度,100\n")
    assert code == 0, said
    assert db.session.query(Figure).one().fiscal_year == 2024


def test_the_unit_in_a_heading_counts(run) -> None:
    run("证券代码,企业名称,年度,营业收入（元）,归母净利润（亿元）\n430047,甲,2024,1000000,2\n")
    figures = {f.metric: f.micro for f in db.session.query(Figure)}
    assert figures == {"revenue": 100 * 10**6, "net_profit_parent": 20_000 * 10**6}


def test_a_text_like_a_formula_is_doubted_and_a_number_is_not(run) -> None:
    code, report, _ = run("企业名称,所在地\n甲,-1+cmd\n乙,青岛\n")
    assert code == 0
    assert [(w["row"], w["field"], w["code"]) for w in report["warnings"]] == [
        (2, "place", "cell.like_formula")
    ]


def test_a_table_of_companies_that_contradicts_itself_names_both_rows(run) -> None:
    text = "证券代码,企业名称,所在地\n430047,甲,青岛\n430047,甲,济南\n430048,乙,\n"
    code, report, _ = run(text)
    assert code == 1
    assert [(f["row"], f["field"], f["code"]) for f in report["refused"]] == [
        (2, "place", "row.contradicts"),
        (3, "place", "row.contradicts"),
    ]
    assert "第 3 行" in report["refused"][0]["message"]
    assert "第 2 行" in report["refused"][1]["message"]
    code, report, _ = run(text, "--sound-rows-only")
    assert code == 0
    assert [c.name_zh for c in db.session.query(Company)] == ["乙"]


def test_a_label_that_changes_from_year_to_year_is_named_and_the_first_counts(run) -> None:
    code, report, _ = run(
        "证券代码,企业名称,行业,年度,营业收入（万元）\n430047,甲,机械,2023,1\n430047,甲,电子,2024,2\n"
    )
    assert code == 0
    assert [(w["row"], w["code"]) for w in report["warnings"]] == [(3, "row.says_otherwise")]
    assert db.session.query(Company).one().industry == "机械"


def test_likely_duplicates_stand_in_the_preview_with_rows_and_links(send) -> None:
    known = factories.company(name_zh="雷神科技股份有限公司")
    client, page = send("证券代码,企业名称\n872190,雷神科技(已切换)\n920190,雷神科技\n")
    text = client.get(page).text
    assert f'href="/companies/{known.id}"' in text
    assert "第 2 行" in text and "第 3 行" in text
    assert db.session.query(Company).count() == 1


def test_after_the_import_likely_duplicates_lead_to_the_merge(send) -> None:
    known = factories.company(name_zh="雷神科技股份有限公司", former_names=["老雷神"])
    client, page = send("证券代码,企业名称\n872190,雷申科技\n920190,老雷神有限公司\n")
    assert "读音相同" in client.get(page).text
    done = client.post(page + "/confirmation", follow_redirects=True).text
    fresh = db.session.scalars(sa.select(Company.id).where(Company.id != known.id)).all()
    for number, why in zip(fresh, ("读音相同", "与曾用名相同"), strict=True):
        assert f'href="/companies/{known.id}/merge/{number}"' in done and why in done
    assert 'href="/companies/duplicates"' in done
    other = db.session.get_one(Company, fresh[0])
    actor = db.session.query(User).first()
    with unit_of_work("company.merge", actor):
        merge(known, other, Choices(), (known.version, other.version), actor, factories.NOW)
    left = client.get(page).text
    assert "读音相同" not in left and "与曾用名相同" in left


def test_findings_say_whose_row_it_is(send) -> None:
    client, page = send(HEAD + "430047,海纳传动,2024,abc\n430048,乙,2024,1\n")
    text = client.get(page).text
    assert "海纳传动" in text and "430047" in text


def test_with_no_sound_row_there_is_nothing_to_import(send) -> None:
    client, page = send(HEAD + "430047,海纳传动,2024,abc\n")
    text = client.get(page).text
    assert "/confirmation" not in text and "没有可导入的行" in text
    assert client.post(page + "/confirmation", data={"sound_rows_only": "1"}).status_code == 422
    assert db.session.query(Company).count() == 0


@pytest.mark.parametrize(
    "content",
    [
        b"%PDF-1.4\n1 0 obj <</Type /Catalog>>\nname,year\n",
        b"\xef\xbb\xbf  {\\rtf1 name}",
        b"<html><table><tr><td>name</td></tr></table></html>",
        b"\x89PNG\r\n\x1a\n....",
        b"name,year\nx\x01y,2024\n",
    ],
)
def test_another_kind_of_file_called_csv_is_refused(as_user, content) -> None:
    answer = as_user("manager").post("/imports", data={"file": (io.BytesIO(content), "x.csv")})
    assert answer.status_code == 422 and "不是" in answer.text
    assert db.session.query(ImportBatch).count() == 0


def test_rejected_rows_come_as_a_file_that_is_mended_and_sent_again(send) -> None:
    text = (
        "证券代码,企业名称,年度,营业收入（万元）,备注\n"
        "430047,海纳,2024,100,a\n"
        "000012,=cmd,2024,5,\n"
        '43004,"乙,公司",2024,abc,"x""y"\n'
    )
    client, page = send(text)
    before = client.get(page + "/rejected.csv")
    client.post(page + "/confirmation", data={"sound_rows_only": "1"})
    after = client.get(page + "/rejected.csv")
    assert before.data == after.data, "the same before and after the sound rows were imported"
    rows = list(csv.reader(io.StringIO(after.data.decode("utf-8-sig"), newline="")))
    assert rows[0] == [*text.splitlines()[0].split(","), "问题（导入时忽略）"]
    assert rows[1][:4] == ["000012", "[公式/formula] =cmd", "2024", "5"]
    assert "=cmd" in rows[1][-1]
    assert rows[2][:5] == ["43004", "乙,公司", "2024", "abc", 'x"y']
    assert "不是有效证券代码" in rows[2][-1] and "abc" in rows[2][-1]
    book = openpyxl.load_workbook(io.BytesIO(client.get(page + "/rejected.xlsx").data))
    cells = list(book.active.iter_rows(min_row=2))
    assert cells[0][0].value == "000012" and cells[0][0].number_format == "@"
    assert all(cell.data_type in {"s", "n"} and cell.data_type != "f" for r in cells for cell in r)

    client, unmended = send(after.data, name="unmended.csv")
    assert client.get(unmended).text.count("单元格是公式") >= 1
    rows[1][1], rows[2][0], rows[2][3] = "丙", "430049", "7"
    target = io.StringIO()
    csv.writer(target).writerows(rows)
    client, again = send(target.getvalue(), name="mended.csv")
    shown = client.get(again).text
    assert "上次导入的问题说明，忽略" in shown
    assert client.post(again + "/confirmation").status_code == 302
    assert {c.name_zh for c in db.session.query(Company)} == {"海纳", "丙", "乙,公司"}


def test_a_rejected_file_is_its_owners_alone(send, as_user) -> None:
    _, page = send(HEAD + "430047,海纳传动,2024,abc\n")
    for ending in ("csv", "xlsx"):
        assert as_user("partner").get(f"{page}/rejected.{ending}").status_code == 404
    client, clean = send(HEAD + "430047,海纳传动,2024,1\n")
    assert client.get(clean + "/rejected.csv").status_code == 404


def test_a_block_pasted_from_excel_goes_the_same_way(as_user) -> None:
    client = as_user("manager")
    block = (
        "证券代码\t企业名称\t年度\t营业收入（万元, 合并）\r\n430047\t海纳传动\t2024\t1,234.5\r\n"
    )
    answer = client.post("/imports", data={"pasted": block, "kind": ""})
    assert answer.status_code == 302
    assert "粘贴的表格" in client.get(answer.location).text
    assert client.post(answer.location + "/confirmation").status_code == 302
    assert db.session.query(Figure).one().micro == 1_234_500_000
    nothing = client.post("/imports", data={"pasted": "  "})
    assert nothing.status_code == 422
    broken = client.post("/imports", data={"pasted": 'a\tb\n"1\t2\n'})
    assert broken.status_code == 422 and "引号" in broken.text
