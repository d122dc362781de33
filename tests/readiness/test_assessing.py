"""Readiness of stored companies: what the page says, what is stored, what the list filters."""

import datetime as dt
import re

import pytest
import sqlalchemy as sa

from portfolio.companies import operations as companies
from portfolio.companies.operations import Statement
from portfolio.extensions import db, unit_of_work
from portfolio.kernel.titles import CHINESE
from portfolio.readiness import operations
from portfolio.readiness.inputs import latest_year
from portfolio.readiness.models import Assessment, ReadinessState
from portfolio.readiness.stored import read
from portfolio.readiness.targets import plan, targets
from portfolio.rulebook.citations import cited
from portfolio.rulebook.loader import library
from tests import factories

WAN = 10**6
NOW = dt.datetime.now(dt.UTC)
YEAR = NOW.year - 1
OF = Assessment.company_id


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
    (row,) = db.session.execute(
        sa.select(Assessment.status).where(
            Assessment.company_id == company.id, Assessment.target == target
        )
    )
    return row.status


def states(company) -> list[ReadinessState]:
    return list(
        db.session.scalars(
            sa.select(ReadinessState)
            .where(ReadinessState.company_id == company.id)
            .order_by(ReadinessState.id)
        )
    )


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
    before = len(states(strong))
    rows = {row.id: row.target for row in db.session.scalars(sa.select(Assessment))}
    with unit_of_work("readiness.refresh"):
        assert operations.refresh([strong.id], dt.datetime.now(dt.UTC)) == 0
    assert len(states(strong)) == before
    state(strong, expected_market_cap=10_000)
    assert status(strong, "bse-1") == "fail"
    *_, old, new = states(strong)
    assert old.superseded_at == new.computed_at and new.superseded_at is None
    assert {one.target: one.status for one in read(old.outcomes)}["bse-1"] == "pass"
    kept = {row.id for row in db.session.scalars(sa.select(Assessment))}
    stayed = {rows[i] for i in kept & rows.keys()}
    assert "neeq-listing" in stayed and "bse-1" not in stayed, "others are left alone"
    assert len(kept) == len(rows)


def test_one_company_s_change_touches_that_company_alone(strong, cast) -> None:
    other = factories.company(cast["manager"])
    state(other, revenue=(1,))
    before = [state.id for state in states(other)]
    ids = set(db.session.scalars(sa.select(Assessment.id).where(OF == other.id)))
    state(strong, expected_market_cap=10_000)
    assert [state.id for state in states(other)] == before
    assert set(db.session.scalars(sa.select(Assessment.id).where(OF == other.id))) == ids


def test_every_target_that_applies_in_the_region_is_stored(cast) -> None:
    for region, there in (("370212", True), ("110108", False)):
        company = factories.company(cast["manager"], region_code=region)
        state(company, revenue=(20_000, 15_000))
        (now,) = (row for row in states(company) if row.superseded_at is None)
        stored = {one.target for one in read(now.outcomes)}
        assert ("hidden-unicorn" in stored) == there and "giant" in stored
        assert now.region == region and now.latest_year == YEAR and now.plan == plan().version
        listed = set(db.session.scalars(sa.select(Assessment.target).where(OF == company.id)))
        assert listed == stored
        absent = [t.key for t, x in zip(targets(), now.verdicts, strict=True) if x == "-"]
        assert stored.isdisjoint(absent) and len(stored) + len(absent) == len(targets())


def test_what_no_longer_applies_is_let_go(cast) -> None:
    company = factories.company(cast["manager"], region_code="370212")
    state(company, revenue=(20_000, 15_000))
    with unit_of_work("company.change"):
        company.region_code = "110108"
    with unit_of_work("readiness.refresh"):
        operations.refresh([company.id], dt.datetime.now(dt.UTC))
    rows = set(db.session.scalars(sa.select(Assessment.target).where(OF == company.id)))
    assert "gazelle" not in rows and "giant" in rows


def test_what_another_plan_stored_is_no_base(strong) -> None:
    count = db.session.query(Assessment).count()
    with unit_of_work("readiness.refresh"):
        db.session.execute(sa.update(ReadinessState).values(plan=1))
        db.session.execute(sa.delete(Assessment).where(Assessment.target == "star"))
    with unit_of_work("readiness.refresh"):
        assert operations.refresh([strong.id], dt.datetime.now(dt.UTC)) == count
    assert db.session.query(Assessment).count() == count


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
    documents = [cited(book.document, "en") for book in library().values()]
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
    assert "target=bse-1&amp;verdict=pass" in client.get("/readiness").text
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
    assert re.fullmatch(r"1 companies, [23]\d outcomes changed\n", result.output)
    result = app.test_cli_runner().invoke(args=["readiness", "refresh"])
    assert result.output == "1 companies, 0 outcomes changed\n"


def test_refreshing_many_takes_no_more_queries_than_refreshing_one(cast, queries) -> None:
    ids = [factories.company(cast["manager"]).id for _ in range(20)]
    counts = []
    for chosen in (ids[:1], ids[1:]):
        queries.clear()
        with unit_of_work("readiness.refresh"):
            operations.refresh(chosen, NOW)
        counts.append(len(queries))
    assert counts[0] == counts[1]
