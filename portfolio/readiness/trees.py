"""A target's outcome as a tree for reading: groups, tests and score tables, each with what it found,
what is missing and where to enter it (pure)."""

from collections.abc import Sequence
from dataclasses import dataclass

from portfolio.readiness.gaps import Gap, gaps_of
from portfolio.readiness.results import Result, by_nearness, nearest_way, relevant, undecided_tiers
from portfolio.readiness.shortfalls import Shortfall, shortfall_of
from portfolio.readiness.used import Used, used_in
from portfolio.rulebook.citations import Reference
from portfolio.rulebook.engine import OPEN, Outcome, scored_items
from portfolio.rulebook.loader import library
from portfolio.rulebook.model import ALL, ANY, SCORE, Item
from portfolio.rulebook.scores import Range, added
from portfolio.rulebook.values import Figures

TEST = "test"


@dataclass(frozen=True, eq=False)
class Line:
    """One line of a score table, and what it may be worth."""

    item: Item
    worth: Range
    gaps: tuple[Gap, ...]


@dataclass(frozen=True, eq=False)
class Node:
    """A clause with its outcome.

    `kind` is `all`, `any`, `test` or `score`. `aside` says that it is one of several alternatives
    and not the one that counts. `undefined` that every input is known and yet there is no value:
    a share of nothing, a growth from nothing. `cited` that its reference is not the one above it.
    """

    outcome: Outcome
    kind: str
    children: tuple["Node", ...] = ()
    aside: bool = False
    cited: bool = True
    undefined: bool = False
    shortfall: Shortfall | None = None
    used: tuple[Used, ...] = ()
    gaps: tuple[Gap, ...] = ()
    lines: tuple[Line, ...] = ()

    @property
    def status(self) -> str:
        """What it came to."""
        return self.outcome.status

    @property
    def score(self) -> Range:
        """The points of a score table together."""
        return added(line.worth for line in self.lines)


@dataclass(frozen=True)
class _Reader:
    figures: Figures
    reported: int

    def node(self, outcome: Outcome, above: Reference, aside: bool = False) -> Node:
        cited = outcome.clause.citation != above
        if outcome.children and not undecided_tiers(outcome):
            kind = ANY if outcome.clause.group == ANY else ALL
            return Node(outcome, kind, self._below(outcome), aside, cited)
        if outcome.clause.over == SCORE:
            return Node(outcome, SCORE, aside=aside, cited=cited, lines=self._lines(outcome))
        gaps = self._gaps(outcome)
        return Node(
            outcome,
            TEST,
            aside=aside,
            cited=cited,
            undefined=outcome.status in OPEN and not gaps,
            shortfall=shortfall_of(outcome, self.figures),
            used=used_in(outcome, self.figures),
            gaps=gaps,
        )

    def _below(self, outcome: Outcome) -> tuple[Node, ...]:
        """What is open first; of alternatives the one that counts, then the others as they are."""
        children, above = outcome.children, outcome.clause.citation
        if outcome.clause.group != ANY:
            ordered = sorted(children, key=by_nearness)
            return tuple(self.node(child, above) for child in ordered)
        best = nearest_way([c.status for c in children], [relevant(c) for c in children])
        rest = [self.node(c, above, aside=True) for c in children if c is not children[best]]
        return self.node(children[best], above), *rest

    def _gaps(self, outcome: Outcome) -> tuple[Gap, ...]:
        if outcome.status not in OPEN:
            return ()
        return gaps_of(outcome.missing, self.figures, self.reported)

    def _lines(self, outcome: Outcome) -> tuple[Line, ...]:
        worths = scored_items(outcome.clause, self.figures, library())
        lines = zip(outcome.clause.items, worths, strict=True)
        return tuple(
            Line(item, worth, gaps_of(worth.missing, self.figures, self.reported))
            for item, worth in lines
        )


def tree_of(result: Result, figures: Figures, reported: int) -> Node:
    """The tree of a result; `reported` is the fiscal year to ask for where none is known."""
    return _Reader(figures, reported).node(result.outcome, result.book.document)


def inputs_missing(tests: Sequence[Outcome], figures: Figures, reported: int) -> tuple[Gap, ...]:
    """Every input that some tests lack, each once."""
    open_tests = (test for test in tests if test.status in OPEN)
    found = (gap for t in open_tests for gap in gaps_of(t.missing, figures, reported))
    return tuple(dict.fromkeys(found))
