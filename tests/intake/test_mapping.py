"""Which column means what: by synonyms, by hand, and as last time."""

import json

from portfolio.companies.models import Company, Figure
from portfolio.extensions import db
from portfolio.intake import headings
from portfolio.intake.models import ImportMapping

ODD = "牌子,年度,钱\n"
CHOSEN = {"column-0": "name_zh", "column-1": "fiscal_year", "column-2": "metric:revenue"}


def test_the_next_file_of_a_shape_is_mapped_as_the_last(send) -> None:
    client, page = send(ODD + "甲公司,2024,7\n")
    assert client.get(page).status_code == 422
    client.post(page + "/mapping", data=CHOSEN)
    assert db.session.query(ImportMapping).count() == 0, "only what was confirmed is remembered"
    client.post(page + "/confirmation")
    client, second = send("牌 子,年度,钱\n乙公司,2024,8\n", who="partner")
    shown = client.get(second)
    assert shown.status_code == 200 and "按上次的对应关系" in shown.text
    client.post(second + "/confirmation")
    assert {f.micro for f in db.session.query(Figure)} == {7 * 10**6, 8 * 10**6}
    client, third = send(ODD + "丙公司,2024,9\n")
    assert client.post(third + "/kind", data={"kind": ""}).status_code == 302
    assert client.get(third).status_code == 422, "recognised anew"
    assert db.session.query(ImportMapping).count() == 0


def test_a_shape_does_not_count_the_column_of_reasons() -> None:
    assert headings.shape(["名称", "钱"]) == headings.shape(["名称", "钱", "问题（导入时忽略）"])
    assert headings.shape(["名称", "钱"]) != headings.shape(["钱", "名称"])


def test_two_columns_of_one_name_are_told_apart(send, run, tmp_path) -> None:
    text = "名称,年度,钱,钱\n甲公司,2024,7,8\n"
    client, page = send(text)
    assert "钱 (1)" in client.get(page).text
    sent = {"column-0": "name_zh", "column-1": "fiscal_year", "column-3": "metric:revenue"}
    assert client.post(page + "/mapping", data=sent).status_code == 302
    client.post(page + "/confirmation")
    assert db.session.query(Figure).one().micro == 8 * 10**6
    both = sent | {"column-2": "metric:revenue"}
    client, page = send(text)
    refused = client.post(page + "/mapping", data=both)
    assert refused.status_code == 422 and "钱 (1), 钱 (2)" in refused.text
    mapping = tmp_path / "mapping.json"
    mapping.write_text(json.dumps({"钱": "metric:revenue"}))
    code, _, said = run(text, "--mapping", str(mapping))
    assert code == 1 and "有两列都叫“钱”" in said
    mapping.write_text(json.dumps({"钱 (1)": "metric:eps", "钱 (2)": "metric:revenue"}))
    assert run(text, "--mapping", str(mapping))[0] == 0


def test_columns_that_are_not_imported_say_why(run, send) -> None:
    text = "名称,序号,最近一年营业收入,什么\n甲,1,5,x\n"
    _, report, _ = run(text)
    assert [(c["heading"], c["reason"]) for c in report["ignored"]] == [
        ("序号", "column.not_kept"),
        ("最近一年营业收入", "column.computed"),
        ("什么", "column.unknown"),
    ]
    client, page = send(text)
    assert "由系统计算，不导入" in client.get(page).text
    assert db.session.query(Company).count() == 1
