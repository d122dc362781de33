"""A file says how many rows of the list it leaves out: before it is made, in its name, inside it."""

import io
import json
from urllib.parse import unquote

import openpyxl
import pytest

from portfolio.audit.models import AuditEntry
from portfolio.extensions import db
from tests import factories

DEALS, COMPANIES = "/deals", "/companies"


@pytest.fixture
def house(cast) -> None:
    """A deal of the manager's, two of the outsider's, and one that nobody else may know of."""
    for owner, name in (("manager", "我的"), ("outsider", "别人的"), ("outsider", "另一个")):
        company = factories.company(cast[owner], name_zh=f"青岛{name}公司")
        factories.deal(cast[owner], name=f"{name}项目", company=company)
    factories.deal(cast["outsider"], name="金丝雀项目", walled=True)


def taken(client, path: str):
    """The answer with its body read, as a browser would."""
    answer = client.get(path)
    assert answer.data
    return answer


def about(content: bytes) -> dict[str, str]:
    book = openpyxl.load_workbook(io.BytesIO(content))
    return dict(book["口径说明"].iter_rows(min_row=2, values_only=True))


@pytest.mark.parametrize(("path", "held", "total"), [(DEALS, 1, 3), (COMPANIES, 1, 4)])
def test_the_page_the_name_and_the_workbook_say_what_is_left_out(
    as_user, house, path, held, total
) -> None:
    client = as_user("manager")
    assert f"{path}/export-share" in client.get(path).text
    words = client.get(f"{path}/export-share").text
    assert f"本列表 {total} 行中的 {held} 行" in words
    for ending in ("csv", "xlsx"):
        answer = taken(client, f"{path}.{ending}")
        assert f"_{held}-of-{total}.{ending}" in answer.headers["Content-Disposition"]
    said = about(answer.data)
    assert (said["行数"], said["列表中无权导出而略去的行数"]) == (str(held), str(total - held))


@pytest.mark.parametrize("path", [DEALS, COMPANIES])
def test_who_may_export_all_is_told_nothing_and_asked_nothing(as_user, house, path) -> None:
    client = as_user("partner")
    assert "export-share" not in client.get(path).text
    answer = taken(client, f"{path}.csv")
    assert "-of-" not in answer.headers["Content-Disposition"]


def test_no_count_holds_a_deal_that_its_reader_may_not_know_of(as_user, house) -> None:
    for name, held, total in (("manager", 1, 3), ("colleague", 0, 3), ("outsider", 3, 4)):
        client = as_user(name)
        assert f" {total} 行中的 {held} 行" in client.get("/deals/export-share").text
        answer = taken(client, "/deals.csv")
        assert answer.headers["X-Rows-Left-Out"] == str(total - held)
    everything = taken(as_user("partner"), "/deals.csv").headers
    assert (everything["X-Rows"], everything["X-Rows-Left-Out"]) == ("3", "0")
    assert "全部 0 行" in as_user("manager").get("/deals/export-share?q=金丝雀").text


def test_the_workbook_names_the_filter_in_words(as_user, cast, house) -> None:
    client = as_user("partner")
    owner = cast["manager"].id
    asked = f"q=我的&pipeline=direct&stage=lead&status=active&owner={owner}"
    said = about(client.get(f"/deals.xlsx?{asked}").data)["筛选"]
    for words in ("搜索: 我的", "线索", "在办", "负责人: Manager"):
        assert words in said
    said = about(client.get("/companies.xlsx?q=青岛&source=referral").data)["筛选"]
    assert "搜索: 青岛" in said and "推荐" in said
    assert about(client.get("/companies.xlsx").data)["筛选"] == "无"


def test_what_was_searched_for_stays_with_the_walled_deal_it_found(as_user, house) -> None:
    taken(as_user("outsider"), "/deals.csv?q=金丝雀&status=active")
    entries = db.session.query(AuditEntry).filter_by(action="deal.export").all()
    said = {entry.deal_id: unquote(json.loads(entry.after)["query"]) for entry in entries}
    assert said.pop(None) == "q=***&status=active"
    assert list(said.values()) == ["q=金丝雀&status=active"]
    assert "金丝雀" not in as_user("compliance").get("/audit").text
