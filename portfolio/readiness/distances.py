"""How near all companies of a frame are to each target: `nearness` for many at once (pure)."""

import datetime as dt
from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import reduce
from typing import NamedTuple

import numpy as np

from portfolio.kernel.numbers import MICRO
from portfolio.readiness.targets import Target, targets
from portfolio.rulebook.bulk.codes import CODES
from portfolio.rulebook.bulk.evaluate import Evaluation, worst
from portfolio.rulebook.bulk.frame import Frame
from portfolio.rulebook.bulk.numbers import Numbers
from portfolio.rulebook.bulk.whole import Array, Flags, number
from portfolio.rulebook.engine import FAIL, MANUAL, ORDER, PASS, UNKNOWN, exact
from portfolio.rulebook.language import EACH
from portfolio.rulebook.model import ANY, TIERS, Clause, Rulebook

BITS = 20  # as many clauses as count in one verdict are counted in, and what one lacks
LAST = (1 << BITS) - 1
NO_PLACE = -1


class Near(NamedTuple):
    """Row by row how many of the tests that decide fail, are unknown, and are for a person to
    judge, `nearness.distance`, and the failed one that most is missing to: what is missing and its
    place in the tree as one number of which the largest counts, 0 where none failed."""

    fails: Array
    unknown: Array
    manual: Array
    distance: Array
    worst: Array

    @property
    def open_tests(self) -> Array:
        """How many tests stand between each company and the target."""
        return self.fails + self.unknown + self.manual

    @property
    def places(self) -> Array:
        """Where in the tree the failed test stands that most is missing to, of equals the first."""
        return np.where(self.worst > 0, LAST - (self.worst & LAST), NO_PLACE)


class Standing(NamedTuple):
    """Companies under a target by one rulebook: the rows of the frame that it applies to, their
    statuses as codes, and how near they are."""

    target: Target
    book: Rulebook
    rows: Array
    status: Array
    near: Near


def standings(
    evaluation: Evaluation, day: dt.date, among: Iterable[Target] | None = None
) -> Iterator[Standing]:
    """The companies of a frame under every target, or some, that has a rulebook which applies on
    the day."""
    distances = Distances(evaluation)
    for target in targets() if among is None else among:
        for book, rows in _rows_by_book(target, evaluation.frame, day):
            clause = target.clause_of(book)
            status, near = evaluation.found(clause).status, distances.near(clause)
            yield Standing(target, book, rows, status[rows], Near(*(n[rows] for n in near)))


def _rows_by_book(target: Target, frame: Frame, day: dt.date) -> Iterator[tuple[Rulebook, Array]]:
    asking = [(company.region, company.purpose) for company in frame.companies]
    books = {key: target.book_on(day, *key) for key in set(asking)}
    for book in target.versions:
        rows = np.flatnonzero([books[key] is book for key in asking])
        if rows.size:
            yield book, rows


class Distances:
    """Measures the outcomes of an evaluation."""

    def __init__(self, evaluation: Evaluation) -> None:
        self._evaluation = evaluation
        self._near: dict[int, Near] = {}
        self._sizes: dict[int, int] = {}

    def near(self, clause: Clause) -> Near:
        """How near every company is to meeting a clause."""
        if id(clause) not in self._near:
            self._near[id(clause)] = self._measured(clause)
        return self._near[id(clause)]

    def _measured(self, clause: Clause) -> Near:
        if clause.over == TIERS:
            found = self._of_tiers(clause)
        else:
            below = self._placed(clause)
            join = _nearest if clause.group == ANY else _together
            found = reduce(join, below) if below else self._of_test(clause)
        if clause.skip:
            found = self._where(found, ~self._evaluation.frame.asked_for(clause.skip))
        return found

    def _placed(self, clause: Clause) -> list[Near]:
        """How near each clause below is, with places as they are counted from this one."""
        found, offset = [], 1
        for child, _ in self._evaluation.below(clause):
            near = self.near(child)
            found.append(near._replace(worst=near.worst - offset * (near.worst > 0)))
            offset += self._size(child)
        return found

    def _size(self, clause: Clause) -> int:
        """How many clauses stand in a tree."""
        if id(clause) not in self._sizes:
            below = (child for child, _ in self._evaluation.below(clause))
            self._sizes[id(clause)] = 1 + sum(map(self._size, below))
        return self._sizes[id(clause)]

    def _where(self, near: Near, here: Flags) -> Near:
        return Near(*(np.where(here, column, 0) for column in near))

    def _of_tiers(self, clause: Clause) -> Near:
        """The tier that applies; where none is chosen yet, the one figure that chooses."""
        cases = [*self._evaluation.cases(clause)]
        chosen = reduce(np.bitwise_or, [here for _, here in cases])
        below = self._placed(clause)
        parts = [self._where(near, here) for near, (_, here) in zip(below, cases, strict=True)]
        return reduce(_together, [*parts, self._where(self._of_test(clause), ~chosen)])

    def _of_test(self, clause: Clause) -> Near:
        status = self._evaluation.found(clause).status
        failed = status == CODES[FAIL]
        distance = np.where(status == CODES[PASS], 0, MICRO)
        if isinstance(clause.threshold, Decimal) and clause.threshold and clause.metrics:
            rows = np.flatnonzero(failed)
            if rows.size:
                distance[rows] = _short(clause, value_of(self._evaluation, clause, rows))
        fails, unknown, manual = (
            (status == CODES[counted]).astype(np.int64) for counted in (FAIL, UNKNOWN, MANUAL)
        )
        hardest = fails * ((distance << BITS) | LAST)
        return Near(fails, unknown, manual, distance, hardest)


def value_of(evaluation: Evaluation, clause: Clause, rows: Array) -> Numbers:
    """The number that a test compared, in some rows."""
    if clause.over == EACH:
        return worst(clause, [year.take(rows) for year in evaluation.columns.of_each_year(clause)])
    return evaluation.columns.read(clause).take(rows).merged()


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
    sums = Near(*(a + b for a, b in zip(one, other, strict=True)))
    return sums._replace(worst=np.maximum(one.worst, other.worst))


def _nearest(one: Near, other: Near) -> Near:
    """Of alternatives the one that is nearest counts, of equals the first."""
    first = _open(one) <= _open(other)
    return Near(*(np.where(first, a, b) for a, b in zip(one, other, strict=True)))


def _open(near: Near) -> Array:
    """By the status it comes to, then by how much of it is open, as one number."""
    fail, unknown, manual = (ORDER[ANY].index(status) for status in (FAIL, UNKNOWN, MANUAL))
    rank = np.where(near.manual > 0, manual, 0)
    rank = np.where(near.unknown > 0, unknown, rank)
    rank = np.where(near.fails > 0, fail, rank)
    return reduce(
        lambda key, count: (key << BITS) | count, (near.fails, near.unknown, near.manual), rank
    )
