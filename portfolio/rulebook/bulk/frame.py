"""The figures of many companies as columns (pure).

A year stands by how far it lies behind the company's own latest one.
"""

import math
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from portfolio.kernel.numbers import MICRO
from portfolio.rulebook.bulk.numbers import Numbers, merged
from portfolio.rulebook.bulk.whole import Array, Flags, column, number
from portfolio.rulebook.metrics import FLAGS, Metric

FACT = -1  # how far back a fact lies
UNSAID = -1  # the code of a word that nobody stated
Key = tuple[str, int]  # a metric, and how many years back


class Company(NamedTuple):
    """Whose figures, and what decides which rulebooks read them and how."""

    id: int | str
    latest_year: int | None
    region: str | None = None
    purpose: str = ""


def words_of(entry: Metric) -> Sequence[str]:
    """The words that a metric can have, in the order of their codes."""
    return entry.values if entry.unit == "enum" else tuple(FLAGS)


@dataclass
class Series:
    """One column while it is filled; `others` holds what is no int64 of millionths, by row."""

    rows: "array[int]" = field(default_factory=lambda: array("q"))
    values: "array[int]" = field(default_factory=lambda: array("q"))
    others: dict[int, Fraction] = field(default_factory=dict)

    def put(self, row: int, value: int) -> None:
        """A whole number; of two in a row the later counts."""
        self.others.pop(row, None)
        try:
            self.values.append(value)
            self.rows.append(row)
        except OverflowError:
            self.others[row] = Fraction(value, MICRO)

    def numbers(self, size: int) -> Numbers:
        """The column with `size` rows."""
        known, top = self._known(size), self.codes(size, 0)
        if not self.others:
            return Numbers(column(top), number(MICRO), known)
        bottom = math.lcm(MICRO, *(value.denominator for value in self.others.values()))
        wide = top.astype(object) * (bottom // MICRO)
        for row, value in self.others.items():
            known[row], wide[row] = True, int(value * bottom)
        return Numbers(column(wide), number(bottom), known)

    def codes(self, size: int, empty: int) -> Array:
        """The whole numbers as they were put."""
        found = np.full(size, empty, dtype=np.int64)
        found[np.frombuffer(self.rows, dtype=np.int64)] = np.frombuffer(self.values, dtype=np.int64)
        return found

    def _known(self, size: int) -> Flags:
        known = np.zeros(size, dtype=np.bool_)
        known[np.frombuffer(self.rows, dtype=np.int64)] = True
        return known


class Frame:
    """Columns by metric and year, one row for each company; None where nobody has a figure."""

    def __init__(self, companies: Sequence[Company], series: Mapping[Key, Series]) -> None:
        self.companies, self.size = companies, len(companies)
        self._series = series
        self._numbers: dict[Key, Numbers] = {}
        self._codes: dict[Key, Array] = {}
        self._asking: dict[Sequence[str], Flags] = {}

    def numbers(self, metric: str, back: int) -> Numbers | None:
        """A column of numbers."""
        key = (metric, back)
        if key not in self._numbers and key in self._series:
            self._numbers[key] = self._series[key].numbers(self.size)
        return self._numbers.get(key)

    def codes(self, metric: str, back: int) -> Array | None:
        """A column of words, each by its place in `words_of` the metric."""
        key = (metric, back)
        if key not in self._codes and key in self._series:
            self._codes[key] = self._series[key].codes(self.size, UNSAID).astype(np.int16)
        return self._codes.get(key)

    def asked_for(self, purposes: Sequence[str]) -> Flags:
        """Which companies are assessed for one of these purposes."""
        if purposes not in self._asking:
            asking = [company.purpose in purposes for company in self.companies]
            self._asking[purposes] = np.array(asking, dtype=np.bool_)
        return self._asking[purposes]

    def only(self, rows: slice | Array) -> "Frame":
        """Some of the companies; a slice copies no figures."""
        return _Part(self, rows)


class _Part(Frame):
    def __init__(self, whole: Frame, rows: slice | Array) -> None:
        chosen = range(whole.size)[rows] if isinstance(rows, slice) else rows
        super().__init__([whole.companies[row] for row in chosen], {})
        self._whole, self._rows = whole, rows

    def asked_for(self, purposes: Sequence[str]) -> Flags:
        return self._whole.asked_for(purposes)[self._rows]

    def numbers(self, metric: str, back: int) -> Numbers | None:
        key = (metric, back)
        if key not in self._numbers and (found := self._whole.numbers(metric, back)) is not None:
            top = found.top.of
            part = found.top if isinstance(top, int) else column(top[self._rows])
            self._numbers[key] = Numbers(part, found.bottom, found.known[self._rows])
        return self._numbers.get(key)

    def codes(self, metric: str, back: int) -> Array | None:
        found = self._whole.codes(metric, back)
        return None if found is None else found[self._rows]


class Layered(Frame):
    """A frame with figures laid over it that it lacks, row for row."""

    def __init__(self, below: Frame, above: Frame) -> None:
        super().__init__(below.companies, {})
        self._below, self._above = below, above

    def asked_for(self, purposes: Sequence[str]) -> Flags:
        return self._below.asked_for(purposes)

    def numbers(self, metric: str, back: int) -> Numbers | None:
        own, laid = self._below.numbers(metric, back), self._above.numbers(metric, back)
        if own is None or laid is None:
            return laid if own is None else own
        return merged(own, laid)

    def codes(self, metric: str, back: int) -> Array | None:
        own, laid = self._below.codes(metric, back), self._above.codes(metric, back)
        if own is None or laid is None:
            return laid if own is None else own
        return np.where(own == UNSAID, laid, own)
