"""Long lists in parts, so that a statement stays within the databases' bound on parameters."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

MOST = 900  # SQLite before 3.32 takes 999 parameters

T = TypeVar("T")


def in_parts(values: Iterable[T], most: int = MOST) -> Iterator[list[T]]:
    """The values in their order, in lists of at most so many."""
    kept = list(values)
    return (kept[start : start + most] for start in range(0, len(kept), most))
