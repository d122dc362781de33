"""The smallest change of one figure that meets a target is just enough."""

import datetime as dt
import random
from dataclasses import replace
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from portfolio.readiness.reaching import Change, changes, smallest_change
from portfolio.readiness.results import results
from portfolio.readiness.targets import targets
from portfolio.rulebook.values import Figures
from tests.rulebook.borders import figures_of

DAY = dt.date(2026, 11, 27)
MICRO = Fraction(1, 10**6)


def changed(figures: Figures, change: Change, value: Fraction) -> Figures:
    name = change.metric.id
    if change.year is None:
        return replace(figures, facts={**figures.facts, name: value})
    return replace(figures, years={**figures.years, (name, change.year): value})


def bse_2(**wrong: int) -> tuple[Figures, Change | None]:
    cash = wrong.get("cash", 1)
    revenue = wrong.get("revenue", 13000)
    figures = Figures(
        2025,
        {
            ("revenue", 2024): Fraction(10000),
            ("revenue", 2025): Fraction(revenue),
            ("operating_cash_flow", 2025): Fraction(cash),
        },
        {"expected_market_cap": Fraction(40000)},
    )
    target = next(t for t in targets() if t.key == "bse-2")
    return figures, smallest_change(results(figures, DAY, among=[target])[0], figures)


def test_the_figure_that_is_short_is_named_with_just_what_is_needed() -> None:
    _, change = bse_2(revenue=12000)
    assert change and (change.metric.id, change.year, change.needed) == ("revenue", 2025, 13000)
    assert change.share == Fraction(1, 12)
    _, change = bse_2(cash=-5)
    assert change and (change.metric.id, change.needed) == ("operating_cash_flow", MICRO)


def test_where_two_figures_are_short_no_single_one_is_enough() -> None:
    assert bse_2(cash=-5, revenue=12000)[1] is None


@settings(max_examples=4, deadline=None)
@given(st.integers(0, 2**32))
def test_each_change_is_enough_and_a_millionth_less_is_not(seed: int) -> None:
    dice = random.Random(seed)
    figures = figures_of(dice)
    for result in results(figures, DAY, "370200", dice.sample(targets(), 8)):
        if result.status == "pass":
            continue
        for change in changes(result, figures):
            enough = changed(figures, change, change.needed)
            back = MICRO if change.needed < change.now else -MICRO
            short = changed(figures, change, change.needed + back)
            of = [result.target]
            assert results(enough, DAY, "370200", of)[0].status == "pass"
            assert results(short, DAY, "370200", of)[0].status != "pass"
