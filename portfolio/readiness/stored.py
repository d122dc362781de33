"""What is stored of a company's outcomes; the same inputs are assessed once (pure)."""

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from portfolio.kernel.numbers import micro_text, ratio_micro
from portfolio.readiness.inputs import Stated, figures_of_year, latest_of
from portfolio.readiness.nearness import distance
from portfolio.readiness.results import Result
from portfolio.readiness.targets import Target, kept_targets
from portfolio.rulebook.engine import Outcome, inputs_of, outcome_of
from portfolio.rulebook.loader import library
from portfolio.rulebook.model import Clause, Rulebook

MOST_KNOWN = 20_000
_ENCODER = json.JSONEncoder(ensure_ascii=False)


class Stored(NamedTuple):
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
        self.asking: dict[str, list[int]] = {}  # by metric the places of the questions that need it
        for place, question in enumerate(self.questions):
            for metric in question.inputs:
                self.asking.setdefault(metric, []).append(place)
        self.known: dict[Any, Stored] = {}

    def stored(self, stated: Sequence[Stated]) -> list[Stored]:
        """The outcome under each target of a company with these figures."""
        stated = [row for row in stated if row.holds(self.day)]
        latest, _ = latest_of(stated, self.day)
        heard: list[list[Stated]] = [[] for _ in self.questions]
        for row in stated:
            for place in self.asking.get(row.metric, ()):
                heard[place].append(row)
        return [self._answer(place, latest, rows) for place, rows in enumerate(heard)]

    def _answer(self, place: int, latest: int | None, stated: Sequence[Stated]) -> Stored:
        """The stored outcome of a question, assessed unless one with the very same inputs was."""
        key = (place, latest is None, frozenset(_since(latest, stated)))
        found = self.known.get(key)
        if found is None:
            if len(self.known) >= MOST_KNOWN:
                self.known.clear()
            question = self.questions[place]
            outcome = outcome_of(question.clause, figures_of_year(stated, latest), library())
            found = self.known[key] = _stored(Result(question.target, question.book, outcome))
        return found


def _since(
    latest: int | None, stated: Iterable[Stated]
) -> Iterator[tuple[str, int | None, int | None, str | None]]:
    """What was stated, its years counted from the latest one."""
    for metric, year, micro, choice, *_ in stated:
        if year is None or latest is not None:
            yield metric, None if year is None or latest is None else year - latest, micro, choice


def _questions(day: dt.date) -> Iterator[_Question]:
    for target in kept_targets():
        book = target.book_on(day, None)
        if book is not None:
            clause = target.clause_of(book)
            yield _Question(target, book, clause, inputs_of(clause, library()))


def _stored(result: Result) -> Stored:
    clauses = [_clause(outcome) for outcome in result.outcome.walk() if outcome.clause.id]
    return Stored(
        result.target.key,
        result.book.id,
        result.outcome.status,
        _ENCODER.encode(clauses),
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
