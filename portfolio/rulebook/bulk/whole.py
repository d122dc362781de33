"""Columns of whole numbers that never overflow and never round (pure).

int64 while no result can leave it, Python's own whole numbers from there on: how large a column can
be at most is known before it is computed.
"""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Flags = npt.NDArray[np.bool_]
ROOM = 2**62  # a sum of two such numbers still fits into int64
COMPARED: Mapping[str, Callable[[Any, Any], Any]] = {
    ">=": operator.ge,
    ">": operator.gt,
    "<=": operator.le,
    "<": operator.lt,
    "==": operator.eq,
}


@dataclass(frozen=True, slots=True)
class Whole:
    """A column of whole numbers, or one number for all rows; none is larger than `most`."""

    of: Array | int
    most: int

    def __add__(self, other: "Whole") -> "Whole":
        return self._with(other, operator.add, self.most + other.most)

    def __sub__(self, other: "Whole") -> "Whole":
        return self._with(other, operator.sub, self.most + other.most)

    def __mul__(self, other: "Whole") -> "Whole":
        if other is ONE or self is ONE:
            return self if other is ONE else other
        return self._with(other, operator.mul, self.most * other.most)

    def __floordiv__(self, other: "Whole") -> "Whole":
        """Rounded down."""
        return self._with(other, operator.floordiv, self.most + 1)

    def _with(self, other: "Whole", work: Callable[[Any, Any], Any], most: int) -> "Whole":
        wide = max(most, self.most, other.most) > ROOM
        return Whole(work(self.held(wide), other.held(wide)), most)

    def held(self, wide: bool) -> Any:
        """The numbers, as Python's own where they may become too large."""
        return self.of.astype(object) if wide and not isinstance(self.of, int) else self.of

    def compare(self, test: str, other: "Whole") -> Any:
        """Where the test holds."""
        wide = max(self.most, other.most) > ROOM
        return COMPARED[test](self.held(wide), other.held(wide))

    def lower(self, other: "Whole") -> "Whole":
        """The smaller of two, row by row."""
        return choose(self.compare("<=", other), self, other)

    def higher(self, other: "Whole") -> "Whole":
        """The larger of two, row by row."""
        return choose(self.compare(">=", other), self, other)

    def take(self, rows: Array) -> "Whole":
        """The numbers of some rows."""
        return self if isinstance(self.of, int) else Whole(self.of[rows], self.most)

    def at(self, row: int) -> int:
        """One number."""
        return self.of if isinstance(self.of, int) else int(self.of[row])


ONE, NOTHING = Whole(1, 1), Whole(0, 0)


def number(value: int) -> Whole:
    """The same number in every row."""
    return ONE if value == 1 else Whole(value, abs(value))


def column(values: Array) -> Whole:
    """A column as it stands, in int64 where it fits."""
    if not values.size:
        return Whole(values.astype(np.int64), 0)
    most = max(int(values.max()), -int(values.min()))
    return Whole(values.astype(np.int64, copy=False) if most <= ROOM else values, most)


def choose(where: Flags | bool, then: Whole, otherwise: Whole) -> Whole:
    """One column where something holds, another elsewhere."""
    if isinstance(where, bool):
        return then if where else otherwise
    if isinstance(then.of, int) and isinstance(otherwise.of, int) and then.of == otherwise.of:
        return then
    most = max(then.most, otherwise.most)
    kind = object if most > ROOM else None
    sides = (np.asarray(then.of, dtype=kind), np.asarray(otherwise.of, dtype=kind))
    return Whole(np.where(where, *sides), most)
