"""Imports through the command and through the pages: counted, checked, all or nothing."""

import csv
import datetime as dt
import io
import json
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from portfolio.audit import queries as audit
from portfolio.companies import queries as companies
from portfolio.companies.models import Company, Figure, StockCode
from portfolio.extensions import db, unit_of_work
from portfolio.intake import operations
from portfolio.intake.models import ImportBatch

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
REAL = pytest.mark.skipif(
    not DATA.is_dir() and not os.environ.get("CI"),
    reason="the real files lie beside the project only where it is built",
)
HEAD = "证券代码,企业名称,年度,营业收入（万元）,加权ROE\n"


def revenue(code: str, year: int) -> int | None:
    owner = db.session.scalar(sa.select(StockCode.company_id).where(StockCode.code == code))
    row = companies.current_rows([owner]).get((owner, "revenue", year))
    return row.micro if row else None


def test_companies_and_figures_are_entered_and_found(run) -> None:
    code, report, _ = run(
        HEAD + '430047.OC,海纳传动,2024,"1,234.5万",8.25\n430047,海纳传动,2025,2000,9\n'
    )
    assert code == 0
    assert report["created"] == {"companies": 1, "figures": 4}
    assert revenue("430047", 2024) == 1_234_500_000
    assert db.session.scalar(sa.select(Company.name_zh).where(companies.matching("hncd")))
    assert db.session.query(Company).one().latest_revenue_year == 2025
    assert audit.verify()[1] is None


def test_the_same_file_twice_changes_nothing(run) -> None:
    text = HEAD + "430047,海纳传动,2024,100,8\n"
    run(text)
    _, report, _ = run(text)
    assert report["created"] == report["updated"] == {"companies": 0, "figures": 0}
    assert report["unchanged"] == {"companies": 1, "figures": 2}
    assert db.session.query(Figure).count() == 2


def test_a_blank_erases_nothing_and_a_differing_value_stands_beside(run) -> None:
    run(HEAD + "430047,海纳传动,2024,100,246.4\n")
    _, report, _ = run(HEAD + "430047,海纳传动,2024,,2.464\n")
    assert report["disputed"] == 1
    assert [w["code"] for w in report["warnings"]] == ["value.missing", "figure.hundredfold"]
    assert revenue("430047", 2024) == 100 * 10**6
    _, again, _ = run(HEAD + "430047,海纳传动,2024,,2.464\n")
    assert again["disputed"] == 0, "the same doubt is not kept twice"


@pytest.mark.parametrize(
    ("row", "field", "code"),
    [
        ("43004,甲,2024,1,1", "stock_code", "stock_code.malformed"),
        ("430047,甲,二〇二四,1,1", "fiscal_year", "year.malformed"),
        ("430047,甲,2024,1e5,1", "revenue", "number.malformed"),
        ("430047,甲,2024,=1+1,1", "revenue", "cell.formula"),
        ('430047,"=HYPERLINK(""http://x"",""甲"")",2024,1,1', "name_zh", "cell.formula"),
        ("430047,@SUM(A1),2024,1,1", "name_zh", "cell.formula"),
        ("430047, ＝1+1,2024,1,1", "name_zh", "cell.formula"),
        (",,2024,1,1", "name_zh", "row.no_company"),
        ("430047,甲,,1,1", "fiscal_year", "row.no_year"),
    ],
)
def test_a_bad_row_refuses_the_file_and_names_itself(run, row, field, code) -> None:
    exit_code, report, said = run(HEAD + "430048,好公司,2024,1,1\n" + row + "\n")
    assert exit_code == 1
    assert [(f["row"], f["field"], f["code"]) for f in report["refused"]] == [(3, field, code)]
    assert "1" in said
    assert db.session.query(Company).count() == db.session.query(ImportBatch).count() == 0
    exit_code, report, _ = run(HEAD + "430048,好公司,2024,1,1\n" + row + "\n", "--sound-rows-only")
    assert exit_code == 0
    assert db.session.query(Company).one().name_zh == "好公司"


def test_rows_that_contradict_each_other_are_refused(run) -> None:
    code, report, _ = run(HEAD + "430047,甲,2024,1,1\n430047,甲,2024,2,1\n")
    assert code == 1
    assert [(f["row"], f["code"]) for f in report["refused"]] == [
        (2, "row.contradicts"),
        (3, "row.contradicts"),
    ]
    assert "第 3 行" in report["refused"][0]["message"]
    assert report["refused"][1]["company"] == "甲"
    assert report["refused"][1]["company_code"] == "430047"


def test_doubtful_values_are_named_and_taken(run) -> None:
    text = "code,name,fiscal_year,revenue_wan,revenue_growth_pct\n"
    text += "430047,甲,2023,100,\n430047,甲,2024,274.6,1.746\n430048,乙,2024,-5,\n"
    text += "430049,丙,2024,0.00000012,\n"
    code, report, _ = run(text)
    assert code == 0
    assert [(w["row"], w["code"]) for w in report["warnings"]] == [
        (3, "percent.stored_as_ratio"),
        (4, "figure.negative"),
        (5, "number.rounded"),
    ]


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("年度,营业收入\n2024,1\n", "没有能识别企业的列"),
        ("名称,营业收入\n甲,1\n", "没有年度列"),
        ("名称,企业全称\n甲,乙\n", "多列对应同一字段"),
    ],
)
def test_a_file_without_what_is_needed_is_refused_whole(run, text, part) -> None:
    code, _, said = run(text)
    assert code == 1 and part in said


def test_a_mapping_says_what_odd_columns_stand_for(run, tmp_path) -> None:
    mapping = tmp_path / "mapping.json"
    mapping.write_text(json.dumps({"牌子": "name_zh", "钱": "metric:revenue", "备注": ""}))
    code, _, _ = run("牌子,年度,钱,备注\n甲公司,2024,7,x\n", "--mapping", str(mapping))
    assert code == 0
    assert db.session.query(Figure).one().micro == 7 * 10**6
    mapping.write_text(json.dumps({"没有": "name_zh"}))
    code, _, said = run("牌子,年度\n甲,2024\n", "--mapping", str(mapping))
    assert code == 1 and "没有" in said


def test_a_company_under_an_old_and_a_new_code_is_reported_not_merged(run) -> None:
    run(HEAD + "872190,雷神科技(已切换),2024,1,1\n")
    _, report, _ = run(HEAD + "920190,雷神科技,2024,1,1\n")
    assert db.session.query(Company).count() == 2
    pair = report["duplicates"][0]
    assert {pair["one"]["stock_code"], pair["other"]["stock_code"]} == {"872190", "920190"}


CREDIT = "91370200MA3C0ABC1R"


@pytest.mark.parametrize(
    "rows",
    [
        f"430001,甲,{CREDIT},2023,5\n,甲,{CREDIT},2024,6\n",
        f",甲,{CREDIT},2023,5\n430001,,,2024,6\n430001,甲,{CREDIT},,\n",
        "430001;430002,甲,,2023,5\n430002,甲,,2024,6\n",
        "430001,甲,,2023,5\n,甲,,2024,6\n",
    ],
)
def test_rows_that_name_one_company_differently_make_one(run, rows) -> None:
    code, report, said = run("证券代码,企业名称,信用代码,年度,营业收入\n" + rows)
    assert code == 0, said
    assert report["created"] == {"companies": 1, "figures": 2}
    assert report["duplicates"] == []


def test_a_row_that_means_two_known_companies_is_refused(run) -> None:
    head = "证券代码,企业名称,信用代码\n"
    run(head + f"430001,甲,{CREDIT}\n430002,乙,\n")
    code, report, _ = run(head + f"430002,乙,{CREDIT}\n")
    assert code == 1
    assert [(f["row"], f["code"]) for f in report["refused"]] == [(2, "row.two_companies")]


def test_a_bare_name_is_not_taken_for_another_code(run) -> None:
    run("证券代码,企业名称\n430001,甲\n")
    code, report, _ = run("证券代码,企业名称,网址\n430002,甲,\n,甲,x.cn\n")
    assert code == 1
    assert [(f["row"], f["code"]) for f in report["refused"]] == [(3, "row.two_companies")]


def test_namesakes_and_names_like_formulas_come_back_from_our_own_file(app, run, tmp_path) -> None:
    for text in ("证券代码,企业名称\n430001,甲\n", "企业名称\n'=1+1\n'甲\n''乙\n"):
        run(text)
    run(f"企业名称,信用代码\n甲,{CREDIT}\n")
    with app.app_context():
        db.session.execute(sa.update(Company).values(uscc=None))
        db.session.commit()
    before = db.session.query(Company).count()
    path = tmp_path / "out.csv"
    app.test_cli_runner().invoke(args=["companies", "export", "--output", str(path)])
    code, report, said = run(path)
    assert code == 0, said
    assert report["unchanged"]["companies"] == before == db.session.query(Company).count()
    assert report["warnings"] == []


def test_a_dry_run_writes_nothing(run) -> None:
    code, report, _ = run(HEAD + "430047,甲,2024,1,1\n", "--dry-run")
    assert code == 0 and report["created"]["companies"] == 1
    assert db.session.query(Company).count() == 0


@pytest.mark.parametrize("header", ["machine", "zh", "en"])
@pytest.mark.parametrize("figures", [True, False])
def test_our_own_export_read_back_changes_nothing(app, run, tmp_path, header, figures) -> None:
    run(HEAD + "430047,'=海纳传动,2024,100.123456,8.25\n920001,乙,2025,-3,\n")
    for ending in ("csv", "xlsx"):
        path = tmp_path / f"out.{ending}"
        options = ["--figures"] if figures else []
        app.test_cli_runner().invoke(
            args=["companies", "export", *options, "--header", header, "--output", str(path)]
        )
        code, report, said = run(path)
        assert code == 0, said
        assert report["created"] == report["updated"] == {"companies": 0, "figures": 0}
        assert report["disputed"] == 0
        assert report["unchanged"]["companies"] == 2


def test_the_import_in_two_steps(as_user, app) -> None:
    client = as_user("manager")
    refused = client.post("/imports", data={"file": (io.BytesIO(b"\x00\x01"), "x.csv")})
    assert refused.status_code == 422
    text = HEAD + "430047,<b>海纳</b>传动,2024,1,1\nxx,乙,2024,1,1\n"
    uploaded = client.post(
        "/imports", data={"file": (io.BytesIO(text.encode("gb18030")), "表.csv")}
    )
    page = client.get(uploaded.location)
    assert "&lt;b&gt;" in page.text and "<b>海纳" not in page.text
    assert "不是有效证券代码" in page.text
    stopped = client.post(uploaded.location + "/confirmation")
    assert stopped.status_code == 422
    assert db.session.query(Company).count() == 0
    done = client.post(uploaded.location + "/confirmation", data={"sound_rows_only": "1"})
    assert done.status_code == 302
    assert db.session.query(Company).one().name_zh == "<b>海纳</b>传动"
    assert "已导入" in client.get(uploaded.location).text
    assert client.post(uploaded.location + "/confirmation").status_code == 409
    assert as_user("partner").get(uploaded.location).status_code == 404
    assert as_user("reader").get("/imports").status_code == 403


def test_columns_are_mapped_by_hand_and_checked_again(as_user) -> None:
    client = as_user("manager")
    text = "牌子,年度,钱\n甲公司,2024,7\n"
    uploaded = client.post("/imports", data={"file": (io.BytesIO(text.encode()), "a.csv")})
    page = client.get(uploaded.location)
    assert page.status_code == 422 and "没有能识别企业的列" in page.text
    sent = {"column-0": "name_zh", "column-1": "fiscal_year", "column-2": "metric:revenue"}
    assert client.post(uploaded.location + "/mapping", data=sent).status_code == 302
    assert client.post(uploaded.location + "/confirmation").status_code == 302
    assert db.session.query(Figure).one().metric == "revenue"


def test_a_file_over_the_limit_gets_a_clear_message(as_user, app) -> None:
    app.config["MAX_IMPORT_LENGTH"] = 1024 * 1024
    client = as_user("manager")
    # Written by hand: the test client would leave its own copy of a large body open.
    head = b'--xx\r\nContent-Disposition: form-data; name="file"; filename="big.csv"\r\n\r\n'
    body = head + b"a,b\n" + b"1,2\n" * 400_000 + b"\r\n--xx--\r\n"
    page = client.post("/imports", data=body, content_type="multipart/form-data; boundary=xx")
    assert page.status_code == 422
    assert "文件超过 1 MB" in page.text


@REAL
def test_both_real_files_give_one_company_a_code_and_every_firm_year(run, app) -> None:
    _, first, _ = run(DATA / "neeq_companies.csv")
    code, second, _ = run(DATA / "bse_issuers.csv")
    assert code == 0
    assert db.session.query(StockCode).count() == db.session.query(Company).count() == 2040
    reasons = [pair["reason"] for pair in (*first["duplicates"], *second["duplicates"])]
    assert reasons.count("name") == 93 and set(reasons) == {"name", "sound"}
    found = [w["code"] for w in first["warnings"]]
    assert found.count("figure.negative") == 2 and found.count("value.missing") == 4
    _, again, _ = run(DATA / "neeq_companies.csv")
    assert again["created"] == {"companies": 0, "figures": 0}
    assert again["unchanged"]["figures"] == first["created"]["figures"]
    _, once_more, _ = run(DATA / "bse_issuers.csv")
    taken_up = second["created"]["figures"] + second["disputed"] + second["unchanged"]["figures"]
    assert once_more["unchanged"]["figures"] == taken_up
    assert (
        sum(w["field"] == "revenue" and w["code"] == "number.rounded" for w in first["warnings"])
        == 2
    )
    differing = [w["field"] for w in second["warnings"] if w["code"] == "figure.hundredfold"]
    assert (differing.count("revenue_growth_pct"), differing.count("roe_weighted")) == (4, 3)
    output = app.test_cli_runner().invoke(args=["companies", "export", "--figures"]).output
    rows = list(csv.DictReader(io.StringIO(output.removeprefix("\ufeff"), newline="")))
    assert len(rows) == 10_206
    by_key = {(row["stock_code"], row["fiscal_year"]): row["revenue"] for row in rows}
    for name in ("neeq_companies.csv", "bse_issuers.csv"):
        text = (DATA / name).read_text(encoding="utf-8-sig")
        for source in csv.DictReader(io.StringIO(text, newline="")):
            got = by_key[(source["code"].split(".")[0], source["fiscal_year"])]
            if source["revenue_wan"]:
                assert abs(float(got) - float(source["revenue_wan"])) <= 1e-6
    assert audit.verify()[1] is None


def test_two_who_import_the_same_names_at_once_enter_them_once(app) -> None:
    content = "企业名称,年度,营业收入\n甲公司,2024,1\n".encode()
    written = threading.Event()

    def importing(wait_for: threading.Event | None) -> dict:
        with app.app_context():
            prepared = operations.prepare(content)
            if wait_for is not None:
                assert wait_for.wait(10)
            now = dt.datetime.now(dt.UTC)
            with unit_of_work("company.import"):
                batch = operations.keep_upload(content, "a.csv", None, now)
                report = operations.apply(batch, prepared, None, now)
                written.set()
                time.sleep(0.5)
            db.session.remove()
            return report

    with ThreadPoolExecutor(2) as pool:
        second, first = pool.submit(importing, written), pool.submit(importing, None)
        assert first.result()["created"] == {"companies": 1, "figures": 1}
        assert second.result()["created"] == {"companies": 0, "figures": 0}
    assert db.session.query(Company).count() == db.session.query(Figure).count() == 1
