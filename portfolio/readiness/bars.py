"""Distance bars: where a value stands against its threshold, as shapes of an SVG (pure)."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

WIDTH, TICK = 100, 60  # the threshold stands at a fixed place


@dataclass(frozen=True)
class Bar:
    """A track of 100 by 8: filled up to `reach`; `missing` is hatched up to the tick, `over` beyond
    it."""

    kind: str
    reach: int = 0
    missing: int = 0
    over: int = 0


def bar_of(status: str, value: Fraction | str | None, threshold: Any) -> Bar:
    """The bar of a test; a flag or a word has none but its verdict."""
    if isinstance(value, str) or isinstance(threshold, str | tuple | bool):
        return Bar("word")
    if status == "unknown" or value is None or threshold is None:
        return Bar("unknown")
    limit = Fraction(threshold)
    if limit <= 0:
        reach = WIDTH if status == "pass" else TICK // 2
    else:
        reach = int(max(Fraction(0), min(value / limit * TICK, Fraction(WIDTH))))
    if status != "fail":
        return Bar(status, reach)
    return Bar(status, min(reach, TICK), max(0, TICK - reach), max(0, reach - TICK))


LEVELS = 4  # of a cell's fill


def level(count: int, most: int) -> int:
    """How strongly a cell is filled: 0 for none, then by its share of the largest number."""
    return -(-count * LEVELS // most) if count and most else 0
