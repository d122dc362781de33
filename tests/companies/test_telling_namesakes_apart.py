"""The page of a merge says of both what identifies them, so that namesakes are told apart."""

import datetime as dt
import re

import pytest

from portfolio.companies import operations
from portfolio.companies.models import Contact
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
