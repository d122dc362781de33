"""Statuses as small numbers, one bit each, so that a group is read off the bits below it (pure)."""

from collections.abc import Mapping, Sequence
from functools import reduce

import numpy as np

from portfolio.rulebook.bulk.whole import Array, Flags
from portfolio.rulebook.engine import FAIL, INFO, MANUAL, ORDER, PASS, UNKNOWN

STATUSES = (PASS, FAIL, UNKNOWN, MANUAL, INFO)
CODES: Mapping[str, int] = {status: 1 << place for place, status in enumerate(STATUSES)}
NAMES: Mapping[int, str | None] = {code: status for status, code in CODES.items()} | {0: None}
OPEN = CODES[UNKNOWN] | CODES[MANUAL]


def _table(order: Sequence[str]) -> Array:
    """By the bits that occur in a group what it comes to."""
    found = np.zeros(1 << len(STATUSES), dtype=np.uint8)
    for bits in range(found.size):
        found[bits] = next((CODES[s] for s in order if bits & CODES[s]), 0)
    return found


TABLES = {group: _table(order) for group, order in ORDER.items()}


def decide(group: str, below: Sequence[Array]) -> Array:
    """What a group comes to, row by row."""
    return TABLES[group][reduce(np.bitwise_or, below)]


def full(size: int, status: str) -> Array:
    """The same status in every row."""
    return np.full(size, CODES[status], dtype=np.uint8)


def choose(where: Flags, then: Array | str, otherwise: Array | str) -> Array:
    """One status where something holds, another elsewhere."""
    one, other = (np.uint8(CODES[s]) if isinstance(s, str) else s for s in (then, otherwise))
    return either(where, one, other)


def either(where: Flags, then: Array | np.uint8, otherwise: Array | np.uint8) -> Array:
    """One column of bits where something holds, another elsewhere, without branching on each row,
    which takes ten times as long."""
    mask = np.negative(where.view(np.uint8))
    return otherwise ^ ((then ^ otherwise) & mask)
