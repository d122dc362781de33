"""What files must not do: each bad value named at its row in the reader's words, nothing half done."""

import csv
import datetime as dt
import io
import json

import pytest

from portfolio.audit import queries as audit
from portfolio.companies.models import Company, Figure
from portfolio.extensions import db
from portfolio.intake.models import ImportBatch
from portfolio.kernel.dates import local_date
from tests import factories
from tests.intake.test_reading import archive, workbook

HEAD = "证券代码,企业名称,年度,营业收入（万元）,加权ROE,发行价\n"
NINES = "9" * 30


def refusals(report: dict) -> list[tuple]:
    return [(f["row"], f["field"], f["code"]) for f in report["refused"]]


@pytest.mark.parametrize(
    ("cells", "field", "code"),
    [
        (f"{NINES},,", "revenue", "number.too_large"),
        (f"-{NINES},,", "revenue", "number.too_large"),
        ("100000000001,,", "revenue", "money.too_large"),
        (f"{NINES}亿,,", "revenue", "money.too_large"),
        ("9" * 5000 + ",,", "revenue", "number.too_large"),
        (f"1,{NINES},", "roe_weighted", "number.too_large"),
        (f"1,{NINES}%,", "roe_weighted", "number.too_large"),
        ("1,9000000000001,", "roe_weighted", "number.too_large"),
        (f"1,,{NINES}.5", "bse_issue_price", "number.too_large"),
    ],
)
def test_a_number_beyond_the_database_is_refused_at_its_row(run, cells, field, code) -> None:
    exit_code, report, _ = run(HEAD + f"430047,甲,2024,1,1,1\n430048,乙,2024,{cells}\n")
    assert exit_code == 1
    assert refusals(report) == [(3, field, code)]
    assert len(report["refused"][0]["message"]) < 100
    assert db.session.query(Company).count() == 0


def test_what_is_called_a_workbook_and_is_none_is_not_read_as_text(as_user, run, tmp_path) -> None:
    text = (HEAD + "430047,甲,2024,1,1,1\n").encode()
    sent = {"file": (io.BytesIO(text), "表.xlsx")}
    answer = as_user("manager").post("/imports", data=sent)
    assert answer.status_code == 422 and "不是工作簿" in answer.text
    path = tmp_path / "表.xlsx"
    path.write_bytes(text)
    assert "不是工作簿" in run(path)[2]
    assert db.session.query(ImportBatch).count() == 0


def test_the_largest_numbers_that_are_kept_come_back_exactly(run) -> None:
    code, _, said = run(HEAD + "430047,甲,2024,100000000000,9000000000000,-9000000000000\n")
    assert code == 0, said
    kept = {f.metric: f.micro for f in db.session.query(Figure)}
    assert kept == {
        "revenue": 10**17,
        "roe_weighted": 9 * 10**18,
        "bse_issue_price": -9 * 10**18,
    }


def test_a_year_that_is_yet_to_come_is_refused_at_its_row_and_this_one_is_taken(run) -> None:
    this_year = local_date(dt.datetime.now(dt.UTC)).year
    head = "企业名称,年度,营业收入（万元）\n"
    rows = f"甲有限公司,{this_year},1\n乙有限公司,{this_year + 1},1\n丙有限公司,2099年度,1\n"
    code, report, _ = run(head + rows)
    assert code == 1
    assert refusals(report) == [(3, "fiscal_year", "year.ahead"), (4, "fiscal_year", "year.ahead")]
    assert str(this_year + 1) in report["refused"][0]["message"]
    assert db.session.query(Figure).count() == 0
    assert run(head + rows.split("\n")[0])[0] == 0


@pytest.mark.parametrize("year", ["9" * 5000, "20240", "-2024", "2024.5", "²⁰²⁴⁵"])
def test_a_year_that_is_none_is_refused_at_its_row(run, year) -> None:
    code, report, _ = run(HEAD + f"430047,甲,{year},1,1,1\n")
    assert code == 1 and refusals(report) == [(2, "fiscal_year", "year.malformed")]


@pytest.mark.parametrize("number", [NINES, f"-{NINES}", f"{NINES}.000001", "9" * 5000])
def test_the_forms_of_a_year_and_of_facts_refuse_the_same_numbers(as_user, cast, number) -> None:
    company = factories.company(cast["manager"])
    client = as_user("manager")
    year = client.post(
        f"/companies/{company.id}/figures",
        data={"fiscal_year": "2025", "m-revenue": number, "m-employees": number},
    )
    said = {"as_of": "2026-03-31", "source": "a", "evidence": "b"}
    fact = client.post(f"/companies/{company.id}/facts", data=said | {"f-bse_issue_price": number})
    assert year.status_code == fact.status_code == 422
    assert "金额超出范围" in year.text
    assert "数字超出范围" in year.text and "数字超出范围" in fact.text
    assert db.session.query(Figure).count() == 0


@pytest.mark.parametrize(
    ("cell", "fen"),
    [
        ("-123", -123 * 10**6),
        ("-123万", -123 * 10**6),
        ("-1.5亿", -15_000 * 10**6),
        ('"(1,234.5)"', -1_234_500_000),
        ('"（1,234.5）"', -1_234_500_000),
        ('"（１，２３４．５）万元"', -1_234_500_000),
        ('"(1,234.5万)"', -1_234_500_000),
        ("－１２３", -123 * 10**6),
        ("−123万元", -123 * 10**6),
    ],
)
@pytest.mark.parametrize(("unit", "factor"), [("万元", 1), ("亿元", 10_000)])
def test_a_negative_revenue_is_doubted_however_it_is_written(run, cell, fen, unit, factor) -> None:
    own_unit = any(sign in cell for sign in "万亿")
    code, report, said = run(f"证券代码,企业名称,年度,营业收入（{unit}）\n430047,甲,2024,{cell}\n")
    assert code == 0, said
    assert [w["code"] for w in report["warnings"]] == ["figure.negative"]
    assert db.session.query(Figure).one().micro == (fen if own_unit else fen * factor)


@pytest.mark.parametrize("cell", ["(12.5%)", "（12.5）%", "-12.5％"])
def test_a_negative_share_is_read_however_it_is_written(run, cell) -> None:
    code, _, said = run(HEAD + f"430047,甲,2024,1,{cell},\n")
    assert code == 0, said
    assert db.session.query(Figure).filter_by(metric="roe_weighted").one().micro == -12_500_000


COLUMNS = "证券代码,企业名称,成立日期,年度,营业收入（万元）\n"
GOOD = "430048,好公司,2015-01-02,2024,1\n"


@pytest.mark.parametrize(
    ("row", "field", "words"),
    [
        ("430047,甲,2024-02-30,2024,1", "founded_on", "没有这一天：2024-02-30"),
        ("430047,甲,2024/13/1,2024,1", "founded_on", "没有这一天：2024/13/1"),
        ("430047,甲,昨天,2024,1", "founded_on", "“昨天”不是有效日期"),
        ('430047,甲,,2024,"12,34"', "revenue", "“12,34”不是有效数字"),
        ("430047,甲,,2024,=SUM(A1)", "revenue", "=SUM(A1)"),
    ],
)
def test_a_bad_cell_is_named_in_the_readers_words_and_nothing_is_written(
    run, send, row, field, words
) -> None:
    code, report, _ = run(COLUMNS + GOOD + row + "\n")
    assert code == 1
    assert [(f["row"], f["field"]) for f in report["refused"]] == [(3, field)]
    assert words in report["refused"][0]["message"]
    client, page = send(COLUMNS + GOOD + row + "\n")
    shown = client.get(page)
    assert shown.status_code == 200 and words in shown.text
    assert client.post(page + "/confirmation").status_code == 422
    assert db.session.query(Company).count() == db.session.query(Figure).count() == 0


def test_full_width_digits_and_amounts_with_their_unit_are_read(run) -> None:
    text = COLUMNS + '４３００４７,甲,２０１５年１月２日,２０２４,"１，２３４．５万"\n'
    code, _, said = run(text)
    assert code == 0, said
    company = db.session.query(Company).one()
    assert [c.code for c in company.stock_codes] == ["430047"]
    assert str(company.founded_on) == "2015-01-02"
    assert db.session.query(Figure).one().micro == 1_234_500_000


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (COLUMNS.encode() + GOOD.encode() + "430047,甲,,2024,1".encode("gb18030"), "第 3 行"),
        (COLUMNS.encode("utf-8-sig") + GOOD.encode("gb18030"), "第 2 行"),
        ("年度,营业收入\n2024,1\n".encode(), "没有能识别企业的列"),
        (workbook([["年度", "营业收入"], ["2024", 1]]), "没有能识别企业的列"),
        (
            archive({"xl/workbook.xml": b"x", "xl/worksheets/sheet1.xml": b"0" * (300 << 20)}),
            "超出安全读取的范围",
        ),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_whole(run, as_user, content, words) -> None:
    code, report, said = run(content)
    assert code == 1 and words in said
    assert report["created"] == {"companies": 0, "figures": 0}
    assert len(report["refused"]) == 1 and words in report["refused"][0]["message"]
    client = as_user("manager")
    answer = client.post("/imports", data={"file": (io.BytesIO(content), "表.csv")})
    page = client.get(answer.location) if answer.status_code == 302 else answer
    assert page.status_code == 422 and words in page.text
    assert db.session.query(Company).count() == 0


def test_a_formula_in_a_workbook_is_named_at_its_row(run) -> None:
    rows = [["证券代码", "企业名称", "年度", "营业收入"], ["430047", "甲", "2024", "=1+1"]]
    code, report, _ = run(workbook(rows))
    assert code == 1 and refusals(report) == [(2, "revenue", "cell.formula_without_value")]


def test_markup_in_a_name_is_kept_and_shown_as_text(send) -> None:
    client, page = send("企业名称\n<script>alert(1)</script>科技\n")
    assert "<script>alert(1)" not in client.get(page).text
    client.post(page + "/confirmation")
    assert "<script>alert(1)" not in client.get("/companies").text
    assert db.session.query(Company).one().name_zh == "<script>alert(1)</script>科技"


def test_rows_that_contradict_each_other_can_be_left_out(run) -> None:
    text = COLUMNS + "430047,甲,,2024,1\n430047,甲,,2024,2\n" + GOOD
    code, report, _ = run(text)
    assert code == 1
    assert refusals(report) == [(n, "revenue", "row.contradicts") for n in (2, 3)]
    assert db.session.query(ImportBatch).count() == 0
    code, _, _ = run(text, "--sound-rows-only")
    assert code == 0 and db.session.query(Company).one().name_zh == "好公司"


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        ("[]", "对应关系"),
        ('["牌子"]', "对应关系"),
        ('"牌子"', "对应关系"),
        ("{", "对应关系"),
        ('{"牌子": ["name_zh"]}', "对应关系"),
        ('{"牌子": null}', "对应关系"),
        ("[" * 100_000, "对应关系"),
        (b"\xff\xfe", "对应关系"),
        ('{"牌子": "name_zh", "牌子": "place"}', "“牌子”两次"),
        ('{"牌子": "nickname"}', "没有“nickname”这个字段"),
        ('{"没有": "name_zh"}', "没有“没有”列"),
        ('{"钱": "metric:revenue"}', "有两列都叫“钱”"),
        ('{"牌子": "name_zh", "钱 (1)": "name_zh"}', "多列对应同一字段"),
    ],
)
def test_a_mapping_that_cannot_be_used_is_refused_in_plain_words(
    run, tmp_path, mapping, words
) -> None:
    path = tmp_path / "mapping.json"
    path.write_bytes(mapping if isinstance(mapping, bytes) else mapping.encode())
    code, report, said = run("牌子,年度,钱,钱\n甲,2024,1,2\n", "--mapping", str(path))
    assert code == 1
    assert words in said and "Traceback" not in said
    assert words in report["refused"][0]["message"]
    assert db.session.query(Company).count() == 0


def test_wrong_usage_exits_2(app, tmp_path) -> None:
    runner = app.test_cli_runner()
    assert runner.invoke(args=["companies", "import", str(tmp_path / "none.csv")]).exit_code == 2
    assert runner.invoke(args=["companies", "import"]).exit_code == 2
    path = tmp_path / "a.csv"
    path.write_text("企业名称\n甲\n", encoding="utf-8")
    assert runner.invoke(args=["companies", "import", str(path), "--kind", "x"]).exit_code == 2


def test_the_report_is_printed_whole_also_when_the_import_is_refused(app, run, tmp_path) -> None:
    text = COLUMNS + GOOD + "".join(f"4300{n},甲{n},x,2024,-1\n" for n in range(50, 90))
    code, report, said = run(text)
    assert code == 1 and "40" in said
    assert len(report["refused"]) == len(report["warnings"]) == 40
    assert {"row", "field", "code", "message"} <= report["refused"][0].keys()
    assert report["created"] == {"companies": 1, "figures": 1}
    assert report["rows"] == 41
    path = tmp_path / "table.csv"
    path.write_text(text, encoding="utf-8")
    shown = app.test_cli_runner().invoke(args=["companies", "import", str(path)])
    assert shown.exit_code == 1
    assert "refused: 40" in shown.stdout and "warnings: 40" in shown.stdout


def test_columns_that_are_ignored_are_reported_with_the_reason(app, run, tmp_path) -> None:
    text = "企业名称,备注栏,年度,营业收入,\n甲,x,2024,1\n"
    _, report, _ = run(text, "--dry-run")
    assert [(c["heading"], c["reason"]) for c in report["ignored"]] == [
        ("备注栏", "column.unknown")
    ]
    path = tmp_path / "table.csv"
    path.write_text(text, encoding="utf-8")
    mapping = tmp_path / "mapping.json"
    mapping.write_text(json.dumps({"年度": "", "营业收入": ""}), encoding="utf-8")
    arguments = ["companies", "import", str(path), "--dry-run", "--mapping", str(mapping)]
    shown = app.test_cli_runner().invoke(args=arguments).stdout
    for line in ("备注栏  未能识别", "营业收入  已选择不导入", "年度  已选择不导入"):
        assert f"ignored: {line}" in shown
    assert audit.verify()[1] is None


@pytest.mark.parametrize(
    ("encoding", "words"),
    [("utf-8", "UTF-8"), ("utf-8-sig", "UTF-8 BOM"), ("gb18030", "GB18030")],
)
def test_the_preview_says_how_the_file_was_read(send, encoding, words) -> None:
    client, page = send((COLUMNS + GOOD).encode(encoding))
    assert f">按 {words} 读取<" in client.get(page).text


def test_the_preview_says_that_a_workbook_was_read(send) -> None:
    rows = list(csv.reader(io.StringIO(COLUMNS + GOOD)))
    client, page = send(workbook(rows), name="表.xlsx")
    assert ">按 XLSX 读取<" in client.get(page).text


@pytest.mark.parametrize(
    ("column", "field", "most"),
    [
        ("企业名称", "name_zh", 200),
        ("简称", "short_name", 60),
        ("曾用名", "former_names", 200),
        ("所在地", "place", 100),
        ("行业", "industry", 100),
    ],
)
def test_a_text_that_no_form_would_take_is_refused_at_its_row(run, column, field, most) -> None:
    text = "".join(chr(0x4E00 + n * 7 % 20_000) for n in range(9000))
    rows = [["证券代码", "企业名称", column], ["430047", "甲", text[:most]], ["430048", "乙", text]]
    if column == "企业名称":
        rows = [row[:1] + row[2:] for row in rows]
    target = io.StringIO()
    csv.writer(target).writerows(rows)
    code, report, said = run(target.getvalue())
    assert code == 1 and refusals(report) == [(3, field, "text.too_long")], said
    assert str(most) in report["refused"][0]["message"]
    code, _, said = run(target.getvalue(), "--sound-rows-only")
    assert code == 0, said


def test_an_administrative_code_has_six_digits(run) -> None:
    code, report, _ = run("企业名称,行政区划代码\n甲,３７０２１２\n乙,青岛\n")
    assert code == 1 and refusals(report) == [(3, "region_code", "region.malformed")]


def test_a_file_over_the_limit_is_refused_on_the_command_line_too(run, app) -> None:
    app.config["MAX_IMPORT_LENGTH"] = 1024 * 1024
    code, report, said = run(COLUMNS.encode() + GOOD.encode() * 60_000)
    assert code == 1 and "文件超过 1 MB" in said
    assert [f["code"] for f in report["refused"]] == ["file.too_large"]
    assert db.session.query(ImportBatch).count() == 0
