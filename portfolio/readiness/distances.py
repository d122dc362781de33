"""How near all companies of a frame are to each target: `nearness` for many at once (pure)."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from functools import reduce
from typing import NamedTuple

import numpy as np

from portfolio.kernel.numbers import MICRO
from portfolio.readiness.targets import Target, targets
from portfolio.rulebook.bulk.codes import CODES
from portfolio.rulebook.bulk.evaluate import Evaluation, worst
from portfolio.rulebook.bulk.numbers import Numbers
from portfolio.rulebook.bulk.whole import Array, Flags, number
from portfolio.rulebook.engine import FAIL, PASS, UNKNOWN, exact, find_clause
from portfolio.rulebook.language import EACH
from portfolio.rulebook.model import ANY, Clause, Rulebook

MOST = 1 << 20  # of the clauses that count in one verdict


class Near(NamedTuple):
    """Row by row how many of the tests that decide fail and are unknown, and `nearness.distance`."""

    fails: Array
    unknown: Array
    distance: Array


class Standing(NamedTuple):
    """All companies under a target: their statuses as codes, and how near they are."""

    target: Target
    book: Rulebook
    status: Array
    near: Near


def standings(evaluation: Evaluation, day: dt.date) -> Iterator[Standing]:
    """The companies of a frame under every target that has a rulebook in force on the day."""
    distances = Distances(evaluation)
    for target in targets():
        book = target.book_on(day)
        if book is not None:
            clause = find_clause(book, target.clause)
            found = evaluation.found(clause)
            yield Standing(target, book, found.status, distances.near(clause))


class Distances:
    """Measures the outcomes of an evaluation."""

    def __init__(self, evaluation: Evaluation) -> None:
        self._evaluation = evaluation
        self._near: dict[int, Near] = {}

    def near(self, clause: Clause) -> Near:
        """How near every company is to meeting a clause."""
        if id(clause) not in self._near:
            self._near[id(clause)] = self._measured(clause)
        return self._near[id(clause)]

    def _measured(self, clause: Clause) -> Near:
        below = [self._where(self.near(c), here) for c, here in self._evaluation.below(clause)]
        if not below:
            return self._of_test(clause)
        join = _nearest if clause.group == ANY else _together
        found = reduce(join, below)
        if clause.skip:
            found = self._where(found, ~self._evaluation.frame.asked_for(clause.skip))
        return found

    def _where(self, near: Near, here: Flags | None) -> Near:
        return near if here is None else Near(*(np.where(here, column, 0) for column in near))

    def _of_test(self, clause: Clause) -> Near:
        status = self._evaluation.found(clause).status
        failed = status == CODES[FAIL]
        distance = np.where(status == CODES[PASS], 0, MICRO)
        if isinstance(clause.threshold, Decimal) and clause.threshold and clause.metrics:
            rows = np.flatnonzero(failed)
            if rows.size:
                distance[rows] = _short(clause, self._value(clause, rows))
        unknown = status == CODES[UNKNOWN]
        return Near(failed.astype(np.int64), unknown.astype(np.int64), distance)

    def _value(self, clause: Clause, rows: Array) -> Numbers:
        columns = self._evaluation.columns
        if clause.over == EACH:
            return worst(clause, [year.take(rows) for year in columns.of_each_year(clause)])
        return columns.read(clause).take(rows).merged()


def _short(clause: Clause, value: Numbers) -> Array:
    """Millionths of the threshold that are missing."""
    limit = exact(clause.threshold)
    wanted = value.bottom * number(limit.numerator)
    given = value.top * number(limit.denominator)
    short = (wanted - given).higher(given - wanted)
    whole = value.bottom * number(abs(limit.numerator))
    share = (short * number(MICRO)) // whole
    missing = share.lower(number(MICRO)).higher(number(1))
    return np.where(short.compare("==", number(0)), MICRO, missing.of).astype(np.int64)


def _together(one: Near, other: Near) -> Near:
    return Near(*(a + b for a, b in zip(one, other, strict=True)))


def _nearest(one: Near, other: Near) -> Near:
    """Of alternatives the one that is nearest counts, of equals the first."""
    first = one.fails * MOST + one.unknown <= other.fails * MOST + other.unknown
    return Near(*(np.where(first, a, b) for a, b in zip(one, other, strict=True)))
