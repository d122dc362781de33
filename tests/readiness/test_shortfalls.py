"""What is missing, in the figure a person can change: entering as much meets the test, less does not."""

import datetime as dt
import random
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolio.readiness.pictures import Rung, picture_of
from portfolio.readiness.shortfalls import shortfall_of
from portfolio.readiness.wording_views import limit_of, measure
from portfolio.rulebook.engine import FAIL, Outcome, outcome_of
from portfolio.rulebook.language import COMPOUND, EACH, GROWTH, RATIO
from portfolio.rulebook.loader import library
from portfolio.rulebook.metrics import dictionary
from portfolio.rulebook.values import Figures, derived
from portfolio.web.i18n import speaking
from tests.rulebook.borders import figures_of

TODAY = dt.date(2026, 11, 23)
LITTLE = Fraction(1, 10**9)
TESTS = [
    clause
    for book in library().values()
    for root in book.roots
    for clause in root.walk()
    if clause.tested_number and not clause.info
]


def applied(clause, figures: Figures) -> Outcome:
    return outcome_of(clause, figures, library())


def changed(figures: Figures, metric: str, year: int | None, by: Fraction) -> Figures:
    if year is None:
        return replace(figures, facts={**figures.facts, metric: figures.facts[metric] + by})
    years = {**figures.years, (metric, year): figures.years[metric, year] + by}
    return replace(figures, years=years)


def place_of(outcome: Outcome, metric: str, figures: Figures) -> tuple[str, int | None] | None:
    """Where a figure stands that alone decides; None where several years share a sum or a mean."""
    clause, entry = outcome.clause, dictionary()[outcome.clause.metrics[0]]
    kinds = {clause.over, entry.derive}
    if clause.over == EACH or kinds & {"mean", "sum", "mean_growth", "min"}:
        return None
    of_years = clause.years > 1 or entry.years > 1 or entry.derive == GROWTH
    if metric in figures.facts and not of_years:  # what spans years reads no fact
        return metric, None
    return (metric, figures.latest_year) if (metric, figures.latest_year) in figures.years else None


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32))
def test_as_much_as_is_said_to_be_missing_is_enough_and_less_is_not(seed: int) -> None:
    figures = figures_of(random.Random(seed))
    for clause in TESTS:
        outcome = applied(clause, figures)
        missing = shortfall_of(outcome, figures)
        if missing is None:
            continue
        assert missing.amount > 0
        place = place_of(outcome, missing.metric.id, figures)
        if place is None or missing.points or (missing.metric.id in derived()):
            continue
        way = -1 if missing.over else 1
        limit = changed(figures, *place, way * missing.amount)
        near = changed(figures, *place, way * (missing.amount - LITTLE * missing.amount))
        beyond = changed(figures, *place, way * (missing.amount + LITTLE * missing.amount))
        told = (clause.zh, missing)
        assert (told, applied(clause, near).status) == (told, "fail")
        assert (told, applied(clause, beyond if missing.beyond else limit).status) == (told, "pass")


def test_every_kind_of_share_and_growth_is_told_in_a_figure() -> None:
    dice, seen = random.Random(7), set()
    for _ in range(60):
        figures = figures_of(dice)
        for clause in TESTS:
            missing = shortfall_of(applied(clause, figures), figures)
            if missing and missing.turned:
                seen |= {clause.over, dictionary()[clause.metrics[0]].derive}
    assert seen >= {RATIO, GROWTH, COMPOUND, EACH}


def giant(**years: tuple[int, int, int]) -> Figures:
    known = {
        (name, 2025 - n): Fraction(v) for name, row in years.items() for n, v in enumerate(row)
    }
    return Figures(2025, known, {})


@pytest.mark.parametrize(
    ("rule", "figures", "metric", "amount"),
    [
        ("rd_ratio >= 0.03", giant(revenue=(9500, 1, 1), rd_expense=(142, 1, 1)), "rd_expense", 143),
        ("debt_ratio <= 0.7", giant(total_assets=(1000, 1, 1), total_liabilities=(800, 1, 1)),
         "total_liabilities", 100),
        ("revenue_cagr_2y >= 0.05", giant(revenue=(11_000, 1, 10_000)), "revenue", 25),
    ],
)  # fmt: skip
def test_a_share_is_short_of_its_numerator_and_a_growth_of_what_grows(
    rule: str, figures: Figures, metric: str, amount: int
) -> None:
    name, sign, limit = rule.split()
    clause = next(
        c
        for c in TESTS
        if (c.metrics[0], c.test, str(c.threshold), c.years) == (name, sign, limit, 1)
    )
    missing = shortfall_of(applied(clause, figures), figures)
    assert missing is not None
    assert (missing.metric.id, missing.amount, missing.turned) == (metric, amount, True)


@pytest.mark.parametrize("spent", [None, Fraction(1, 50), Fraction(1, 10)])
def test_a_share_that_was_stated_itself_is_short_in_points(spent: Fraction | None) -> None:
    known = {("rd_ratio", 2025): Fraction(1, 50), ("revenue", 2025): Fraction(1)}
    figures = Figures(2025, known | ({("rd_expense", 2025): spent} if spent is not None else {}))
    clause = next(c for c in TESTS if c.metrics == ("rd_ratio",) and str(c.threshold) == "0.03")
    missing = shortfall_of(applied(clause, figures), figures)
    assert missing is not None
    assert (missing.points, missing.turned, missing.amount) == (True, False, 1)


def test_at_a_threshold_that_must_be_passed_nothing_can_be_counted() -> None:
    clause = next(c for c in TESTS if c.metrics == ("operating_cash_flow",) and c.test == ">")
    figures = Figures(2025, {("operating_cash_flow", 2025): Fraction(0)}, {})
    assert applied(clause, figures).status == "fail"
    assert shortfall_of(applied(clause, figures), figures) is None


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32))
def test_no_rung_is_reached_by_a_text_that_nobody_has_verified(seed: int) -> None:
    picture = picture_of(figures_of(random.Random(seed)), True, TODAY, "370212")
    for finding in picture.assessed:
        met = finding.result is not None and finding.result.status == "pass"
        unverified = finding.result is not None and finding.result.unverified
        assert (finding.rung is Rung.MET) == (met and not unverified)
        assert (finding.rung is Rung.UNVERIFIED) == (met and unverified)
        assert (finding.open_tests == 0) == met


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_value_that_just_misses_does_not_read_as_reaching_its_threshold(app, language) -> None:
    sides = {"<=": [1], ">=": [-1], "==": [-1, 1]}
    seen = set()
    with app.test_request_context(), speaking(language):
        for clause in TESTS:
            for side in sides.get(clause.test, []):
                value = Fraction(clause.threshold) + side * LITTLE
                near = Outcome(clause, FAIL, value)
                assert not limit_of(near).endswith(f" {measure(near, value)}"), clause.id
                seen.add(clause.test)
    assert {"<=", ">="} <= seen
