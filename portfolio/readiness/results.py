"""A company's outcome under each target, and the single tests that decide it (pure)."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from portfolio.kernel.titles import TitledEnum
from portfolio.readiness.targets import Target, targets
from portfolio.rulebook.engine import (
    FAIL,
    INFO,
    MANUAL,
    ORDER,
    PASS,
    UNKNOWN,
    Outcome,
    exact,
    mark_of,
    outcome_of,
)
from portfolio.rulebook.loader import library
from portfolio.rulebook.marks import UNVERIFIED
from portfolio.rulebook.model import ANY, TIERS, Rulebook
from portfolio.rulebook.values import Figures


class Verdict(TitledEnum):
    """What a pre-assessment says."""

    PASS = "pass", "满足", "Met"
    FAIL = "fail", "不满足", "Not met"
    UNKNOWN = "unknown", "待补材料", "Unknown"
    MANUAL = "manual", "待人工判断", "For a person to judge"


@dataclass(frozen=True)
class Result:
    """A target's outcome for one company on a day."""

    target: Target
    book: Rulebook
    outcome: Outcome

    @property
    def status(self) -> str:
        """`pass`, `fail`, `unknown` or `manual`."""
        return self.outcome.status

    @property
    def verified(self) -> str:
        """The weakest mark among the clauses that decided it."""
        return mark_of(self.outcome)

    @property
    def unverified(self) -> bool:
        """Whether it rests on text that nobody has verified: it moves no company by itself."""
        return self.verified in UNVERIFIED

    @property
    def tests(self) -> list[Outcome]:
        """The single tests that matter, by nearness: failed first, then unknown, then those that
        a person must judge, then met.

        Of alternatives only the best stands here: the one that is met, else the nearest.
        """
        return sorted(self.deciding, key=by_nearness)

    @property
    def deciding(self) -> list[Outcome]:
        """The same tests in the order of the rulebook."""
        return relevant(self.outcome)


def relevant(outcome: Outcome) -> list[Outcome]:
    """The single tests that an outcome rests on, in the order of the rulebook.

    Tiers of which none is chosen yet are one test: what is asked is the figure that chooses.
    """
    if not outcome.children or undecided_tiers(outcome):
        return [outcome]
    below = [relevant(child) for child in outcome.children]
    if outcome.clause.group != ANY:
        return [test for tests in below for test in tests]
    return below[nearest_way([child.status for child in outcome.children], below)]


def undecided_tiers(outcome: Outcome) -> bool:
    """Whether it stands over tiers, and the figure that chooses one is unknown."""
    return outcome.clause.over == TIERS and bool(outcome.missing)


def nearest_way(statuses: Sequence[str], ways: Sequence[Sequence[Outcome]]) -> int:
    """Which of several alternatives counts: by its status, then by how much of it is open."""
    ranks = [ORDER[ANY].index(status) for status in statuses]
    return min(range(len(ways)), key=lambda place: (ranks[place], *_open(ways[place])))


def _open(tests: Sequence[Outcome]) -> tuple[int, int, int]:
    """How far tests are from being met: failures weigh more than open questions."""
    states = [test.status for test in tests]
    return states.count(FAIL), states.count(UNKNOWN), states.count(MANUAL)


_ORDER = {FAIL: 0, UNKNOWN: 1, MANUAL: 2, PASS: 3, INFO: 4}


def by_nearness(leaf: Outcome) -> tuple[int, float]:
    """To sort outcomes by: what fails first and of that the nearest, what is met last."""
    order = _ORDER[leaf.status]
    threshold = leaf.clause.threshold
    if leaf.gap and threshold and not isinstance(threshold, str | tuple):
        return order, float(leaf.gap / abs(exact(threshold)))
    return order, 0.0


def results(
    figures: Figures,
    day: dt.date,
    region: str | None = None,
    among: Iterable[Target] | None = None,
) -> list[Result]:
    """The outcome of every target, or some, that has a rulebook which applies on the day in the
    region."""
    assessing = Assessing(figures, day, region)
    found = map(assessing.result, targets() if among is None else among)
    return [result for result in found if result is not None]


@dataclass
class Assessing:
    """One company on one day; a book that several targets ask about is applied once."""

    figures: Figures
    day: dt.date
    region: str | None
    _outcomes: dict[str, dict[int, Outcome]] = field(default_factory=dict)

    def result(self, target: Target) -> Result | None:
        """The outcome of a target; None where no rulebook applies on the day in the region."""
        book = target.book_on(self.day, self.region, self.figures.purpose)
        if book is None:
            return None
        clause = target.clause_of(book)
        known = self._of(book).get(id(clause))
        return Result(target, book, known or outcome_of(clause, self.figures, library()))

    def _of(self, book: Rulebook) -> dict[int, Outcome]:
        if book.id not in self._outcomes:
            roots = [outcome_of(root, self.figures, library()) for root in book.roots]
            self._outcomes[book.id] = {id(o.clause): o for root in roots for o in root.walk()}
        return self._outcomes[book.id]
