"""A company's history reads as acts of people, from the trail, without what belongs to deals."""

import datetime as dt
import re
from pathlib import Path

import pytest

from portfolio.audit import titles
from portfolio.companies import operations
from portfolio.companies.bars import bars_of
from portfolio.companies.operations import Statement
from portfolio.extensions import unit_of_work
from tests import factories

PACKAGE = Path(__file__).resolve().parents[2] / "portfolio"
ACT = re.compile(r'(?:unit_of_work|writing|Entry)\(\s*"([a-z_]+\.[a-z_]+)"')
KIND = re.compile(r'__audit__ = "([a-z_]+)"')


def words(pattern: re.Pattern[str]) -> set[str]:
    return {w for path in PACKAGE.rglob("*.py") for w in pattern.findall(path.read_text("utf-8"))}


def test_every_act_and_kind_in_the_trail_has_a_title_in_both_languages() -> None:
    for found, known in ((words(ACT), titles.ACTIONS), (words(KIND), titles.KINDS)):
        assert found - known.keys() == set()
    for zh, en in [*titles.ACTIONS.values(), *titles.KINDS.values(), *titles.COLUMNS.values()]:
        assert re.search("[\u4e00-\u9fff]", zh)
        assert en.isascii()


@pytest.fixture
def company(cast):
    company = factories.company(cast["manager"], name_zh="青岛甲公司", stock_codes=["430047"])
    now = dt.datetime.now(dt.UTC)
    with unit_of_work("company.change", cast["partner"]):
        operations.update(company, {"place": "即墨区"}, now)
    for micro in (1_000_000_000, 2_500_000_000):
        with unit_of_work("figure.state", cast["manager"]):
            said = Statement(company.id, "revenue", 2025, micro=micro, source="年报")
            operations.state_figures([said], cast["manager"], now)
    return company


def history(page: str) -> str:
    return page.partition('id="history"')[2].partition("</section>")[0]


def test_the_page_says_who_did_what(company, as_user) -> None:
    shown = history(as_user("reader").get(f"/companies/{company.id}").text)
    for words in ("录入企业", "证券代码", "430047", "修改企业信息", "所在地", "即墨区", "Partner"):
        assert words in shown
    assert shown.index("修改企业信息") < shown.index("录入企业")
    assert shown.count("营业收入 2025") == 2  # both statements, and nothing of the closed row
    assert "1,000" in shown and "2,500" in shown
    assert "company." not in shown


def test_what_belongs_to_a_deal_is_not_in_the_companys_history(company, cast, as_user) -> None:
    deal = factories.deal(cast["manager"], company=company)
    with unit_of_work("activity.note", cast["manager"]):
        operations.note_activity(
            "只给团队看的话",
            "note",
            cast["manager"],
            dt.datetime.now(dt.UTC),
            company_id=company.id,
            deal_id=deal.id,
        )
    page = as_user("reader").get(f"/companies/{company.id}").text
    assert "只给团队看的话" not in page


def test_bars_keep_unknown_apart_from_nothing() -> None:
    unknown, loss, half, whole = bars_of([("22", None), ("23", -5), ("24", 50), ("25", 100)])
    assert unknown.value is None
    assert (loss.height, whole.height, whole.height // half.height) == (1, 64, 2)
    assert whole.top + whole.height == half.top + half.height
    assert bars_of([("24", 0)])[0].height == 1


def test_acts_stand_by_the_time_they_tell_of(company, as_user, cast) -> None:
    earlier = dt.datetime(2020, 3, 1, 2, tzinfo=dt.UTC)
    with unit_of_work("company.change", cast["partner"], at=earlier):  # a history loaded later
        operations.update(company, {"industry": "早年行业"}, dt.datetime.now(dt.UTC))
    shown = history(as_user("partner").get(f"/companies/{company.id}").text)
    days = re.findall(r"\d{4}-\d\d-\d\d \d\d:\d\d", shown)
    assert days == sorted(days, reverse=True) and days[-1].startswith("2020-03-01")
