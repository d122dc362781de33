"""How near companies are to their targets: in one number, in the list, on the overview."""

import datetime as dt
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from portfolio.chokepoint.taxonomy import shipped
from portfolio.companies.operations import Statement, state_figures
from portfolio.extensions import unit_of_work
from portfolio.kernel.numbers import MICRO
from portfolio.readiness.nearness import distance
from portfolio.readiness.results import results
from portfolio.rulebook.engine import Figures
from tests import factories

NOW = dt.datetime.now(dt.UTC)
YEAR = NOW.year - 1
DAY = dt.date(2026, 11, 23)


def far(**facts: int):
    """The fourth standard with R&D of so much, and a market value of so much, in 万元."""
    years = {("rd_spend", year): Fraction(facts["rd"]) for year in (2025, 2024) if "rd" in facts}
    known = {"expected_market_cap": Fraction(facts["cap"])} if "cap" in facts else {}
    found = {r.target.key: r for r in results(Figures(2025, years, known), DAY)}
    return distance(found["bse-4"])


def test_what_is_missing_counts_by_its_share_and_what_is_unknown_as_a_whole_clause() -> None:
    assert far(rd=2_500, cap=150_000) == 0
    assert far(rd=2_250, cap=150_000) == MICRO // 10
    assert far(rd=2_250, cap=75_000) == MICRO // 10 + MICRO // 2
    assert far(rd=2_500) == MICRO
    assert far() == 2 * MICRO
    assert far(rd=2_500, cap=149_999) > 0


@given(rd=st.integers(0, 5_000), cap=st.integers(0, 300_000), more=st.integers(0, 5_000))
def test_more_of_a_figure_never_leads_further_away(rd, cap, more) -> None:
    assert far(rd=rd + more, cap=cap) <= far(rd=rd, cap=cap)
    assert (far(rd=rd, cap=cap) == 0) == (rd >= 2_500 and cap >= 150_000)


def research(company, rd: int, cap: int | None = None) -> None:
    rows = [Statement(company.id, "rd_spend", year, micro=rd * MICRO) for year in (YEAR, YEAR - 1)]
    if cap:
        rows.append(Statement(company.id, "expected_market_cap", None, micro=cap * MICRO))
    with unit_of_work("figure.state"):
        state_figures(rows, None, NOW)


def test_the_list_shows_technologies_the_nearest_standard_and_short_names(as_user, cast) -> None:
    company = factories.company(
        cast["manager"],
        name_zh="青岛列表科技股份有限公司",
        short_name="列表科技",
        stock_codes=["430001"],
    )
    research(company, 2_400, 150_000)
    with unit_of_work("tag.confirm", cast["manager"]):
        for technology, level in (("uv-led", "E1"), ("photoresist", "E3"), ("bearings", "E0")):
            factories.claimed(company.id, technology, level, cast["manager"], NOW)
    page = as_user("reader").get("/companies").text
    row = page.split("<tbody>")[1]
    book = shipped().technologies
    assert f'title="{book["photoresist"].zh} E3 已验证"' in row
    assert f'title="{book["uv-led"].zh} E1 声称"' in row
    assert "+1" in row and "列表科技" in row and "430001" in row
    assert "差 200万" in row and "北交所标准四" in row and 'width="72" height="8"' in row


def test_a_page_of_the_list_asks_the_same_queries_whatever_its_length(
    as_user, cast, queries
) -> None:
    client = as_user("reader")

    def asked() -> int:
        client.get("/companies")
        queries.clear()
        assert client.get("/companies").status_code == 200
        return len(queries)

    def enter(count: int) -> None:
        for _ in range(count):
            company = factories.company(cast["manager"])
            research(company, 2_400, 150_000)
            with unit_of_work("tag.confirm", cast["manager"]):
                factories.claimed(company.id, "uv-led", "E1", cast["manager"], NOW)

    enter(1)
    first = asked()
    enter(12)
    assert asked() == first
