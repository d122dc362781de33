"""Score tables applied to columns: what `scores` does for one company, for all of a frame (pure)."""

from collections.abc import Callable, Iterable, Mapping
from functools import reduce
from typing import NamedTuple

import numpy as np

from portfolio.rulebook.bulk.codes import CODES, OPEN
from portfolio.rulebook.bulk.columns import Columns
from portfolio.rulebook.bulk.frame import UNSAID, words_of
from portfolio.rulebook.bulk.lacks import lacking
from portfolio.rulebook.bulk.numbers import Numbers, aggregate
from portfolio.rulebook.bulk.whole import NOTHING, ONE, Array, Flags, Whole, choose, column, number
from portfolio.rulebook.engine import FAIL, INFO, PASS, exact
from portfolio.rulebook.metrics import dictionary
from portfolio.rulebook.model import Bands, Clause, Item, Rulebook

NOT_HELD = CODES[FAIL] | CODES[INFO]


class Found(NamedTuple):
    """A clause applied: its status row by row, and what kinds of input lack below it."""

    status: Array
    lacks: Array


class Range(NamedTuple):
    """Points from `low` to `high`, over one denominator; `lacks` says what keeps them apart."""

    low: Numbers
    high: Numbers
    lacks: Array

    @property
    def open(self) -> Flags:
        """Where they are apart."""
        return np.logical_not(self.low.top.compare("==", self.high.top))


class Score(NamedTuple):
    """A score table applied: the total, and the groups and items by their ids."""

    total: Range
    groups: Mapping[str, Range]
    items: Mapping[str, Range]


class Points:
    """Reads score tables off the columns of a frame; `tried` applies a clause."""

    def __init__(self, columns: Columns, tried: Callable[[Clause], Found]) -> None:
        self._columns, self._tried = columns, tried
        self._everywhere = np.ones(columns.frame.size, dtype=np.bool_)
        self._worth: dict[int, Range] = {}

    def score_of(self, book: Rulebook) -> Score | None:
        """What a book's score table gives; None where it has none."""
        if not book.items:
            return None
        items = {item.id: self.points(item) for item in book.items}
        groups = {
            group.id: self.added(items[item.id] for item in book.items if item.group == group.id)
            for group in book.groups
        }
        return Score(self.added(groups.values()), groups, items)

    def forget(self) -> None:
        """Let go of what the items that were read are worth."""
        self._worth.clear()

    def added(self, ranges: Iterable[Range]) -> Range:
        """The sum of ranges, each open on its own; what is decided lacks nothing."""
        summed = [*ranges] or [self._range(NOTHING, NOTHING)]
        low = aggregate("sum", [[one.low for one in summed]], 1, 1)
        high = aggregate("sum", [[one.high for one in summed]], 1, 1)
        lacks = [one.lacks * one.open for one in summed]
        return Range(low, high, reduce(np.bitwise_or, lacks))

    def points(self, item: Item) -> Range:
        """What an item may be worth."""
        if id(item) not in self._worth:
            self._worth[id(item)] = self._points(item)
        return self._worth[id(item)]

    def _points(self, item: Item) -> Range:
        if item.kind == "bands":
            return reduce(_better, [self._banded(bands) for bands in item.bands])
        if item.kind == "first":
            return self._first(item)
        if item.kind == "sum":
            return self._sum(item)
        if item.kind == "options":
            return self._of_options(item)
        value = self._columns.latest(item.metric).merged()
        top, bottom, most = value.top, value.bottom, number(item.most)
        if item.kind == "every":
            size = exact(item.size)
            steps = (top * number(size.denominator)) // (bottom * number(size.numerator))
            top, bottom = steps * number(item.points), ONE
        full = most * bottom
        top = top.lower(full).higher(NOTHING)
        return self._unless(value.known, top, NOTHING, full, item.metric, bottom)

    def _banded(self, bands: Bands) -> Range:
        value = self._columns.latest(bands.metric)
        reached = number(bands.otherwise)
        for step, points in reversed(bands.steps):
            met = value.compare(">=" if bands.upward else "<=", exact(step))
            reached = choose(met, number(points), reached)
        given = [*(points for _, points in bands.steps), bands.otherwise]
        low, high = number(min(given)), number(max(given))
        return self._unless(value.known, reached, low, high, bands.metric)

    def _of_options(self, item: Item) -> Range:
        codes, worth = self._columns.words(item.metric), dict(item.options)
        by_code = np.array([worth[word] for word in words_of(dictionary()[item.metric])])
        low, high = number(min(worth.values())), number(max(worth.values()))
        return self._unless(codes != UNSAID, column(by_code[codes]), low, high, item.metric)

    def _unless(
        self,
        known: Flags,
        worth: Whole,
        low: Whole,
        high: Whole,
        metric: str,
        bottom: Whole = ONE,
    ) -> Range:
        """What it is worth where known, else between two ends."""
        ends = choose(known, worth, low), choose(known, worth, high)
        return self._range(*ends, lacking(~known, metric), bottom)

    def _range(
        self, low: Whole, high: Whole, lacks: Array | None = None, bottom: Whole = ONE
    ) -> Range:
        everywhere, nothing = self._everywhere, np.zeros_like(self._everywhere, np.uint8)
        ends = Numbers(low, bottom, everywhere), Numbers(high, bottom, everywhere)
        return Range(*ends, nothing if lacks is None else lacks)

    def _first(self, item: Item) -> Range:
        going, lacks = self._everywhere, np.zeros_like(self._everywhere, np.uint8)
        given = [*(points for _, points in item.choices), item.otherwise]
        low, high = number(max(given)), number(min(given))
        for test, points in item.choices:
            found, worth = self._tried(test), number(points)
            possible = going & (found.status & NOT_HELD == 0)
            low = choose(possible, low.lower(worth), low)
            high = choose(possible, high.higher(worth), high)
            lacks = lacks | found.lacks * (going & (found.status & OPEN != 0))
            going = going & (found.status != CODES[PASS])
        rest = number(item.otherwise)
        low, high = choose(going, low.lower(rest), low), choose(going, high.higher(rest), high)
        return self._range(low, high, lacks)

    def _sum(self, item: Item) -> Range:
        sure, high = NOTHING, NOTHING
        lacks = np.zeros_like(self._everywhere, np.uint8)
        for test, points in item.choices:
            found, worth = self._tried(test), number(points)
            unsure = found.status & OPEN != 0
            lacks = lacks | found.lacks * unsure
            held = found.status == CODES[PASS]
            sure = sure + choose(held, worth, NOTHING)
            high = high + choose(held | unsure, worth, NOTHING)
        most = number(item.most)
        return self._range(sure.lower(most), high.lower(most), lacks)


def _better(one: Range, other: Range) -> Range:
    low, high = one.low.top.higher(other.low.top), one.high.top.higher(other.high.top)
    everywhere = one.low.known
    ends = Numbers(low, ONE, everywhere), Numbers(high, ONE, everywhere)
    return Range(*ends, one.lacks | other.lacks)
