"""What is missing to a test in the figure that a person can change: of a share its numerator, of a
growth the figure that must grow (pure)."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from portfolio.rulebook.engine import FAIL, Outcome, exact
from portfolio.rulebook.language import COMPOUND, EACH, GROWTH, IN_PERCENT, RATIO
from portfolio.rulebook.metrics import Metric, dictionary
from portfolio.rulebook.model import Clause
from portfolio.rulebook.values import HUNDRED, Figures, aggregate, fraction, whole_of, years_read

TURNED = frozenset({RATIO, GROWTH, COMPOUND})  # what can be told in another figure


@dataclass(frozen=True)
class Shortfall:
    """So much of a metric is missing, in its unit; `over` says that it is too much instead,
    `beyond` that the threshold itself does not do.

    `points` says that the amount is in percentage points of the metric or of what is made of it;
    `turned` that another figure is named than the test reads.
    """

    metric: Metric
    amount: Fraction
    over: bool
    beyond: bool
    points: bool = False
    turned: bool = False


def shortfall_of(outcome: Outcome, figures: Figures) -> Shortfall | None:
    """What is missing to a failed test of a number; None for any other."""
    clause, gap = outcome.clause, outcome.gap
    if outcome.status != FAIL or not clause.tested_number or gap is None or outcome.value is None:
        return None
    limit, value = exact(clause.threshold), fraction(outcome.value)
    over, beyond = value > limit, clause.test in {"<", ">"}
    if gap == 0:  # at a threshold that must be passed
        return None
    if (found := _turned(clause, value, limit, figures)) is not None:
        metric, amount = found
        return Shortfall(metric, amount, over, beyond, turned=True)
    metric = dictionary()[clause.metrics[0]]
    points = clause.over in IN_PERCENT or metric.unit in {"percent", "fraction"}
    if points and clause.over not in IN_PERCENT:
        gap = gap * HUNDRED / whole_of(metric)
    return Shortfall(metric, gap, over, beyond, points=points)


def _turned(
    clause: Clause, value: Fraction, limit: Fraction, figures: Figures
) -> tuple[Metric, Fraction] | None:
    """The figure that would reach the threshold were it alone to change, and by how much."""
    entry = dictionary()[clause.metrics[0]]
    if clause.over in TURNED:
        kind, names, count, whole = clause.over, clause.metrics, clause.years, HUNDRED
    elif entry.derive in TURNED:
        kind, names, count, whole = entry.derive, entry.inputs, entry.years, whole_of(entry)
    else:
        return None
    for latest in _latest_years(clause, figures):
        if kind is not clause.over and _stated(clause, latest, figures):
            continue
        years = years_read(kind, latest, count)
        rows = [[_read(figures, name, y, count) for y in years] for name in names]
        if not _explains(kind, rows, count, whole, value):
            continue
        wanted = _wanted(kind, rows, count, 1 + limit / whole, limit / whole)
        return dictionary()[names[0]], abs(wanted)
    return None


def _latest_years(clause: Clause, figures: Figures) -> Sequence[int]:
    latest = figures.latest_year or 0
    return range(latest, latest - clause.years, -1) if clause.over == EACH else (latest,)


def _stated(clause: Clause, year: int, figures: Figures) -> bool:
    """Whether the derived value is stated itself: then it follows from no other figure, even where
    it happens to be equal."""
    name = clause.metrics[0]
    fact = None if clause.over == EACH else figures.facts.get(name)
    return fact is not None or figures.years.get((name, year)) is not None


def _read(figures: Figures, name: str, year: int, count: int) -> Any:
    latest = count == 1 and year == (figures.latest_year or 0)
    return figures.latest(name) if latest else figures.of_year(name, year)


def _explains(
    kind: str, rows: Sequence[Sequence[Any]], count: int, whole: Fraction, value: Fraction
) -> bool:
    """Whether these figures are where the value comes from: of several years, one is the worst."""
    if any(number is None for row in rows for number in row):
        return False
    return aggregate(kind, [[fraction(n) for n in row] for row in rows], count, whole) == value


def _wanted(
    kind: str, rows: Sequence[Sequence[Any]], count: int, growth: Fraction, share: Fraction
) -> Fraction:
    if kind == RATIO:
        return share * fraction(sum(rows[1])) - fraction(sum(rows[0]))
    intervals = 1 if kind == GROWTH else count - 1
    return fraction(rows[0][-1]) * growth**intervals - fraction(rows[0][0])
