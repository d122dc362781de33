"""How near a company is to meeting a target: one number to sort by, and the clause that is hardest
(pure)."""

from collections.abc import Iterable, Sequence

from portfolio.kernel.numbers import MICRO
from portfolio.readiness.results import Result
from portfolio.rulebook.engine import Outcome, exact


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
    """Of the tests that made a verdict, in the order of the rulebook, the one that most is missing
    to."""
    return max((test for test in tests if test.status == status), key=_missing)
