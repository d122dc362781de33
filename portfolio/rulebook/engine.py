"""Applying a rulebook to a company's figures: exact, clause by clause (pure).

An unknown input makes a test unknown, never failed; where only a person can say, it is manual. In
an `all` group fail beats unknown beats manual beats pass, in an `any` group pass beats unknown
beats manual beats fail.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

from portfolio.rulebook.language import EACH
from portfolio.rulebook.marks import UNVERIFIED, weakest
from portfolio.rulebook.metrics import dictionary
from portfolio.rulebook.model import ALL, ANY, NEVER, SCORE, TIERS, Clause, Rulebook
from portfolio.rulebook.scores import Range, Score, Tried, added, points, score_of
from portfolio.rulebook.values import Figures, Missing, fraction, of_each_year, read

NOTHING = Fraction(0)
PASS, FAIL, UNKNOWN, MANUAL, INFO = "pass", "fail", "unknown", "manual", "info"
OPEN = frozenset({UNKNOWN, MANUAL})
ORDER = {ALL: (FAIL, UNKNOWN, MANUAL, PASS), ANY: (PASS, UNKNOWN, MANUAL, FAIL)}


class Outcome(NamedTuple):
    """A clause applied: its status, and for a numeric test the value and what is missing to the
    threshold (0 when met, None when unknown). `missing` names the inputs that are not known."""

    clause: Clause
    status: str
    value: Fraction | str | None = None
    gap: Fraction | None = None
    missing: Missing = ()
    children: tuple["Outcome", ...] = ()

    def walk(self) -> list["Outcome"]:
        """This outcome and all below it, in the book's order."""
        return [self, *(below for child in self.children for below in child.walk())]


@dataclass(frozen=True)
class Assessment:
    """A rulebook applied to a company; without a status a person decides."""

    book: Rulebook
    status: str | None
    roots: tuple[Outcome, ...]
    score: Score | None

    def outcomes(self) -> dict[str, Outcome]:
        """The outcome of every clause that has an id."""
        found = (outcome for root in self.roots for outcome in root.walk())
        return {outcome.clause.id: outcome for outcome in found if outcome.clause.id}

    @property
    def verified(self) -> str:
        """The weakest mark among the clauses that decided the verdict, the book's without one."""
        if self.status is None:
            return self.book.verified
        return weakest(map(mark_of, self.roots))

    @property
    def unverified(self) -> bool:
        """Whether the verdict rests on text that nobody has verified."""
        return self.verified in UNVERIFIED


def mark_of(outcome: Outcome) -> str:
    """The weakest mark among the single tests that an outcome rests on."""
    return weakest(_deciding(outcome))


def _deciding(outcome: Outcome) -> Iterator[str]:
    """The marks of the single tests that an outcome rests on."""
    decided = [
        child
        for child in outcome.children
        if child.status == outcome.status or {child.status, outcome.status} <= OPEN
    ]
    if not decided:
        yield outcome.clause.verified
    for child in decided:
        yield from _deciding(child)


def find_clause(book: Rulebook, clause_id: str) -> Clause:
    """The clause of a book with this id. Raises KeyError."""
    found = next((clause for clause in book.clauses if clause.id == clause_id), None)
    if found is None:
        raise KeyError(clause_id)
    return found


def inputs_of(clause: Clause, books: Mapping[str, Rulebook]) -> frozenset[str]:
    """Every metric that an outcome of the clause may depend on."""
    read_here = {*clause.metrics}
    below = [*clause.children, *_referred(clause, books)]
    for item in clause.items:
        read_here |= {item.metric} - {""} | {bands.metric for bands in item.bands}
        below += [test for test, _ in item.choices]
    waiting = [*read_here]
    while waiting:
        new = {*dictionary()[waiting.pop()].inputs} - read_here
        read_here |= new
        waiting += new
    return frozenset(read_here).union(*(inputs_of(c, books) for c in below))


def _referred(clause: Clause, books: Mapping[str, Rulebook]) -> tuple[Clause, ...]:
    return books[clause.book].roots if clause.book else ()


def assess(book: Rulebook, figures: Figures, books: Mapping[str, Rulebook]) -> Assessment:
    """Apply a rulebook with its score table."""
    roots = tuple(outcome_of(clause, figures, books) for clause in book.roots)
    verdict = roots[0].status if book.decides else None
    score = score_of(book, figures, lambda test: _tried(test, figures, books))
    return Assessment(book, verdict, roots, score)


def outcome_of(clause: Clause, figures: Figures, books: Mapping[str, Rulebook]) -> Outcome:
    """Apply one clause with all below it."""
    if clause.skip and figures.purpose in clause.skip:
        return Outcome(clause, PASS)
    if clause.group:
        below = tuple([outcome_of(c, figures, books) for c in clause.children])
        return Outcome(clause, decide(clause.group, below), children=below)
    if clause.metrics and clause.over != TIERS:
        return _test(clause, figures, books)
    if clause.over == TIERS:
        return _tiered(clause, figures, books)
    if clause.over == SCORE:
        return _scored(clause, figures, books)
    if clause.over == NEVER:
        return Outcome(clause, FAIL)
    below = tuple(outcome_of(c, figures, books) for c in _referred(clause, books))
    return Outcome(clause, decide(ALL, below), children=below)


def decide(group: str, below: Sequence[Outcome]) -> str:
    """What a group of outcomes comes to."""
    found = {outcome.status for outcome in below}
    return next(status for status in ORDER[group] if status in found)


def _test(clause: Clause, figures: Figures, books: Mapping[str, Rulebook]) -> Outcome:
    if clause.over == EACH:
        value, missing = _worst(clause, figures)
    else:
        value, missing = read(clause, figures)
    if value is None:
        return _unknown(clause, figures, books, missing)
    threshold = clause.threshold
    if isinstance(value, str):
        return Outcome(clause, _worded(clause, value), value)
    limit, number = exact(threshold), fraction(value)
    if clause.info:
        return Outcome(clause, INFO, number)
    if _compare(number, clause.test, limit):
        return Outcome(clause, PASS, number, NOTHING)
    apart = limit - number
    return Outcome(clause, FAIL, number, -apart if apart.numerator < 0 else apart)


def _worded(clause: Clause, value: str) -> str:
    if clause.info:
        return INFO
    threshold = clause.threshold
    met = value in threshold if clause.test == "in" else value == word_of(threshold)
    return PASS if met else FAIL


def _unknown(
    clause: Clause, figures: Figures, books: Mapping[str, Rulebook], missing: Missing
) -> Outcome:
    if clause.info:
        return Outcome(clause, INFO, missing=missing)
    if clause.optional:
        # A special arrangement that most companies do not have: not stated means not there.
        return Outcome(clause, PASS, missing=missing)
    if clause.book:
        below = [outcome_of(c, figures, books) for c in _referred(clause, books)]
        lacking = tuple(dict.fromkeys(name for b in below for o in b.walk() for name in o.missing))
        return Outcome(clause, decide(ALL, below), missing=lacking)
    return Outcome(clause, _open(missing), missing=missing)


def _open(missing: Missing) -> str:
    """What is open is up to a person where nothing but judgements lacks."""
    judged = missing and all(dictionary()[name].judgement for name, _ in missing)
    return MANUAL if judged else UNKNOWN


def _worst(clause: Clause, figures: Figures) -> tuple[Fraction | None, Missing]:
    """A test of each year fails by its worst known year, even when another is unknown."""
    known, missing = of_each_year(clause, figures)
    upward = clause.test in {">=", ">"}
    worst = (min if upward else max)(known, default=None)
    failed = worst is not None and not _compare(worst, clause.test, exact(clause.threshold))
    return (worst, ()) if failed or not missing else (None, missing)


def _tiered(clause: Clause, figures: Figures, books: Mapping[str, Rulebook]) -> Outcome:
    """The first tier that the value reaches; without a value what all tiers agree on."""
    value, missing = read(clause, figures)
    if value is None:
        below = tuple(outcome_of(c, figures, books) for c in clause.children)
        found = {outcome.status for outcome in below}
        status = found.pop() if len(found) == 1 else UNKNOWN
        return Outcome(clause, status, missing=missing, children=below)
    cases = zip(clause.floors, clause.children, strict=True)
    case = next(case for floor, case in cases if floor is None or value >= floor)
    below = (outcome_of(case, figures, books),)
    return Outcome(clause, below[0].status, children=below)


def _scored(clause: Clause, figures: Figures, books: Mapping[str, Rulebook]) -> Outcome:
    """Decided once the whole range of points is on one side of the threshold."""
    found, limit = added(scored_items(clause, figures, books)), exact(clause.threshold)
    met = {_compare(end, clause.test, limit) for end in (found.low, found.high)}
    between = clause.test == "==" and found.low < limit < found.high
    if len(met) == 1 and not between:
        return Outcome(clause, PASS if met.pop() else FAIL)
    return Outcome(clause, _open(found.missing), missing=found.missing)


def scored_items(
    clause: Clause, figures: Figures, books: Mapping[str, Rulebook]
) -> Sequence[Range]:
    """What each item of a tested score may be worth, in the order of the clause's items."""
    return [points(i, figures, lambda t: _tried(t, figures, books)) for i in clause.items]


def _tried(test: Clause, figures: Figures, books: Mapping[str, Rulebook]) -> Tried:
    outcome = outcome_of(test, figures, books)
    holds = None if outcome.status in OPEN else outcome.status == PASS
    return holds, tuple(name for o in outcome.walk() for name in o.missing)


def word_of(threshold: Any) -> str:
    return {True: "true", False: "false"}.get(threshold, threshold)


def _compare(value: Fraction, test: str, threshold: Fraction) -> bool:
    # In whole numbers: comparing two fractions takes several times as long.
    (top, bottom), (limit, over) = value.as_integer_ratio(), threshold.as_integer_ratio()
    mine, theirs = top * over, limit * bottom
    if test == ">=":
        return mine >= theirs
    if test == ">":
        return mine > theirs
    if test == "<":
        return mine < theirs
    return mine <= theirs if test == "<=" else mine == theirs


@lru_cache
def exact(number: Decimal) -> Fraction:
    """A rulebook's number for comparing."""
    return Fraction(number)
