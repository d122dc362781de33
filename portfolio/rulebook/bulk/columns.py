"""What a test reads, for every company of a frame: given values, derived ones, aggregates (pure).

The rules are those of `values`; here each is applied to whole columns.
"""

from collections.abc import Sequence
from fractions import Fraction
from functools import reduce
from typing import NamedTuple

import numpy as np

from portfolio.rulebook.bulk.frame import FACT, UNSAID, Frame
from portfolio.rulebook.bulk.numbers import Numbers, aggregate, merged
from portfolio.rulebook.bulk.whole import NOTHING, ONE, Array, Flags
from portfolio.rulebook.metrics import Metric
from portfolio.rulebook.model import Clause
from portfolio.rulebook.values import HUNDRED, derived, whole_of, years_read

LATEST = 0  # how far back the latest fiscal year lies


class Reading(NamedTuple):
    """Numbers from one or more places; of those that are known the first counts."""

    places: tuple[Numbers, ...]
    known: Flags

    def compare(self, test: str, limit: Fraction) -> Flags:
        """Where a known number stands so to the limit."""
        *earlier, last = self.places
        found = last.compare(test, limit)
        for place in reversed(earlier):
            found = found ^ ((place.compare(test, limit) ^ found) & place.known)
        return found

    def take(self, rows: Array) -> "Reading":
        """The numbers of some rows."""
        return Reading(tuple(place.take(rows) for place in self.places), self.known[rows])

    def merged(self) -> Numbers:
        """The numbers in one column."""
        return reduce(merged, self.places).plainly()


class Columns:
    """Reads a frame; what was read once is there for every other rule."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        nowhere = np.zeros(frame.size, dtype=np.bool_)
        self._nothing = Numbers(NOTHING, ONE, nowhere)
        self._latest: dict[str, Reading] = {}
        self._of_year: dict[tuple[str, int], Reading] = {}
        self._read: dict[tuple[tuple[str, ...], str, int], Reading] = {}

    def read(self, clause: Clause) -> Reading:
        """The numbers that a test compares."""
        if clause.years == 1:
            return self.latest(clause.metrics[0])
        key = (clause.metrics, clause.over, clause.years)
        if key not in self._read:
            backs = _backs(clause.over, LATEST, clause.years)
            rows = [[self.of_year(m, back).merged() for back in backs] for m in clause.metrics]
            found = aggregate(clause.over, rows, clause.years, HUNDRED.numerator)
            self._read[key] = Reading((found,), found.known)
        return self._read[key]

    def of_each_year(self, clause: Clause) -> list[Reading]:
        """The numbers of the years that a test must hold in."""
        return [self.of_year(clause.metrics[0], back) for back in range(clause.years)]

    def lacking(self, clause: Clause) -> list[tuple[str, Flags]]:
        """Which inputs of a test of several years are not known, by metric, year for year."""
        backs = _backs(clause.over, LATEST, clause.years)
        return [(m, ~self.of_year(m, back).known) for m in clause.metrics for back in backs]

    def latest(self, metric: str) -> Reading:
        """Facts, or the values of the latest year, as given or derived."""
        if metric not in self._latest:
            given = [self.frame.numbers(metric, back) for back in (FACT, LATEST)]
            entry = derived().get(metric)
            if entry is not None and entry.years == 1:
                given.append(_combined(entry, [[self.latest(name)] for name in entry.inputs]))
            elif entry is not None:
                given.append(self._derived(entry, LATEST))
            self._latest[metric] = self._reading(given)
        return self._latest[metric]

    def of_year(self, metric: str, back: int) -> Reading:
        """The values of a year, as given or derived from that year's and earlier ones."""
        key = (metric, back)
        if key not in self._of_year:
            given = [self.frame.numbers(metric, back)]
            if metric in derived():
                given.append(self._derived(derived()[metric], back))
            self._of_year[key] = self._reading(given)
        return self._of_year[key]

    def words(self, metric: str) -> Array:
        """The codes of a flag or a word."""
        empty = np.full(self.frame.size, UNSAID, dtype=np.int16)
        fact, year = (self.frame.codes(metric, back) for back in (FACT, LATEST))
        stated = empty if fact is None else fact
        return stated if year is None else np.where(stated == UNSAID, year, stated)

    def _derived(self, entry: Metric, back: int) -> Numbers:
        backs = _backs(entry.derive, back, entry.years)
        return _combined(entry, [[self.of_year(n, b) for b in backs] for n in entry.inputs])

    def _reading(self, given: Sequence[Numbers | None]) -> Reading:
        places = tuple(place for place in given if place is not None) or (self._nothing,)
        return Reading(places, np.logical_or.reduce([place.known for place in places]))


def _combined(entry: Metric, rows: Sequence[Sequence[Reading]]) -> Numbers:
    numbers = [[one.merged() for one in row] for row in rows]
    return aggregate(entry.derive, numbers, entry.years, whole_of(entry).numerator)


def _backs(over: str, back: int, count: int) -> list[int]:
    """How far back the years lie that are read, counted from one that lies so far back."""
    return [-year for year in years_read(over, -back, count)]
