"""The unit of a column of amounts: read from the heading, said by a person, never guessed in silence."""

import json
import re

import pytest

from portfolio.companies.models import Figure
from portfolio.extensions import db
from tests.pages import sent_form

FILE = "企业名称,年度,营业收入,净利润\n青岛单位测试有限公司,2024,12345678.90,500\n"


def figures() -> dict[str, int]:
    return {row.metric: row.micro for row in db.session.query(Figure)}


def test_a_heading_without_a_unit_is_named_and_its_amounts_shown_as_they_are_read(send) -> None:
    client, page = send(FILE)
    shown = client.get(page).text
    assert "标题未注明单位" in shown and "12,345,678.90" not in figures()
    assert re.search(r"读作.*?1,?234\.56亿", shown, re.S) and "按万元读取" in shown


def test_a_chosen_unit_counts_and_is_remembered_for_files_of_this_shape(send, run, app) -> None:
    client, page = send(FILE)
    sent = sent_form(client.get(page).text)
    place = next(name for name in sent if sent[name] == "metric:revenue").partition("-")[2]
    assert client.post(page + "/mapping", data=sent | {f"unit-{place}": "元"}).status_code == 302
    again = client.get(page).text
    assert "1,234.56万" in again
    assert client.post(page + "/confirmation", data={}).status_code == 302
    assert figures()["revenue"] == 1_234_567_890  # fen
    _, other = send(FILE.replace("12345678.90", "20000"), name="另一份.csv")
    assert "2万" in client.get(other).text


def test_expense_on_research_is_known_by_the_name_of_the_income_statement(run) -> None:
    for heading in ("研发费用", "研发费用(万元)"):
        code, report, _ = run(f"企业名称,年度,{heading}\n青岛单位测试有限公司,2024,120\n")
        assert code == 0 and not report["ignored"]
        assert figures() == {"rd_expense": 120 * 10**6}


def test_a_mapping_file_may_name_the_unit(run, tmp_path) -> None:
    mapping = tmp_path / "mapping.json"
    mapping.write_text(
        json.dumps({"营业收入": "metric:revenue@元", "净利润": "metric:net_profit@亿元"})
    )
    code, report, _ = run(FILE, "--mapping", str(mapping))
    assert code == 0 and not [w for w in report["warnings"] if w["code"] == "unit.assumed"]
    assert figures() == {"revenue": 1_234_567_890, "net_profit": 500 * 10**10}
    for wrong in ("metric:revenue@斤", "name_zh@元"):
        mapping.write_text(json.dumps({"营业收入": wrong}))
        code, _, said = run(FILE, "--mapping", str(mapping))
        assert code == 1 and wrong.partition("@")[2] in said


def test_headings_that_name_their_unit_are_not_doubted(run) -> None:
    for heading in ("营业收入（元）", "revenue_wan", "revenue", "营业收入（万元）"):
        code, report, _ = run(f"企业名称,年度,{heading}\n青岛某某有限公司,2024,500\n")
        assert code == 0 and not [w for w in report["warnings"] if w["code"] == "unit.assumed"]


def test_a_refused_mapping_keeps_what_was_chosen(send) -> None:
    client, page = send("企业名称,年度,营业收入,毛利率\n青岛某某有限公司,2024,500,30\n")
    sent = sent_form(client.get(page).text)
    wrong = {
        name: "metric:revenue" if value == "metric:gross_margin_pct" else value
        for name, value in sent.items()
    }
    answer = client.post(page + "/mapping", data=wrong)
    assert answer.status_code == 422 and "多列对应同一字段" in answer.text
    assert answer.text.count('value="metric:revenue" selected') == 2
    assert '<details class="card" id="columns" open' in answer.text
    assert "/confirmation" not in answer.text
    assert client.get(page + "/mapping").location == page


def shares_of(text: str, run, *options: str) -> tuple[dict[str, int], list[str]]:
    code, report, said = run(text, *options)
    assert code == 0, said
    found = figures()
    return found, [w["code"] for w in report["warnings"]]


def test_a_share_is_read_in_the_unit_that_its_heading_its_cell_or_a_person_names(
    send, run, tmp_path
) -> None:
    head = "企业名称,年度,{}\n青岛某某有限公司,2024,{}\n"
    assert shares_of(head.format("毛利率（比例）,资产负债率（%）", "0.35,40"), run) == (
        {"gross_margin_pct": 35_000_000, "debt_ratio": 400_000},
        [],
    )
    text = head.format("毛利率", "0.35").replace("某某", "比例")
    _, warnings = shares_of(text, run, "--dry-run")
    assert warnings == ["unit.perhaps_ratio"]
    mapping = tmp_path / "mapping.json"
    mapping.write_text(json.dumps({"毛利率": "metric:gross_margin_pct@比例"}))
    assert shares_of(text, run, "--mapping", str(mapping), "--dry-run")[1] == []
    client, page = send(text + "青岛百分有限公司,2024,36%\n")
    sent = sent_form(client.get(page).text)
    place = next(n for n in sent if sent[n] == "metric:gross_margin_pct").partition("-")[2]
    client.post(page + "/mapping", data=sent | {f"unit-{place}": "比例"})
    assert re.search("读作.*?35%.*?36%", client.get(page).text, re.S)
    client.post(page + "/confirmation")
    kept = {f.micro for f in db.session.query(Figure).filter_by(metric="gross_margin_pct")}
    assert kept == {35_000_000, 36_000_000}


def test_a_unit_that_the_chosen_field_cannot_have_is_left_out(send) -> None:
    client, page = send(FILE)
    sent = sent_form(client.get(page).text)
    place = next(n for n in sent if sent[n] == "metric:net_profit").partition("-")[2]
    wrong = {f"column-{place}": "metric:gross_margin_pct", f"unit-{place}": "元"}
    assert client.post(page + "/mapping", data=sent | wrong).status_code == 302
    assert "500%" in client.get(page).text


@pytest.mark.parametrize("field", ["metric:nonsense", "nonsense", "metric:", "nonsense_fen"])
def test_a_field_that_does_not_exist_is_refused_and_no_fault(send, field) -> None:
    client, page = send(FILE)
    sent = {"column-0": "name_zh", "column-1": "fiscal_year", "column-2": field, "unit-2": "元"}
    answer = client.post(page + "/mapping", data=sent)
    assert answer.status_code == 422
