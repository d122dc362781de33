"""The unit of a column of amounts: read from the heading, said by a person, never guessed in silence."""

import json
import re

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
