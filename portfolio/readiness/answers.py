"""Assessments as JSON tells them: status, score and every clause, exact to six decimals (pure)."""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from portfolio.kernel.numbers import MICRO, ratio_micro
from portfolio.readiness.cases import Case
from portfolio.rulebook.citations import cited
from portfolio.rulebook.engine import INFO, PASS, Assessment, Outcome, assess
from portfolio.rulebook.language import IN_PERCENT
from portfolio.rulebook.loader import library
from portfolio.rulebook.metrics import dictionary
from portfolio.rulebook.model import Clause
from portfolio.rulebook.scores import Range

# What the published dictionaries call the units; any other has the same name here and there.
UNITS = {
    "wan": "cny_wan",
    "percent": "pct",
    "yuan": "cny",
    "usd_million": "USD_m",
    "cny_100m": "CNY_100m",
}


def answers(cases: Iterable[Case]) -> list[Mapping[str, Any]]:
    """One answer for each company and rulebook, in the order asked."""
    return [
        _answer(case, assess(book, case.figures, library()))
        for case in cases
        for book in case.books
    ]


def _answer(case: Case, found: Assessment) -> Mapping[str, Any]:
    score = found.score
    return {
        "company": case.company,
        "rulebook": found.book.id,
        "as_of": case.as_of.isoformat(),
        "status": found.status,
        "verification": found.verified,
        "score": score
        and {
            "total": _bounds(score.total),
            "groups": {name: _bounds(group) for name, group in score.groups.items()},
            "items": {name: _bounds(item) for name, item in score.items.items()},
        },
        "clauses": [_clause(outcome) for outcome in found.outcomes().values()],
    }


def _clause(outcome: Outcome) -> Mapping[str, Any]:
    clause = outcome.clause
    numeric = clause.tested_number
    return {
        "id": clause.id,
        "status": None if outcome.status == INFO else outcome.status,
        "value": _number(outcome.value) if numeric else None,
        "threshold": _number(Fraction(clause.threshold)) if numeric else None,
        "gap": _gap(outcome) if numeric else None,
        "unit": _unit(clause) if numeric else None,
        "citation": cited(clause.citation, "zh"),
        "verification": clause.verified,
    }


def _unit(clause: Clause) -> str:
    unit = "percent" if clause.over in IN_PERCENT else dictionary()[clause.metrics[0]].unit
    return UNITS.get(unit, unit)


def _gap(outcome: Outcome) -> int | float | None:
    """Rounded up: what is not met is not said to lack nothing."""
    gap = outcome.gap
    if gap is None or outcome.status == PASS:
        return _number(gap)
    return _number(Fraction(-(-gap.numerator * MICRO // gap.denominator), MICRO))


def _bounds(found: Range) -> list[int | float | None]:
    return [_number(found.low), _number(found.high)]


def _number(value: Fraction | str | None) -> int | float | None:
    """With at most six decimals; whole where it is whole."""
    if value is None or isinstance(value, str):
        return None
    micro = ratio_micro(*value.as_integer_ratio())
    return micro // MICRO if micro % MICRO == 0 else micro / MICRO
