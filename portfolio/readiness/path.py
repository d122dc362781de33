"""How a company's outcomes came about: under each target step by step, and what each step was due to
(pure)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from portfolio.kernel.titles import TitledEnum
from portfolio.readiness.nodes import STATUSES, nodes_of
from portfolio.readiness.stored import Stored
from portfolio.readiness.targets import Target, targets
from portfolio.rulebook.loader import library
from portfolio.rulebook.model import Clause, Rulebook

MOST_CLAUSES = 5


class Cause(TitledEnum):
    """What led to a step."""

    FIRST = "first", "首次预评估", "First assessed"
    VERSION = "version", "规则换版", "Another version of the rules"
    INPUTS = "inputs", "数据变化", "Other figures"
    ENDED = "ended", "不再适用", "No longer applies"


@dataclass(frozen=True)
class State:
    """What was stored of a company at an instant, by the rules of a day."""

    at: datetime
    as_of: date
    outcomes: Sequence[Stored]


@dataclass(frozen=True)
class Turn:
    """A clause that came to something else."""

    clause: Clause
    before: str
    after: str


@dataclass(frozen=True)
class Step:
    """From when a target's verdict stood so, and why; without an outcome nothing applied any more."""

    at: datetime
    as_of: date
    cause: Cause
    outcome: Stored | None
    turns: Sequence[Turn] = ()

    @property
    def book(self) -> Rulebook | None:
        """The rulebook of the verdict."""
        return library().get(self.outcome.book) if self.outcome else None


def paths(states: Sequence[State]) -> Sequence[tuple[Target, Sequence[Step]]]:
    """By target the steps of its verdict, the newest first; `states` the oldest first.

    A step is another verdict, another version, or another number of open tests.
    """
    found = []
    for target in targets():
        steps = [*_steps(target, states)]
        if steps:
            found.append((target, steps[::-1]))
    return found


def _steps(target: Target, states: Sequence[State]) -> Iterator[Step]:
    before: Stored | None = None
    for state in states:
        now = next((one for one in state.outcomes if one.target == target.key), None)
        if _looks(now) == _looks(before):
            continue
        yield Step(state.at, state.as_of, _cause(before, now), now, _turns(target, before, now))
        before = now


def _looks(stored: Stored | None) -> tuple[str, str, int] | None:
    return None if stored is None else (stored.book, stored.status, stored.open_tests)


def _cause(before: Stored | None, now: Stored | None) -> Cause:
    if now is None:
        return Cause.ENDED
    if before is None:
        return Cause.FIRST
    return Cause.INPUTS if before.book == now.book else Cause.VERSION


def _turns(target: Target, before: Stored | None, now: Stored | None) -> Sequence[Turn]:
    """The single tests that came to something else, by the same rulebook."""
    if before is None or now is None or before.book != now.book or now.book not in target.books:
        return ()
    nodes = nodes_of(target, library()[now.book])
    if not len(nodes) == len(before.clauses) == len(now.clauses):
        return ()
    found = (
        Turn(clause, STATUSES[old], STATUSES[new])
        for clause, old, new in zip(nodes, before.clauses, now.clauses, strict=True)
        if old != new and clause.metrics and {old, new} <= STATUSES.keys()
    )
    return [*found][:MOST_CLAUSES]
