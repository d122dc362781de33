"""How near a company is to meeting a target: one number to sort by, and the clause that is hardest
(pure)."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

from portfolio.kernel.numbers import MICRO
from portfolio.readiness.results import Result
from portfolio.readiness.targets import Target, targets
from portfolio.rulebook.engine import Outcome, exact
from portfolio.rulebook.loader import library
from portfolio.rulebook.metrics import dictionary
from portfolio.rulebook.model import Clause


def distance(result: Result) -> int:
    """Millionths of a clause that are missing: 0 when it is met, a million for each clause that
    is unknown or not met at all, and of a number that is short its share of the threshold."""
    return missing(result.deciding)


def missing(tests: Iterable[Outcome]) -> int:
    """What is missing to the tests that decide, together."""
    return sum(map(_missing, tests))


def _missing(test: Outcome) -> int:
    if test.status == "pass":
        return 0
    threshold = test.clause.threshold
    if not test.gap or isinstance(threshold, str | tuple | bool) or not threshold:
        return MICRO
    (top, bottom), (whole, part) = test.gap.as_integer_ratio(), exact(threshold).as_integer_ratio()
    return max(1, min(MICRO, top * part * MICRO // abs(bottom * whole)))


def hardest_of(status: str, tests: Sequence[Outcome]) -> Outcome:
    """Of the tests that made a verdict the one that most is missing to."""
    return max((test for test in tests if test.status == status), key=_missing)


@dataclass(frozen=True)
class Near:
    """A stored outcome for reading: its target and verdict, the hardest of the clauses that decided
    it, and how many are unknown."""

    target: Target
    status: str
    hardest: Outcome
    unknown: int


@lru_cache(maxsize=20_000)
def near(target_key: str, book_id: str, stored: str) -> Near | None:
    """What a stored outcome says; None where the rulebook no longer has its target or clauses."""
    target = next((t for t in targets() if t.key == target_key), None)
    book = library().get(book_id)
    if target is None or book is None:
        return None
    rows = {row["id"]: row for row in json.loads(stored)}
    outcome = _restored(target.clause_of(book), rows) if book.id in target.books else None
    if outcome is None:
        return None
    tests = Result(target, book, outcome).tests
    unknown = sum(test.status == "unknown" for test in tests)
    return Near(target, outcome.status, hardest_of(outcome.status, tests), unknown)


def _restored(clause: Clause, rows: Mapping[str, Mapping[str, Any]]) -> Outcome | None:
    """The outcome as it was computed, from its stored rows."""
    row = rows.get(clause.id)
    below = library()[clause.refers].roots if clause.refers else clause.children
    children = tuple(o for child in below if (o := _restored(child, rows)))
    if row is None or len(children) != len(below):
        return None
    value, gap = row["value"], row["gap"]
    if value is not None and dictionary()[clause.metrics[0]].numeric:
        value = Fraction(value)
    return Outcome(clause, row["status"], value, Fraction(gap) if gap else None, (), children)
