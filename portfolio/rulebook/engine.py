"""Applying a rulebook to a company's figures: exact, three-valued, clause by clause (pure).

An unknown input makes a test unknown, never failed. In an `all` group fail beats unknown beats
pass, in an `any` group pass beats unknown beats fail.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import cache, lru_cache
from typing import Any, NamedTuple

from portfolio.rulebook.loader import Clause, Rulebook
from portfolio.rulebook.metrics import dictionary

NOTHING = Fraction(0)
PASS, FAIL, UNKNOWN = "pass", "fail", "unknown"
ORDER = {"all": (FAIL, UNKNOWN, PASS), "any": (PASS, UNKNOWN, FAIL)}
UNVERIFIED = frozenset({"M", "INC", "NF"})


@cache
def _lowest_of() -> Mapping[str, Sequence[str]]:
    """By metric the inputs of which it is the lowest, where nobody states it."""
    return {metric.id: metric.inputs for metric in dictionary().values() if metric.derive == "min"}


@dataclass(frozen=True)
class Figures:
    """What is known of a company: yearly values by (metric, fiscal year) and facts by metric.

    Numbers are exact, in the dictionary's unit; flags are "true" and "false".
    """

    latest_year: int | None
    years: Mapping[tuple[str, int], Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)

    def of_year(self, metric: str, year: int) -> Any:
        """A yearly value; derived as the lower of its inputs where the dictionary says so."""
        given = self.years.get((metric, year))
        if given is not None or metric not in _lowest_of():
            return given
        inputs: list[Any] = [self.years.get((name, year)) for name in _lowest_of()[metric]]
        return min(inputs) if inputs and None not in inputs else None


class Outcome(NamedTuple):
    """A clause applied: its status, and for a numeric test the value and what is missing to the
    threshold (0 when met, None when unknown). `missing` names the inputs that are not known."""

    clause: Clause
    status: str
    value: Fraction | str | None = None
    gap: Fraction | None = None
    missing: tuple[tuple[str, int | None], ...] = ()
    children: tuple["Outcome", ...] = ()

    def walk(self) -> list["Outcome"]:
        """This outcome and all below it, in the book's order."""
        return [self, *(below for child in self.children for below in child.walk())]


@dataclass(frozen=True)
class Assessment:
    """A rulebook applied to a company."""

    book: Rulebook
    status: str | None
    roots: tuple[Outcome, ...]

    def outcomes(self) -> dict[str, Outcome]:
        """Every clause's outcome by its id."""
        return {o.clause.id: o for root in self.roots for o in root.walk()}

    @property
    def unverified(self) -> bool:
        """Whether the verdict rests on text that nobody has verified."""
        return any(_rests_on_unverified(root) for root in self.roots)


def find_clause(book: Rulebook, clause_id: str) -> Clause:
    """The clause of a book with this id. Raises KeyError."""
    waiting = list(book.roots)
    while waiting:
        clause = waiting.pop()
        if clause.id == clause_id:
            return clause
        waiting += clause.children
    raise KeyError(clause_id)


def inputs_of(clause: Clause, books: Mapping[str, Rulebook]) -> frozenset[str]:
    """Every metric that an outcome of the clause may depend on."""
    below = books[clause.book].roots if clause.book else clause.children
    derived = {name for metric in clause.metrics for name in dictionary()[metric].inputs}
    return frozenset([*clause.metrics, *derived]).union(*(inputs_of(c, books) for c in below))


def assess(book: Rulebook, figures: Figures, books: Mapping[str, Rulebook]) -> Assessment:
    """Apply a rulebook; a book with several roots has no verdict of its own."""
    roots = tuple(outcome_of(clause, figures, books) for clause in book.roots)
    verdict = roots[0].status if len(roots) == 1 and book.role != "policy" else None
    return Assessment(book, verdict, roots)


def outcome_of(clause: Clause, figures: Figures, books: Mapping[str, Rulebook]) -> Outcome:
    """Apply one clause with all below it."""
    if clause.book:
        below = tuple(outcome_of(c, figures, books) for c in books[clause.book].roots)
        return Outcome(clause, _decide("all", below), children=below)
    if clause.group:
        below = tuple(outcome_of(c, figures, books) for c in clause.children)
        return Outcome(clause, _decide(clause.group, below), children=below)
    return _test(clause, figures)


def _decide(group: str, below: Sequence[Outcome]) -> str:
    found = {outcome.status for outcome in below}
    return next(status for status in ORDER[group] if status in found)


def _test(clause: Clause, figures: Figures) -> Outcome:
    value, missing = _value(clause, figures)
    if value is None:
        # A special arrangement that most companies do not have: not stated means not there.
        return Outcome(clause, PASS if clause.optional else UNKNOWN, missing=missing)
    if not isinstance(value, Fraction):
        met = value in clause.threshold if clause.test == "in" else value == _word(clause.threshold)
        return Outcome(clause, PASS if met else FAIL, value)
    threshold = exact(clause.threshold)
    if _compare(value, clause.test, threshold):
        return Outcome(clause, PASS, value, NOTHING)
    apart = threshold - value
    return Outcome(clause, FAIL, value, -apart if apart.numerator < 0 else apart)


def _word(threshold: Any) -> str:
    return {True: "true", False: "false"}.get(threshold, threshold)


def _compare(value: Fraction, test: str, threshold: Fraction) -> bool:
    # In whole numbers: comparing two fractions takes several times as long.
    (top, bottom), (limit, over) = value.as_integer_ratio(), threshold.as_integer_ratio()
    mine, theirs = top * over, limit * bottom
    if test == ">=":
        return mine >= theirs
    if test == ">":
        return mine > theirs
    return mine <= theirs if test == "<=" else mine == theirs


@lru_cache
def exact(number: Decimal) -> Fraction:
    """A rulebook's number for comparing."""
    return Fraction(number)


def _fraction(value: Any) -> Fraction:
    return value if isinstance(value, Fraction) else Fraction(value)


Missing = tuple[tuple[str, int | None], ...]


def _value(clause: Clause, figures: Figures) -> tuple[Fraction | str | None, Missing]:
    metric = clause.metrics[0]
    if clause.over == "fact":
        return _fact(metric, figures)
    if clause.over in {"latest"} and metric in figures.facts:
        return _fact(metric, figures)
    if figures.latest_year is None:
        return None, ((metric, None),)
    span = 2 if clause.over == "growth" else clause.years
    years = range(figures.latest_year, figures.latest_year - span, -1)
    rows = {m: [figures.of_year(m, year) for year in years] for m in clause.metrics}
    missing = tuple((m, y) for m in rows for y, v in zip(years, rows[m], strict=True) if v is None)
    if clause.over == "each":
        return _worst(clause, rows[metric], missing)
    if missing:
        return None, missing
    numbers = {m: [_fraction(v) for v in values] for m, values in rows.items()}
    return _aggregate(clause, numbers), ()


def _fact(metric: str, figures: Figures) -> tuple[Fraction | str | None, Missing]:
    value = figures.facts.get(metric)
    if value is None and dictionary()[metric].yearly and figures.latest_year is not None:
        value = figures.of_year(metric, figures.latest_year)
    if value is None:
        return None, ((metric, None),)
    return (value if isinstance(value, str) else _fraction(value)), ()


def _worst(
    clause: Clause, values: Sequence[Any], missing: Missing
) -> tuple[Fraction | str | None, Missing]:
    """A test of each year fails by its worst known year, even when another is unknown."""
    known = [_fraction(v) for v in values if v is not None]
    worst = min(known, default=None)
    failed = worst is not None and not _compare(worst, clause.test, exact(clause.threshold))
    return (worst, ()) if failed or not missing else (None, missing)


def _aggregate(clause: Clause, numbers: Mapping[str, Sequence[Fraction]]) -> Fraction | None:
    first = numbers[clause.metrics[0]]
    if clause.over == "ratio_of_sums":
        below = sum(numbers[clause.metrics[1]], Fraction(0))
        return sum(first, Fraction(0)) / below * 100 if below > 0 else None
    if clause.over == "growth":
        return _growth(*first) if first[1].numerator > 0 else None
    if clause.over == "compound_growth":
        return _compound(first)
    total = sum(first[1:], first[0])
    return total / len(first) if clause.over == "mean" else total


def _growth(now: Fraction, before: Fraction) -> Fraction:
    """Percent, in whole numbers as `_compare` is."""
    (top, bottom), (base, over) = now.as_integer_ratio(), before.as_integer_ratio()
    return Fraction(100 * (top * over - base * bottom), base * bottom)


def _compound(values: Sequence[Fraction]) -> Fraction | None:
    """Yearly growth in percent; for two intervals the root is taken to 50 digits."""
    first, last, intervals = values[-1], values[0], len(values) - 1
    if first <= 0 or last <= 0:
        return None
    with localcontext() as context:
        context.prec = 50
        ratio = Decimal(last.numerator) / Decimal(last.denominator)
        ratio /= Decimal(first.numerator) / Decimal(first.denominator)
        return (Fraction(ratio ** (Decimal(1) / intervals)) - 1) * 100


def _rests_on_unverified(outcome: Outcome) -> bool:
    """Whether one of the clauses that decided this outcome is unverified."""
    if not outcome.children:
        return outcome.clause.verified in UNVERIFIED and outcome.status != UNKNOWN
    deciding = [c for c in outcome.children if c.status == outcome.status]
    return any(_rests_on_unverified(child) for child in deciding)
