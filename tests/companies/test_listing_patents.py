"""Patents entered by a list of their titles."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio.chokepoint.models import Tag
from portfolio.companies import portrait_queries
from portfolio.companies.models import Document
from portfolio.companies.patents import Patent, read_patents
from portfolio.extensions import db
from tests import factories

LINES = {
    "一种深紫外光刻胶的制备方法": Patent("一种深紫外光刻胶的制备方法", ""),
    "1、一种涂布装置 ZL202310123456.7": Patent("一种涂布装置", "ZL202310123456.7"),
    "（2）掩模版、保护膜及其应用（专利号：ＣＮ115000001B）": Patent(
        "掩模版、保护膜及其应用", "CN115000001B"
    ),
    "3\t一种量测方法\t202310765432.X\t发明专利\t已授权": Patent(
        "一种量测方法", "202310765432.X · 发明专利 · 已授权"
    ),
    "202110000000.1，一种3.5GHz滤波器": Patent("一种3.5GHz滤波器", "202110000000.1"),
    "10nm 栅极结构": Patent("10nm 栅极结构", ""),
}


@pytest.mark.parametrize(("line", "patent"), LINES.items())
def test_a_line_is_read_as_a_title_and_what_stands_beside_it(line, patent) -> None:
    assert read_patents(line) == ([patent], [])


def test_a_list_names_its_wrong_lines_and_each_title_once() -> None:
    found, errors = read_patents(
        "专利名称\t专利号\n一种轴承\n\n202310123456.7\n一种轴承\n" + "长" * 201
    )
    assert [patent.title for patent in found] == ["一种轴承"]
    assert [(e.code, e.params["row"]) for e in errors] == [
        ("patents.untitled", 4),
        ("patents.long", 6),
    ]
    for text, code in (("", "none"), ("专利名称", "none"), ("轴承\n" * 301, "many")):
        assert [error.code for error in read_patents(text)[1]] == [f"patents.{code}"]


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text) -> None:
    found, errors = read_patents(text)
    assert found or errors
    assert all(patent.title and len(patent.note) <= 200 for patent in found)


def test_a_list_is_entered_once_and_suggests(as_user, cast) -> None:
    company = factories.company(cast["manager"])
    client, page = as_user("manager"), f"/companies/{company.id}/patents"
    for given_, said in (
        ("", "请填写专利名称"),
        ("一种轴承\n202310123456.7", "第 2 行没有专利名称"),
    ):
        answer = client.post(page, data={"titles": given_})
        assert answer.status_code == 422
        assert said in answer.text
        assert given_ in answer.text
    assert not db.session.query(Document).count()
    titles = "一种深紫外光刻胶及其制备方法 ZL202310123456.7\n一种涂布装置"
    shown = client.post(page, data={"titles": titles}, follow_redirects=True).text
    assert "已录入 2 项专利" in shown
    assert "ZL202310123456.7" in shown
    tag = db.session.query(Tag).one()
    assert (tag.technology, tag.sources) == ("photoresist", "patent")
    again = client.post(page, data={"titles": titles + "\n一种显影液"}, follow_redirects=True).text
    assert "已录入 1 项专利。 另有 2 项此前已录入。" in again
    with_many = client.post(page, data={"titles": "\n".join(f"一种装置{n}" for n in range(60))})
    shown = client.get(with_many.location).text
    assert "<summary>50 项专利</summary>" in shown
    assert "仅显示最新 50 项" in shown
    then = portrait_queries.documents(company.id, True, dt.datetime.now(dt.UTC))
    assert [row.title for row in then][-1] == "一种装置10", (
        "a title alone is known of a past day too"
    )
    assert {row.kind for row in db.session.query(Document)} == {"patent"}
    assert as_user("reader").post(page, data={"titles": titles}).status_code in {403, 404}
