"""Workbooks as funds keep them: computed cells with their values, more than one sheet."""

import io

import pytest
import xlsxwriter

from portfolio.companies.models import Figure
from portfolio.extensions import db

HEAD = ["企业名称", "所在地", "年度", "营业收入（万元）", "毛利率"]


def book(*sheets: tuple[str, list[list]]) -> bytes:
    """A workbook; a pair in a cell is a formula with the value that was computed last."""
    target = io.BytesIO()
    made = xlsxwriter.Workbook(target)
    for title, rows in sheets:
        page = made.add_worksheet(title)
        for line, row in enumerate(rows):
            for place, value in enumerate(row):
                if isinstance(value, tuple):
                    page.write_formula(line, place, value[0], None, value[1])
                else:
                    page.write(line, place, value)
    made.close()
    return target.getvalue()


COMPUTED = book(
    (
        "表一",
        [
            HEAD,
            ["甲公司", "青岛", 2024, ("=100*3", 300), 30],
            ["乙公司", ("=A1", "济南"), 2024, ("=1/0", "#DIV/0!"), 30],
            ["丙公司", "青岛", 2024, 5, ('="=cmd"', "=cmd")],
        ],
    )
)


def test_values_of_formulas_are_taken_when_somebody_says_so(send) -> None:
    client, page = send(COMPUTED, name="表.xlsx")
    shown = client.get(page).text
    assert "2 个单元格是公式" in shown and "仅导入" not in shown and shown.count("拒绝") >= 3
    assert client.post(page + "/choices", data={"formulas": "take"}).status_code == 302
    shown = client.get(page).text
    assert "公式单元格按其显示的值读取" in shown and "此列有 1 个单元格是公式" in shown
    assert "文件中没有保存其计算结果" in shown and "=cmd" in shown, "these stay refused"
    kept = client.get(page + "/rejected.csv").text
    assert "济南" in kept and "[公式/formula] 济南" not in kept
    assert client.post(page + "/confirmation", data={"sound_rows_only": "1"}).status_code == 302
    assert {f.metric: f.micro for f in db.session.query(Figure)} == {
        "revenue": 300 * 10**6,
        "gross_margin_pct": 30 * 10**6,
    }


def test_the_choice_can_be_taken_back_and_stands_on_the_command_line(send, run) -> None:
    client, page = send(COMPUTED, name="表.xlsx")
    client.post(page + "/choices", data={"formulas": "take"})
    client.post(page + "/choices", data={"formulas": "keep"})
    assert "采用显示的值" in client.get(page).text
    sound = book(("表", [HEAD, ["甲公司", "青岛", 2024, ("=100*3", 300), 30]]))
    code, report, _ = run(sound)
    assert code == 1 and [f["code"] for f in report["refused"]] == ["cell.formula"]
    code, report, _ = run(sound, "--formula-values")
    assert code == 0 and report["created"]["figures"] == 2
    assert [w["code"] for w in report["warnings"]] == ["cell.formula_taken"]


def test_sheets_that_are_not_read_are_named(send, run) -> None:
    content = book(
        ("首页", [["企业名称"], ["甲公司"]]), ("第二页", [["企业名称"], ["乙"]]), ("空", [])
    )
    client, page = send(content, name="表.xlsx")
    assert "未读取：第二页。" in client.get(page).text
    code, report, _ = run(content)
    assert code == 0 and report["other_sheets"] == ["第二页"]


@pytest.mark.parametrize("content", ["企业名称,年度\n".encode(), book(("表", [["企业名称"]]))])
def test_a_file_of_headings_alone_says_that_there_is_nothing_to_import(send, content) -> None:
    client, page = send(content)
    shown = client.get(page).text
    assert "没有数据行" in shown and "/confirmation" not in shown
