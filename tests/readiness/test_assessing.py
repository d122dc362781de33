"""Readiness of stored companies: what the page says, what is stored, what the list filters."""

import datetime as dt
import json
import re

import pytest

from portfolio.companies import operations as companies
from portfolio.companies.operations import Statement
from portfolio.extensions import db, unit_of_work
from portfolio.kernel.titles import CHINESE
from portfolio.readiness import operations, queries
from portfolio.readiness.inputs import latest_year
from portfolio.readiness.models import Assessment
from portfolio.rulebook.loader import library
from tests import factories

WAN = 10**6
NOW = dt.datetime.now(dt.UTC)
YEAR = NOW.year - 1


def state(company, audited=True, **values):
    rows = []
    for name, value in values.items():
        if isinstance(value, tuple):
            for back, number in enumerate(value):
                year = YEAR - back
                rows.append(
                    Statement(
                        company.id,
                        name,
                        year,
                        micro=number * WAN,
                        audited=audited,
                        source="审计报告",
                    )
                )
        elif isinstance(value, str):
            rows.append(Statement(company.id, name, None, choice=value, source="核查"))
        else:
            rows.append(Statement(company.id, name, None, micro=value * WAN, source="方案"))
    with unit_of_work("figure.state"):
        companies.state_figures(rows, None, dt.datetime.now(dt.UTC))


def status(company, target: str) -> str:
    return queries.current([company.id])[(company.id, target)].status


@pytest.fixture
def strong(cast):
    company = factories.company(cast["manager"], name_zh="青岛达标股份有限公司")
    profit = ("net_profit_parent", "net_profit_parent_ex_nonrecurring")
    state(company, **dict.fromkeys(profit, (3000, 2000)))
    state(company, roe_weighted=(12, 10), roe_weighted_ex_nonrecurring=(11, 9))
    state(
        company, expected_market_cap=60_000, revenue=(20_000, 15_000), operating_cash_flow=(1_000,)
    )
    return company


def test_stating_figures_assesses_the_company_in_the_same_step(strong) -> None:
    assert [status(strong, f"bse-{n}") for n in (1, 2, 3, 4)] == ["pass", "pass", "fail", "fail"]
    assert status(strong, "bse-general") == "unknown"


def test_an_outcome_is_stored_anew_only_when_it_changed(strong) -> None:
    before = db.session.query(Assessment).count()
    with unit_of_work("readiness.refresh"):
        assert operations.refresh([strong.id], dt.datetime.now(dt.UTC)) == 0
    assert db.session.query(Assessment).count() == before
    state(strong, expected_market_cap=10_000)
    assert status(strong, "bse-1") == "fail"
    old = db.session.query(Assessment).filter_by(target="bse-1", status="pass").one()
    assert old.superseded_at is not None
    clauses = {c["id"]: c for c in json.loads(old.outcome)}
    assert clauses["bse.fin.1.m"]["value"] == "60000"


def test_the_page_shows_each_clause_with_figures_distance_and_source(as_user, strong) -> None:
    page = as_user("manager").get(f"/companies/{strong.id}/readiness?target=all").text
    for words in (
        "预评估",
        "北交所标准三",
        "最近一年营业收入不低于2亿元",
        "差 2亿",
        "2.1.3(三)",
        "V7",
        "北证公告〔2025〕20号",
    ):
        assert words in page, words
    assert f"fiscal_year={YEAR}#m-rd_spend" in page, "a missing figure links to where it is entered"
    assert "None" not in page


def test_a_reader_of_english_reads_the_clauses_in_english(as_user, strong) -> None:
    client = as_user("manager")
    client.set_cookie("lang", "en")
    page = client.get(f"/companies/{strong.id}/readiness?target=all").text
    section = page.split('aria-labelledby="f-bse"')[1].split("</section>")[0]
    for words in (
        "Operating revenue of at least CNY 200m in the last year",
        "Stock Listing Rules of the Beijing Stock Exchange",
        "Article 10",
        "2.1.3(3)",
        "1,000,000 shares",
    ):
        assert words in section, words
    documents = [book.document for book in library().values()]
    official = re.sub("|".join(map(re.escape, documents)), "", section)
    assert not CHINESE.search(official)


def test_the_list_filters_by_verdict_and_the_overview_counts_the_same(
    as_user, strong, cast
) -> None:
    other = factories.company(cast["manager"], name_zh="青岛空白有限公司")
    state(other, revenue=(1,))
    client = as_user("reader")
    page = client.get("/companies?readiness=bse-1:pass").text
    assert "青岛达标" in page and "青岛空白" not in page
    assert "青岛空白" in client.get("/companies?readiness=bse-1:unknown").text
    assert "readiness=bse-1:pass" in client.get("/readiness").text
    assert client.get("/companies?readiness=nonsense").status_code == 200


def test_the_latest_fiscal_year_is_the_audited_one(cast) -> None:
    day = dt.date(2026, 11, 24)
    assert latest_year([2023, 2024], [2023, 2024, 2025], day) == (2024, True)
    assert latest_year([], [2024, 2025, 2026], day) == (2025, False)
    assert latest_year([], [2024, 2025], dt.date(2026, 4, 30)) == (2024, False)
    assert latest_year([], [], day) == (None, False)


def test_the_command_assesses_everybody(app, cast) -> None:
    factories.company(cast["manager"])
    result = app.test_cli_runner().invoke(args=["readiness", "refresh"])
    assert result.output == "1 companies, 5 outcomes changed\n"


def test_refreshing_many_takes_no_more_queries_than_refreshing_one(cast, queries) -> None:
    ids = [factories.company(cast["manager"]).id for _ in range(20)]
    counts = []
    for chosen in (ids[:1], ids[1:]):
        queries.clear()
        with unit_of_work("readiness.refresh"):
            operations.refresh(chosen, NOW)
        counts.append(len(queries))
    assert counts[0] == counts[1]
