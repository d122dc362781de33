"""When a company would meet a target, by two searches that share nothing but the rulebooks."""

import datetime as dt
import random
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolio.kernel.dates import published_on, reported_year
from portfolio.readiness.courses import expects
from portfolio.readiness.distances import standings
from portfolio.readiness.projection import Arrival, Course, a_year_on, arrivals, continued
from portfolio.readiness.targets import targets
from portfolio.rulebook.bulk.codes import NAMES
from portfolio.rulebook.bulk.evaluate import Evaluation
from portfolio.rulebook.bulk.frame import words_of
from portfolio.rulebook.metrics import dictionary
from portfolio.rulebook.values import Figures
from tests.rulebook.borders import BOOKS, READ, figures_of, frame_of, number_of

DAY = dt.date(2026, 11, 27)
YEARS = 4
YEARLY = [n for n in READ if dictionary()[n].yearly and dictionary()[n].numeric]
DATED = [n for n in READ if expects(dictionary()[n])]


def grown(figures: Figures, courses: dict[str, Course], ahead: int) -> Figures:
    """The figures some years on, by a formula instead of year by year."""
    first, years = figures.latest_year, dict(figures.years)
    for (name, year), value in figures.years.items():
        if year != first:
            continue
        course = courses.get(name, Course())
        for n in range(1, ahead + 1):
            on = value if not dictionary()[name].numeric else after(course, value, n)
            years.setdefault((name, first + n), on)
    facts = dict(figures.facts)
    for name in {*facts, *courses} & {*DATED}:
        course = courses.get(name, Course())
        begun = ahead - ((course.since or first + 1) - first)
        late = course.since is not None and course.since <= first
        if course.expected is not None and begun >= 0 and not late and ahead:
            facts[name] = after(course, course.expected, begun)
        elif name in facts:
            facts[name] = after(course, facts[name], ahead)
    return Figures(first + ahead, years, facts, figures.purpose)


def after(course: Course, value: Any, years: int) -> Any:
    """A value so many years on."""
    if isinstance(value, str):
        return value
    if course.rate:
        power = (1 + course.rate) ** years
        return Fraction(value) * power + course.step * (power - 1) / course.rate
    return Fraction(value) + course.step * years


def dated_course(dice: random.Random, name: str, latest: int) -> Course:
    """A fact that grows, that is expected from some year on, or both; of a word the latter."""
    since, entry = dice.choice([None, *range(latest - 1, latest + YEARS + 2)]), dictionary()[name]
    if not entry.numeric:
        return Course(expected=dice.choice(words_of(entry)), since=since)
    rate, step = Fraction(dice.randint(-3, 20), 10), Fraction(dice.randint(-50, 500))
    grows, comes = dice.choice([(True, False), (False, True), (True, True)])
    value = number_of(dice, name, False) if comes else None
    return Course(rate if grows else Fraction(0), step if grows else Fraction(0), value, since)


def searched(figures: Figures, courses: dict[str, Course]) -> dict[str, int | None]:
    """By target the first year that meets it, by the evaluation of many companies at once."""
    later = [grown(figures, courses, ahead) for ahead in range(YEARS + 1)]
    evaluation = Evaluation(frame_of(later), BOOKS)
    found: dict[str, int | None] = {}
    ended: set[str] = set()
    for row, one in enumerate(later):
        day = max(DAY, published_on(one.latest_year))
        told = {
            s.target.key: NAMES[int(s.status[at])]
            for s in standings(evaluation, day)
            for at in np.flatnonzero(s.rows == row)
        }
        ended |= {key for key in found if key not in told}
        for key, status in told.items():
            if row == 0 or key in found:
                found.setdefault(key, None)
                if status == "pass" and found[key] is None and key not in ended:
                    found[key] = one.latest_year
    return found


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32))
def test_both_searches_find_the_same_years(seed: int) -> None:
    dice = random.Random(seed)
    figures = figures_of(dice)
    if figures.latest_year is None:
        return
    earlier = {k: v for k, v in figures.years.items() if k[1] <= figures.latest_year}
    figures = Figures(figures.latest_year, earlier, figures.facts)
    courses = {
        name: Course(Fraction(dice.randint(-3, 20), 10), Fraction(dice.randint(-500, 5000)))
        for name in dice.sample(YEARLY, len(YEARLY) // 2)
    } | {
        name: dated_course(dice, name, figures.latest_year)
        for name in dice.sample(DATED, len(DATED) // 3)
    }
    found = {a.target.key: a.year for a in arrivals(figures, courses, DAY, years=YEARS)}
    assert found == searched(figures, courses)


def test_what_no_assumption_is_stated_for_stays_and_what_is_unknown_stays_unknown() -> None:
    figures = Figures(2025, {("revenue", 2025): Fraction(100), ("rd_spend", 2024): Fraction(7)})
    later = a_year_on(figures, {"rd_spend": Course(Fraction(1))})
    assert later.latest_year == 2026 and later.of_year("revenue", 2026) == 100
    assert later.of_year("rd_spend", 2026) is None
    with pytest.raises(ValueError, match="no fiscal year"):
        a_year_on(Figures(None), {})


def test_a_year_stated_already_counts_for_more_than_an_assumption() -> None:
    figures = Figures(2025, {("revenue", 2025): Fraction(100), ("revenue", 2026): Fraction(90)})
    assert a_year_on(figures, {"revenue": Course(Fraction(1))}).of_year("revenue", 2026) == 90


def test_figures_are_out_on_the_first_day_they_are_reported() -> None:
    for year in (2024, 2025):
        day = published_on(year)
        assert reported_year(day) == year > reported_year(day - dt.timedelta(days=1))


GROWING = Figures(
    2025,
    {
        ("revenue", 2024): Fraction(9000),
        ("revenue", 2025): Fraction(9500),
        ("operating_cash_flow", 2025): Fraction(-400),
    },
    {"expected_market_cap": Fraction(40000)},
)


def bse_2(courses: dict[str, Course]) -> tuple[int | None, list[str]]:
    target = next(t for t in targets() if t.key == "bse-2")
    arrival = arrivals(GROWING, courses, DAY, among=[target])[0]
    return arrival.year, [test.clause.id for test in arrival.binding]


def test_the_year_a_standard_is_met_and_the_clause_that_binds() -> None:
    revenue, cash = Course(rate=Fraction(3, 10)), Course(step=Fraction(200))
    # The cash flow is -200, 0 and 200 in the years after; above nothing it is in 2028 alone.
    both = {"revenue": revenue, "operating_cash_flow": cash}
    assert bse_2(both) == (2028, ["bse.fin.2.3"])
    cash = Course(step=Fraction(401))
    assert bse_2({"revenue": revenue, "operating_cash_flow": cash})[0] == 2026
    # A millionth less than 30% a year is never enough, whatever the revenue comes to.
    slow = Course(rate=Fraction(3, 10) - Fraction(1, 10**6))
    assert bse_2({"revenue": slow, "operating_cash_flow": cash}) == (None, ["bse.fin.2.2"])
    assert bse_2({}) == (None, ["bse.fin.2.2", "bse.fin.2.3", "bse.fin.2.1"])


def test_a_dated_fact_grows_or_is_expected_from_a_year_on() -> None:
    facts = {
        "expected_market_cap": Fraction(100),
        "ip_class1": Fraction(2),
        "is_joint_stock": "false",
    }
    courses = {
        "expected_market_cap": Course(rate=Fraction(1, 10)),
        "ip_class1": Course(step=Fraction(1), expected=Fraction(8), since=2027),
        "is_joint_stock": Course(expected="true"),
        "market_cap": Course(expected=Fraction(5), since=2025),
        "valuation": Course(rate=Fraction(1)),
    }
    ahead = [found.facts for _, found in continued(Figures(2025, {}, facts), courses, 3)]
    assert [f["expected_market_cap"] for f in ahead] == [100, 110, 121, Fraction("133.1")]
    assert [f["ip_class1"] for f in ahead] == [2, 3, 8, 9]
    assert [f["is_joint_stock"] for f in ahead] == ["false", "true", "true", "true"]
    # A year that has come says nothing any more, and what is unknown does not grow.
    assert all("market_cap" not in f and "valuation" not in f for f in ahead)


def test_what_binds_and_what_is_not_known_until_a_market_value_is_reached() -> None:
    target = next(t for t in targets() if t.key == "bse-2")
    years = {("revenue", 2024): Fraction(10000), ("revenue", 2025): Fraction(13000)}
    years[("operating_cash_flow", 2025)] = Fraction(1)
    going = {"revenue": Course(rate=Fraction(3, 10))}

    def found(facts: dict[str, Any], course: Course) -> Arrival:
        courses = {**going, "expected_market_cap": course}
        return arrivals(Figures(2025, years, facts), courses, DAY, among=[target])[0]

    short = found({"expected_market_cap": Fraction(33000)}, Course(rate=Fraction(1, 10)))
    assert (short.year, [t.clause.id for t in short.binding]) == (2028, ["bse.fin.2.m"])
    assert not short.awaited and "expected_market_cap" in short.reads
    unknown = found({}, Course(expected=Fraction(40000), since=2030))
    assert (unknown.year, unknown.binding) == (2030, ())
    assert [t.clause.id for t in unknown.awaited] == ["bse.fin.2.m"]
    assert found({}, Course(rate=Fraction(9))).year is None


def test_a_target_met_already_has_nothing_that_binds() -> None:
    facts = {"expected_market_cap": Fraction(40000)}
    years = {("revenue", 2024): Fraction(10000), ("revenue", 2025): Fraction(13000)}
    met = Figures(2025, {**years, ("operating_cash_flow", 2025): Fraction(1)}, facts)
    target = next(t for t in targets() if t.key == "bse-2")
    arrival = arrivals(met, {}, DAY, among=[target])[0]
    assert (arrival.year, arrival.binding) == (2025, ())
