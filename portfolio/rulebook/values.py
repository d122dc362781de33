"""What is known of a company, and what follows from it: derived metrics and aggregates over fiscal
years, exact (pure).

A base of zero or below makes a growth unknown, as dividing by nothing makes a share unknown.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import cache
from typing import Any

from portfolio.rulebook.language import COMPOUND, GROWTH, RATIO
from portfolio.rulebook.metrics import Metric, dictionary
from portfolio.rulebook.model import Clause

NOTHING, HUNDRED, DIGITS = Fraction(0), Fraction(100), 60
Missing = tuple[tuple[str, int | None], ...]


@cache
def derived() -> Mapping[str, Metric]:
    """The metrics that follow from others where nobody states them."""
    return {m.id: m for m in dictionary().values() if m.derive and not m.book}


@dataclass(frozen=True)
class Figures:
    """What is known of a company: yearly values by (metric, fiscal year) and facts by metric.

    Numbers are exact, in the dictionary's unit; flags are "true" and "false". `purpose` is what
    the company is assessed for, where a rule asks.
    """

    latest_year: int | None
    years: Mapping[tuple[str, int], Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    purpose: str = ""

    def of_year(self, metric: str, year: int) -> Any:
        """A yearly value, as given or derived from that year's and earlier ones."""
        given = self.years.get((metric, year))
        if given is not None or metric not in derived():
            return given
        return _derive(derived()[metric], self, year)

    def latest(self, metric: str) -> Any:
        """A fact, or the value of the latest year, as given or derived."""
        given, year = self.facts.get(metric), self.latest_year
        if given is None and year is not None:
            given = self.years.get((metric, year))
        if given is not None or metric not in derived():
            return given
        entry = derived()[metric]
        if entry.years == 1:
            return _combined(entry, [[self.latest(name)] for name in entry.inputs])
        return None if year is None else _derive(entry, self, year)


def _derive(entry: Metric, figures: Figures, year: int) -> Fraction | None:
    years = years_read(entry.derive, year, entry.years)
    return _combined(entry, [[figures.of_year(name, y) for y in years] for name in entry.inputs])


def _combined(entry: Metric, rows: Sequence[Sequence[Any]]) -> Fraction | None:
    numbers = []
    for row in rows:
        if None in row:
            return None
        numbers.append([fraction(value) for value in row])
    if entry.derive == "min":
        return min(row[0] for row in numbers)
    return aggregate(entry.derive, numbers, entry.years, whole_of(entry))


def whole_of(entry: Metric) -> Fraction:
    """What a derived metric gives for all of something."""
    return HUNDRED if entry.unit == "percent" else Fraction(1)


def years_read(over: str, latest: int, count: int) -> Sequence[int]:
    """The fiscal years that are read; a compound growth reads the first and the last alone."""
    years = range(latest, latest - count, -1)
    return (years[0], years[-1]) if over == COMPOUND else years


def fraction(value: Any) -> Fraction:
    """A number as it is computed with."""
    return value if isinstance(value, Fraction) else Fraction(value)


def read(clause: Clause, figures: Figures) -> tuple[Any, Missing]:
    """The value that a test compares, None when unknown, and the inputs that lack."""
    metric, year = clause.metrics[0], figures.latest_year
    if clause.years == 1:
        value = figures.latest(metric)
        return value, () if value is not None else ((metric, _stands_under(metric, year)),)
    if year is None:
        return None, ((metric, None),)
    years = years_read(clause.over, year, clause.years)
    rows = {m: [figures.of_year(m, y) for y in years] for m in clause.metrics}
    missing = tuple((m, y) for m in rows for y, v in zip(years, rows[m], strict=True) if v is None)
    if missing:
        return None, missing
    numbers = [[fraction(value) for value in row] for row in rows.values()]
    return aggregate(clause.over, numbers, clause.years, HUNDRED), ()


def _stands_under(metric: str, year: int | None) -> int | None:
    return year if dictionary()[metric].yearly else None


def of_each_year(clause: Clause, figures: Figures) -> tuple[list[Fraction], Missing]:
    """The known values of the years that a test must hold in, and the inputs that lack."""
    metric, year = clause.metrics[0], figures.latest_year
    if year is None:
        return [], ((metric, None),)
    years = range(year, year - clause.years, -1)
    values = [(y, figures.of_year(metric, y)) for y in years]
    missing = tuple((metric, y) for y, value in values if value is None)
    return [fraction(value) for _, value in values if value is not None], missing


def aggregate(
    over: str, rows: Sequence[Sequence[Fraction]], years: int, whole: Fraction
) -> Fraction | None:
    """A number from those of so many fiscal years, the latest first; `whole` is 1 for fractions,
    100 for percent."""
    first = rows[0]
    if over == RATIO:
        below = sum(rows[1][1:], rows[1][0])
        return sum(first[1:], first[0]) / below * whole if below > 0 else None
    if over == GROWTH:
        return _growth(first[0], first[1], whole.numerator) if first[1].numerator > 0 else None
    if over == "mean_growth":
        pairs = list(itertools.pairwise(first))
        if any(base <= 0 for _, base in pairs):
            return None
        return sum((_growth(*pair, whole.numerator) for pair in pairs), NOTHING) / len(pairs)
    if over == COMPOUND:
        rate = compound(first[0], first[-1], years - 1)
        return None if rate is None else rate * whole
    total = sum(first[1:], first[0])
    return total / len(first) if over == "mean" else total


def _growth(now: Fraction, before: Fraction, whole: int) -> Fraction:
    """In whole numbers: computing with two fractions takes several times as long."""
    (top, bottom), (base, over) = now.as_integer_ratio(), before.as_integer_ratio()
    return Fraction(whole * (top * over - base * bottom), base * bottom)


def compound(now: Fraction, before: Fraction, intervals: int) -> Fraction | None:
    """The yearly rate that leads from one number to another.

    A root that is a fraction is exact, any other has more digits than a threshold can tell apart.
    What became negative grew by less than -100%, in step with how far.
    """
    if before <= 0:
        return None
    ratio = now / before
    sides = [_root(side, intervals) for side in abs(ratio).as_integer_ratio()]
    if all(
        side**intervals == s for side, s in zip(sides, abs(ratio).as_integer_ratio(), strict=True)
    ):
        rate = Fraction(*sides)
    else:
        with localcontext() as context:
            context.prec = DIGITS
            top, bottom = abs(ratio).as_integer_ratio()
            rate = Fraction((Decimal(top) / Decimal(bottom)) ** (Decimal(1) / intervals))
    return (rate if ratio > 0 else -rate) - 1


def _root(number: int, degree: int) -> int:
    """The whole number whose power comes nearest from below."""
    low, high = 0, 1 << (number.bit_length() // degree + 1)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle**degree <= number else (low, middle - 1)
    return low
