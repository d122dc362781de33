"""The page of a merge says of both what identifies them, so that namesakes are told apart."""

import datetime as dt
import re

import pytest

from portfolio.companies import operations
from portfolio.companies.models import CompanyMerge, Contact
from portfolio.companies.operations import Statement
from portfolio.extensions import db, unit_of_work
from portfolio.kernel.text import legal_form
from tests import factories

NAME = "青岛同名传动股份有限公司"
HERE = {
    "place": "崂山区",
    "region_code": "370212",
    "founded_on": dt.date(2016, 3, 9),
    "industry": "机械",
}


@pytest.fixture
def namesakes(cast):
    """Two of one name, place and day; they differ in codes, people, figures and deals."""
    when = [dt.datetime(2026, month, 2, tzinfo=dt.UTC) for month in (3, 5)]
    first = factories.company(
        cast["manager"], now=when[0], name_zh=NAME, stock_codes=["430001"], **HERE
    )
    second = factories.company(cast["colleague"], now=when[1], name_zh=NAME, **HERE)
    factories.deal(cast["manager"], company=first)
    factories.deal(cast["colleague"], company=first)
    factories.deal(cast["colleague"], company=first, walled=True)
    with unit_of_work("seed", cast["manager"]):
        stated = [Statement(first.id, "revenue", year, micro=year) for year in (2024, 2025)]
        stated += [Statement(first.id, "share_capital", None, micro=1)]
        operations.state_figures(stated, cast["manager"], when[1])
        db.session.add(Contact(company_id=first.id, name="张一", founder=True))
        db.session.add(Contact(company_id=second.id, name="李二", founder=True))
    return first, second


def rows_of(page: str) -> dict[str, list[str]]:
    """By title what stands of either company, and how they compare."""
    table = page.split('id="marks"')[1].split("</table>")[0]
    found = {}
    for row in table.split("<tr>")[2:]:
        cells = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)
        texts = [re.sub(r"<[^>]+>", "", cell) for cell in cells]
        found[texts[0]] = texts[1:]
    return found


def test_both_stand_side_by_side_in_what_is_equal_too(as_user, cast, namesakes) -> None:
    first, second = namesakes
    client = as_user("manager")
    client.set_cookie("lang", "en")
    rows = rows_of(client.get(f"/companies/{first.id}/merge/{second.id}").text)
    mine, theirs = cast["manager"].name, cast["colleague"].name
    assert rows == {
        "Credit code": [first.uscc, second.uscc, "Differs"],
        "Stock codes": ["430001", "—", "Not known of both"],
        "Place": ["崂山区 370212", "崂山区 370212", "Same"],
        "Founded": ["2016-03-09", "2016-03-09", "Same"],
        "Legal form": ["股份有限公司", "股份有限公司", "Same"],
        "Former names": ["—", "—", "Not known of both"],
        "Founder": ["张一", "李二", "Differs"],
        "Yearly figures": ["2 (2024–2025)", "0", "—"],
        "Deals you may see": ["2", "0", "—"],
        "Who manages its deals": [f"{mine}, {theirs}", "—", "—"],
        "Entered": [f"2026-03-02 {mine}", f"2026-05-02 {theirs}", "—"],
    }


def test_a_confidential_deal_counts_for_its_team_alone(as_user, namesakes) -> None:
    first, second = namesakes
    path = f"/companies/{first.id}/merge/{second.id}"
    counted = {
        name: rows_of(as_user(name).get(path).text)["你可见的项目"][0]
        for name in ("manager", "colleague", "partner")
    }
    assert counted == {"manager": "2", "colleague": "3", "partner": "2"}


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("青岛海纳传动股份有限公司", "股份有限公司"),
        ("青岛海纳传动有限责任公司(已退市)", "有限责任公司"),
        ("Qingdao Haina Co., Ltd.", "Co., Ltd."),
        ("海纳中心（有限合伙）", "（有限合伙）"),
        ("海纳传动", ""),
        ("", ""),
    ],
)
def test_the_legal_form_stands_at_the_end_of_a_name(name, form) -> None:
    assert legal_form(name) == form


def compared(as_user, one, other) -> dict[str, str]:
    client = as_user("manager")
    return {k: v[-1] for k, v in rows_of(client.get(merge_of(one, other)).text).items()}


def merge_of(one, other) -> str:
    return f"/companies/{one.id}/merge/{other.id}"


def test_what_one_side_leaves_out_is_no_difference(as_user, cast) -> None:
    missing = {"uscc": None, "uscc_missing_reason": "企业尚未提供"}
    one = factories.company(cast["manager"], place="济南市", region_code="370100")
    other = factories.company(cast["manager"], place="济南", **missing)
    third = factories.company(cast["manager"], place="济南市", region_code="370102", **missing)
    said = compared(as_user, one, other)
    assert (said["统一社会信用代码"], said["所在地"]) == ("缺一方信息", "相同")
    said = compared(as_user, other, third)
    assert (said["统一社会信用代码"], said["所在地"]) == ("缺一方信息", "相同")
    assert compared(as_user, one, third)["所在地"] == "不同"


def test_two_legal_entities_are_one_only_when_that_is_meant(as_user, cast) -> None:
    one, other = (factories.company(cast["manager"]) for _ in range(2))
    client = as_user("manager")
    page = client.get(merge_of(one, other)).text
    assert "两个法律主体" in page and one.uscc in page and other.uscc in page
    asked = {"version": str(one.version), "other_version": str(other.version)}
    refused = client.post(merge_of(one, other), data=asked)
    assert refused.status_code == 422 and "请确认" in refused.text
    assert db.session.query(CompanyMerge).count() == 0
    assert client.post(merge_of(one, other), data=asked | {"meant": "1"}).status_code == 302


def test_nothing_is_to_be_confirmed_where_one_has_no_code(as_user, cast) -> None:
    one = factories.company(cast["manager"])
    other = factories.company(cast["manager"], uscc=None, uscc_missing_reason="企业尚未提供")
    client = as_user("manager")
    assert "法律主体" not in client.get(merge_of(one, other)).text
    asked = {"version": str(one.version), "other_version": str(other.version)}
    assert client.post(merge_of(one, other), data=asked).status_code == 302


def test_which_company_stays_is_said_by_name_above_the_tables(as_user, cast) -> None:
    one, other = (factories.company(cast["manager"]) for _ in range(2))
    head = as_user("manager").get(merge_of(one, other)).text.split('id="marks"')[0]
    sides = re.search(r'<dl class="kv sides">(.*?)</dl>', head)[1]
    assert re.findall(r"<d[td]>(?:<b>)?([^<]+)", sides) == [
        *("保留", one.name_zh, "被合并", other.name_zh),
    ]
