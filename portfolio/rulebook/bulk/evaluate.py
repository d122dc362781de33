"""Rulebooks applied to a frame: what `engine` does for one company, for all at once (pure).

    evaluation = Evaluation(frame, library())
    found = evaluation.assess(book)
    found.status            # codes, row by row; None where a person decides
    found.clauses["..."]    # codes by clause; 0 where the clause was not asked

Large frames are best evaluated in slices of `SLICE` rows, which the processor keeps at hand.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from typing import Any

import numpy as np

from portfolio.rulebook.bulk.codes import choose, decide, either, full
from portfolio.rulebook.bulk.columns import Columns, Reading
from portfolio.rulebook.bulk.frame import UNSAID, Frame, words_of
from portfolio.rulebook.bulk.lacks import lacking, open_status
from portfolio.rulebook.bulk.numbers import Numbers, extreme
from portfolio.rulebook.bulk.scores import Found, Points, Score
from portfolio.rulebook.bulk.whole import Array, Flags
from portfolio.rulebook.engine import FAIL, INFO, PASS, UNKNOWN, exact, word_of
from portfolio.rulebook.language import EACH
from portfolio.rulebook.metrics import dictionary
from portfolio.rulebook.model import ALL, NEVER, SCORE, TIERS, Clause, Rulebook
from portfolio.rulebook.routing import applying

SLICE = 1 << 15


@dataclass(frozen=True)
class Assessments:
    """A rulebook applied to every company of a frame."""

    book: Rulebook
    status: Array | None
    clauses: Mapping[str, Array]
    score: Score | None


class Evaluation:
    """Applies rulebooks to a frame; what two of them ask alike is computed once."""

    def __init__(self, frame: Frame, books: Mapping[str, Rulebook]) -> None:
        self.frame, self.books = frame, books
        self.columns = Columns(frame)
        self._points = Points(self.columns, self.found)
        self._found: dict[int, Found] = {}
        self._tests: dict[Any, Found] = {}

    def assess(self, book: Rulebook) -> Assessments:
        """Apply a rulebook with its score table."""
        status = self.found(book.roots[0]).status if book.decides else None
        clauses: dict[str, Array] = {}
        for root in book.roots:
            self._collect(root, clauses)
        score = self._points.score_of(book)
        # Other books have clauses of their own; memory used again is quicker than new memory.
        self._found.clear()
        self._points.forget()
        return Assessments(book, status, clauses, score)

    def found(self, clause: Clause) -> Found:
        """Apply one clause with all below it."""
        if id(clause) not in self._found:
            status, lacks = self._applied(clause)
            if clause.skip:
                skipped = self.frame.asked_for(clause.skip)
                status, lacks = choose(skipped, PASS, status), lacks * ~skipped
            self._found[id(clause)] = Found(status, lacks)
        return self._found[id(clause)]

    def _applied(self, clause: Clause) -> Found:
        if clause.group:
            return self._together(clause.group, clause.children)
        if clause.over == TIERS:
            return self._tiered(clause)
        if clause.metrics:
            return self._test(clause)
        if clause.over == SCORE:
            return self._scored(clause)
        if clause.over == NEVER:
            return Found(full(self.frame.size, FAIL), self._none)
        return self._together(ALL, self.books[clause.book].roots)

    @property
    def _none(self) -> Array:
        return np.zeros(self.frame.size, dtype=np.uint8)

    def _together(self, group: str, clauses: tuple[Clause, ...]) -> Found:
        below = [self.found(clause) for clause in clauses]
        lacks = reduce(np.bitwise_or, [one.lacks for one in below])
        return Found(decide(group, [one.status for one in below]), lacks)

    def _test(self, clause: Clause) -> Found:
        compared = (clause.metrics, clause.over, clause.years, clause.test, clause.threshold)
        key = (compared, clause.optional, clause.info, clause.book)
        if key not in self._tests:
            known, met, lacks = self._compared(clause)
            if clause.info:
                status = full(self.frame.size, INFO)
            elif clause.optional:
                status = choose(met | ~known, PASS, FAIL)
            else:
                unknown = open_status(lacks)
                if clause.book:
                    unknown, below = self._together(ALL, self.books[clause.book].roots)
                    lacks = either(known, lacks, below)
                status = choose(known, choose(met, PASS, FAIL), unknown)
            self._tests[key] = Found(status, lacks)
        return self._tests[key]

    def _compared(self, clause: Clause) -> tuple[Flags, Flags, Array]:
        """Where the value is known, where it passes, and what lacks."""
        metric, test = clause.metrics[0], clause.test
        if not isinstance(clause.threshold, Decimal):
            words = words_of(dictionary()[metric])
            given = clause.threshold if test == "in" else (word_of(clause.threshold),)
            codes = self.columns.words(metric)
            met = reduce(np.bitwise_or, [codes == words.index(word) for word in given])
            return codes != UNSAID, met, lacking(codes == UNSAID, metric)
        limit = exact(clause.threshold)
        if clause.over == EACH:
            years = self.columns.of_each_year(clause)
            missing = ~np.logical_and.reduce([year.known for year in years])
            compared = [worst(clause, years)] if test == "==" else years
            failed = reduce(np.bitwise_or, [c.known & ~c.compare(test, limit) for c in compared])
            return failed | ~missing, ~failed, lacking(missing & ~failed, metric)
        value = self.columns.read(clause)
        met = value.compare(test, limit) & value.known
        if clause.years == 1:
            return value.known, met, lacking(~value.known, metric)
        lacks = [lacking(where, name) for name, where in self.columns.lacking(clause)]
        return value.known, met, reduce(np.bitwise_or, lacks)

    def cases(self, clause: Clause) -> Iterator[tuple[Clause, Flags]]:
        """The tiers of a clause, and where each applies."""
        value = self.columns.latest(clause.metrics[0])
        left = value.known
        for floor, case in zip(clause.floors, clause.children, strict=True):
            here = left if floor is None else left & value.compare(">=", exact(floor))
            left = left & ~here
            yield case, here

    def _tiered(self, clause: Clause) -> Found:
        """The first tier that the value reaches; without a value what all tiers agree on."""
        below = [self.found(case) for case in clause.children]
        agreed = np.logical_and.reduce([one.status == below[0].status for one in below])
        status = choose(agreed, below[0].status, UNKNOWN)
        known = self.columns.latest(clause.metrics[0]).known
        lacks = reduce(np.bitwise_or, [one.lacks for one in below])
        lacks = lacks | lacking(~known, clause.metrics[0])
        for case, here in self.cases(clause):
            found = self.found(case)
            status, lacks = choose(here, found.status, status), either(here, found.lacks, lacks)
        return Found(status, lacks)

    def _scored(self, clause: Clause) -> Found:
        """Decided once the whole range of points is on one side of the threshold."""
        found = self._points.added(map(self._points.points, clause.items))
        limit = exact(clause.threshold)
        low, high = (end.compare(clause.test, limit) for end in (found.low, found.high))
        decided = low == high
        if clause.test == "==":
            between = found.low.compare("<", limit) & found.high.compare(">", limit)
            decided &= ~between
        status = choose(decided, choose(low, PASS, FAIL), open_status(found.lacks))
        return Found(status, found.lacks * ~decided)

    def below(self, clause: Clause) -> Iterator[tuple[Clause, Flags | None]]:
        """The clauses that an outcome stands on, and where; None is everywhere."""
        if clause.over == TIERS:
            unknown = ~self.columns.latest(clause.metrics[0]).known
            yield from ((case, here | unknown) for case, here in self.cases(clause))
        elif not clause.metrics:
            children = self.books[clause.book].roots if clause.refers else clause.children
            yield from ((child, None) for child in children)

    def walk(
        self, clause: Clause, asked: Flags | None = None
    ) -> Iterator[tuple[Clause, Array, Flags | None]]:
        """A clause and all that its outcome may stand on, in the order of the tree: the statuses,
        and where each is asked; None is everywhere."""
        yield clause, self.found(clause).status, asked
        if clause.skip:
            asked = _both(asked, ~self.frame.asked_for(clause.skip))
        for child, here in self.below(clause):
            yield from self.walk(child, _both(asked, here))

    def _collect(self, root: Clause, found: dict[str, Array]) -> None:
        """The statuses of all clauses that have an id, where they are asked."""
        for clause, status, asked in self.walk(root):
            if clause.id:
                others = found.get(clause.id, self._none)
                found[clause.id] = status if asked is None else either(asked, status, others)


def worst(clause: Clause, years: Iterable[Reading]) -> Numbers:
    """Of a test of each year the worst known value."""
    test = "<=" if clause.test in {">=", ">"} else ">="
    return extreme([year.merged() for year in years], test)


def _both(one: Flags | None, other: Flags | None) -> Flags | None:
    if one is None or other is None:
        return other if one is None else one
    return one & other


def routed(frame: Frame, day: dt.date) -> Mapping[str, Array]:
    """By rulebook the rows of the companies that it applies to where none are named."""
    places: dict[tuple[str | None, str], list[int]] = {}
    for row, company in enumerate(frame.companies):
        places.setdefault((company.region, company.purpose), []).append(row)
    found: dict[str, list[int]] = {}
    for (region, purpose), rows in places.items():
        for book in applying(day, region, purpose):
            found.setdefault(book.id, []).extend(rows)
    return {name: np.array(sorted(rows), dtype=np.int64) for name, rows in found.items()}
