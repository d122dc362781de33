"""Each threshold and each band of every rulebook: just below, at, just above, missing."""

import itertools
from decimal import Decimal
from fractions import Fraction

import pytest

from portfolio.rulebook.engine import outcome_of
from portfolio.rulebook.loader import library
from portfolio.rulebook.metrics import dictionary
from portfolio.rulebook.scores import points
from portfolio.rulebook.values import Figures

LATEST, STEP = 2025, Fraction(1, 10**6)
HOLDS = {
    ">=": lambda a, b: a >= b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    "<": lambda a, b: a < b,
    "==": lambda a, b: a == b,
}


def clauses_of(book):
    """Every test of a number, also of the score table, named by the clause that it belongs to."""
    items = [test for item in book.items for test, _ in item.choices]
    for root in (*book.roots, *items):
        for clause in root.walk():
            if clause.tested_number and not clause.info:
                yield clause


CASES = {
    f"{book.id} {clause.id or clause.en}": clause
    for book in library().values()
    for clause in clauses_of(book)
}
ITEMS = {
    f"{book.id} {item.id}": item
    for book in library().values()
    for item in book.items
    if item.kind == "bands"
}


def figures_giving(clause, value: Fraction) -> Figures:
    """Yearly figures or a fact from which the test reads just this value."""
    metric, *others = clause.metrics
    years = [LATEST - back for back in range(clause.years)]
    if clause.over in {"latest", "fact"}:
        return Figures(LATEST, facts={metric: value})
    if clause.over == "sum":
        rows = dict.fromkeys(years, value / len(years))
    elif clause.over in {"growth", "compound_growth"}:
        rate = (1 + value / 100) ** (len(years) - 1)
        rows = {years[-1]: Fraction(700), years[0]: 700 * rate}
    elif clause.over == "ratio_of_sums":
        rows = {year: value * (n + 1) for n, year in enumerate(years)}
    elif clause.over == "mean":
        # Unequal years with the same mean.
        rows = {
            year: value + (1 if n == 0 else 0) - Fraction(1, len(years))
            for n, year in enumerate(years)
        }
    else:
        # The year before last decides; the others stand well on the right side.
        better = value + 100 if clause.test.startswith(">") else value - 100
        rows = dict.fromkeys(years, better) | {years[-1]: value}
    given = {(metric, year): number for year, number in rows.items()}
    for other in others:
        given |= {(other, year): Fraction(100 * (n + 1)) for n, year in enumerate(years)}
    return Figures(LATEST, given)


@pytest.mark.parametrize("name", CASES)
def test_a_threshold_divides_where_it_stands(name) -> None:
    clause = CASES[name]
    at = Fraction(clause.threshold)
    for value in (at - STEP, at, at + STEP):
        found = outcome_of(clause, figures_giving(clause, value), library())
        assert found.value == value, "the value is exact"
        met = HOLDS[clause.test](value, at)
        assert found.status == ("pass" if met else "fail"), value
        assert found.gap == (0 if met else abs(at - value))


@pytest.mark.parametrize("name", CASES)
def test_a_missing_input_is_unknown_and_never_failed(name) -> None:
    clause = CASES[name]
    found = outcome_of(clause, Figures(LATEST), library())
    assert found.status == ("pass" if clause.optional else "unknown")
    assert (found.value, found.gap) == (None, None) and found.missing
    beyond = {">": STEP, "<": -STEP}.get(clause.test, Fraction(0))
    full = figures_giving(clause, Fraction(clause.threshold) + beyond)
    for key in full.years:
        less = {k: v for k, v in full.years.items() if k != key}
        assert outcome_of(clause, Figures(LATEST, less), library()).status == "unknown"
    assert all(dictionary()[name].numeric for name, _ in found.missing)


@pytest.mark.parametrize("name", ITEMS)
def test_a_value_on_the_border_takes_the_better_band(name) -> None:
    for bands in ITEMS[name].bands:
        item = ITEMS[name]
        rows = [*bands.steps, (None, bands.otherwise)]
        for (step, here), (_, worse) in itertools.pairwise(rows):
            beyond = -STEP if bands.upward else STEP
            for value, wanted in ((Fraction(step), here), (Fraction(step) + beyond, worse)):
                facts = {b.metric: Fraction(0) for b in item.bands} | {bands.metric: value}
                found = points(item, Figures(LATEST, facts=facts), lambda _: (None, ()))
                assert (found.low, found.high) == (wanted, wanted)
        missing = points(item, Figures(LATEST), lambda _: (None, ()))
        assert (missing.low, missing.high) == (bands.otherwise, item.most)


def test_each_year_is_as_strict_as_its_worst() -> None:
    clause = next(c for c in CASES.values() if c.over == "each" and c.threshold == Decimal(1500))
    years = {(clause.metrics[0], y): Fraction(v) for y, v in ((2025, 1500), (2024, 1499))}
    assert outcome_of(clause, Figures(LATEST, years), library()).value == 1499
