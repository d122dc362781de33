"""A stored outcome for reading: what it says of how near a company is (pure)."""

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from portfolio.kernel.numbers import MICRO
from portfolio.readiness.nodes import nodes_of, restored
from portfolio.readiness.results import Result
from portfolio.readiness.stored import Stored
from portfolio.readiness.targets import Target, target_of
from portfolio.rulebook.engine import FAIL, UNKNOWN, Outcome, exact
from portfolio.rulebook.loader import library
from portfolio.rulebook.model import Clause


@dataclass(frozen=True)
class Near:
    """A stored outcome for reading: its target, rulebook and verdict, the hardest of the clauses that
    decided it, and how many are unknown."""

    target: Target
    book: str
    status: str
    hardest: Outcome
    unknown: int


@lru_cache(maxsize=20_000)
def near(stored: Stored) -> Near | None:
    """What a stored outcome says; None where the rulebook no longer has its target or clauses."""
    target, book, hardest = target_of(stored.target), library().get(stored.book), stored.hardest
    if target is None or book is None or book.id not in target.books:
        return None
    outcome = restored(target.clause_of(book), stored.clauses)
    if outcome is None:
        return None
    tests = Result(target, book, outcome).deciding
    unknown = sum(test.status == UNKNOWN for test in tests)
    if hardest is None:
        test = next((t for t in tests if t.status == outcome.status), tests[0])
    else:
        test = _short_by(nodes_of(target, book)[hardest], stored.gap)
    return Near(target, book.id, outcome.status, test, unknown)


def _short_by(clause: Clause, gap: int | None) -> Outcome:
    """A failed test, with its value where something is missing to a number."""
    if gap is None:
        return Outcome(clause, FAIL)
    short = Fraction(gap, MICRO)
    value = exact(clause.threshold) + (short if clause.test in {"<", "<="} else -short)
    return Outcome(clause, FAIL, value, short)
