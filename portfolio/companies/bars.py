"""The bars of a small chart, in whole units of its drawing (pure)."""

from collections.abc import Sequence
from dataclasses import dataclass

STEP = 88  # from one bar to the next
WIDTH = 44
TOP = 18  # room for the figure above the tallest bar
TALLEST = 64
FLOOR = TOP + TALLEST


@dataclass(frozen=True)
class Bar:
    """One year: its label, its value, and where its bar stands; no bar for an unknown value."""

    label: str
    value: int | None
    middle: int
    left: int
    top: int
    height: int


def bars_of(values: Sequence[tuple[str, int | None]]) -> list[Bar]:
    """Bars from the oldest to the newest; a value of zero or less has a line for a bar."""
    highest = max((value for _, value in values if value), default=0)
    return [_bar(place, label, value, highest) for place, (label, value) in enumerate(values)]


def _bar(place: int, label: str, value: int | None, highest: int) -> Bar:
    middle = place * STEP + STEP // 2
    height = max(1, value * TALLEST // highest) if value and value > 0 else 1
    return Bar(label, value, middle, middle - WIDTH // 2, FLOOR - height, height)
