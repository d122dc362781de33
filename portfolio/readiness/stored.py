"""What is stored of a company's outcomes; the same inputs are assessed once (pure)."""

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from portfolio.kernel.numbers import micro_text, ratio_micro
from portfolio.readiness.nearness import distance
from portfolio.readiness.targets import Result, Stated, Target, figures_of_year, latest_of, targets
from portfolio.rulebook.engine import Outcome, find_clause, inputs_of, outcome_of
from portfolio.rulebook.loader import Clause, Rulebook, library

MOST_KNOWN = 20_000


@dataclass(frozen=True)
class Stored:
    """An outcome as its row has it: `outcome` is JSON, clause by clause."""

    target: str
    book: str
    status: str
    outcome: str
    distance: int


@dataclass(frozen=True)
class _Question:
    target: Target
    book: Rulebook
    clause: Clause
    inputs: frozenset[str]


class Assessor:
    """Assesses many companies on one day."""

    def __init__(self, day: dt.date) -> None:
        self.day = day
        self.questions = list(_questions(day))
        self.known: dict[Any, Stored] = {}

    def stored(self, stated: Sequence[Stated]) -> list[Stored]:
        """The outcome under each target of a company with these figures."""
        latest, _ = latest_of(stated, self.day)
        said = [
            (metric, None if year is None or latest is None else year - latest, micro, choice)
            for metric, year, micro, choice, _ in stated
            if year is None or latest is not None
        ]
        return [self._answer(question, latest, said, stated) for question in self.questions]

    def _answer(
        self,
        question: _Question,
        latest: int | None,
        said: Sequence[tuple[str, int | None, int | None, str | None]],
        stated: Sequence[Stated],
    ) -> Stored:
        """The stored outcome, assessed unless one with the very same inputs was."""
        inputs = question.inputs
        key = (question.target.key, latest is None, frozenset(s for s in said if s[0] in inputs))
        found = self.known.get(key)
        if found is None:
            if len(self.known) >= MOST_KNOWN:
                self.known.clear()
            figures = figures_of_year([row for row in stated if row[0] in inputs], latest)
            outcome = outcome_of(question.clause, figures, library())
            found = self.known[key] = _stored(Result(question.target, question.book, outcome))
        return found


def _questions(day: dt.date) -> Iterator[_Question]:
    for target in targets():
        book = target.book_on(day)
        if book is not None:
            clause = find_clause(book, target.clause)
            yield _Question(target, book, clause, inputs_of(clause, library()))


def _stored(result: Result) -> Stored:
    clauses = [_clause(outcome) for outcome in result.outcome.walk()]
    return Stored(
        result.target.key,
        result.book.id,
        result.outcome.status,
        json.dumps(clauses, ensure_ascii=False),
        distance(result),
    )


def _clause(outcome: Outcome) -> Mapping[str, Any]:
    return {
        "id": outcome.clause.id,
        "status": outcome.status,
        "value": number_text(outcome.value),
        "gap": number_text(outcome.gap),
    }


def number_text(value: Any) -> str | None:
    """An exact number with at most six decimals as text; words stay words."""
    if value is None or isinstance(value, str):
        return value
    return micro_text(ratio_micro(*value.as_integer_ratio()))
