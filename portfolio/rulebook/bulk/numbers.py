"""Columns of exact numbers: whole numerators over whole denominators, known row by row (pure)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce

import numpy as np

from portfolio.rulebook.bulk.whole import ONE, Array, Flags, Whole, choose, column, number
from portfolio.rulebook.language import COMPOUND, GROWTH, RATIO
from portfolio.rulebook.values import compound


@dataclass(frozen=True, slots=True)
class Numbers:
    """`top` / `bottom` in every row that is `known`; what stands in the others has no meaning, but
    no `bottom` is zero or below.

    With `intervals` the number is not the ratio itself, but the yearly growth that leads to it in so
    many years, in units of `whole`: it is compared without drawing the root.
    """

    top: Whole
    bottom: Whole
    known: Flags
    intervals: int = 0
    whole: int = 1

    def compare(self, test: str, limit: Fraction) -> Flags:
        """Where a known number stands so to the limit."""
        if self.intervals:
            limit = _grown(limit / self.whole + 1, self.intervals)
        bottom = self.bottom
        if isinstance(bottom.of, int):
            limit, bottom = limit * bottom.of, ONE
        mine, theirs = number(limit.denominator), number(limit.numerator)
        found = (self.top * mine).compare(test, bottom * theirs)
        return np.broadcast_to(found, self.known.shape)

    def take(self, rows: Array) -> "Numbers":
        """The numbers of some rows."""
        top, bottom = self.top.take(rows), self.bottom.take(rows)
        return Numbers(top, bottom, self.known[rows], self.intervals, self.whole)

    def plainly(self) -> "Numbers":
        """The same as a ratio; a root is drawn one by one, as for a single company."""
        if not self.intervals:
            return self
        tops, bottoms = (np.full(self.known.size, n, dtype=object) for n in (0, 1))
        for row in np.flatnonzero(self.known):
            rate = compound(self._ratio(int(row)), Fraction(1), self.intervals)
            if rate is not None:
                tops[row], bottoms[row] = (rate * self.whole).as_integer_ratio()
        return Numbers(column(tops), column(bottoms), self.known)

    def _ratio(self, row: int) -> Fraction:
        return Fraction(self.top.at(row), self.bottom.at(row))


def _grown(factor: Fraction, years: int) -> Fraction:
    """What a yearly factor comes to; one below zero stays below it, in step with how far."""
    return abs(factor) ** years * (1 if factor >= 0 else -1)


def merged(first: Numbers, second: Numbers) -> Numbers:
    """The first where it is known, else the second."""
    a, b = first.plainly(), second.plainly()
    top, bottom = choose(a.known, a.top, b.top), choose(a.known, a.bottom, b.bottom)
    return Numbers(top, bottom, a.known | b.known)


def levelled(columns: Sequence[Numbers]) -> tuple[list[Whole], Whole]:
    """The numerators over one denominator that they share."""
    bottoms = [one.bottom for one in columns]
    single = [b.of for b in bottoms if isinstance(b.of, int)]
    if len(single) == len(bottoms):
        shared = math.lcm(*single)
        return [c.top * number(shared // s) for c, s in zip(columns, single, strict=True)], number(
            shared
        )
    tops = []
    for place, one in enumerate(columns):
        others = bottoms[:place] + bottoms[place + 1 :]
        tops.append(reduce(Whole.__mul__, others, one.top))
    return tops, reduce(Whole.__mul__, bottoms)


def extreme(columns: Sequence[Numbers], test: str) -> Numbers:
    """Row by row the known number that stands so to all the others that are known."""
    return reduce(lambda a, b: _more_extreme(a, b, test), columns)


def _more_extreme(a: Numbers, b: Numbers, test: str) -> Numbers:
    (mine, theirs), bottom = levelled((a, b))
    first = a.known & (~b.known | mine.compare(test, theirs))
    return Numbers(choose(first, mine, theirs), bottom, a.known | b.known)


def aggregate(over: str, rows: Sequence[Sequence[Numbers]], years: int, whole: int) -> Numbers:
    """What `values.aggregate` makes of the numbers of so many fiscal years, for every row."""
    flat = [one.plainly() for row in rows for one in row]
    known, count = np.logical_and.reduce([one.known for one in flat]), len(rows[0])
    if over == "mean_growth":
        pairs = [aggregate(GROWTH, [flat[n : n + 2]], 2, whole) for n in range(count - 1)]
        return aggregate("mean", [pairs], len(pairs), 1)
    tops, bottom = levelled(flat)
    if over == "min":
        return Numbers(reduce(Whole.lower, tops), bottom, known)
    if over in {RATIO, GROWTH, COMPOUND}:
        above, below = _sides(over, tops, count)
        known = known & below.compare(">", number(0))
        below = choose(known, below, ONE)
        if over == COMPOUND:
            return Numbers(above, below, known, years - 1, whole)
        return Numbers(above * number(whole), below, known)
    total = reduce(Whole.__add__, tops)
    return Numbers(total, bottom * number(count) if over == "mean" else bottom, known)


def _sides(over: str, tops: Sequence[Whole], years: int) -> tuple[Whole, Whole]:
    """What is divided, and by what."""
    if over == RATIO:
        return reduce(Whole.__add__, tops[:years]), reduce(Whole.__add__, tops[years:])
    return (tops[0] - tops[1], tops[1]) if over == GROWTH else (tops[0], tops[-1])
