"""Score tables applied: what each item may be worth, given what is unknown (pure)."""

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

from portfolio.rulebook.model import Bands, Clause, Item, Rulebook
from portfolio.rulebook.values import Figures, Missing, fraction

# How a test of an item turns out: whether it holds (None when open), and the inputs that lack.
Tried = tuple[bool | None, Missing]
Try = Callable[[Clause], Tried]


class Range(NamedTuple):
    """Points from `low` to `high`; `missing` names the inputs that keep them apart."""

    low: Fraction
    high: Fraction
    missing: Missing = ()


class Score(NamedTuple):
    """A score table applied: the total, and the groups and items by their ids."""

    total: Range
    groups: Mapping[str, Range]
    items: Mapping[str, Range]


def score_of(book: Rulebook, figures: Figures, tried: Try) -> Score | None:
    """What a book's score table gives; None where it has none."""
    if not book.items:
        return None
    items = {item.id: points(item, figures, tried) for item in book.items}
    groups = {
        group.id: added(items[item.id] for item in book.items if item.group == group.id)
        for group in book.groups
    }
    return Score(added(groups.values()), groups, items)


def added(ranges: Iterable[Range]) -> Range:
    """The sum of ranges, each open on its own; what is decided lacks nothing."""
    low, high = Fraction(0), Fraction(0)
    missing: Missing = ()
    for one in ranges:
        low, high = low + one.low, high + one.high
        missing += one.missing if one.low != one.high else ()
    return Range(low, high, missing)


def points(item: Item, figures: Figures, tried: Try) -> Range:
    """What an item may be worth."""
    if item.kind == "bands":
        found = [_banded(bands, figures) for bands in item.bands]
        missing = tuple(name for one in found for name in one.missing)
        return Range(max(one.low for one in found), max(one.high for one in found), missing)
    if item.kind == "first":
        return _first(item, tried)
    if item.kind == "sum":
        return _sum(item, tried)
    value = figures.latest(item.metric)
    if item.kind == "options":
        return _of_options(item, value)
    if value is None:
        return Range(Fraction(0), Fraction(item.most), ((item.metric, None),))
    number = fraction(value)
    if item.kind == "every":
        number = Fraction(number // fraction(item.size) * item.points)
    number = max(Fraction(0), min(number, Fraction(item.most)))
    return Range(number, number)


def _banded(bands: Bands, figures: Figures) -> Range:
    value = figures.latest(bands.metric)
    given = [*(points for _, points in bands.steps), bands.otherwise]
    if value is None:
        return Range(Fraction(min(given)), Fraction(max(given)), ((bands.metric, None),))
    for step, reached in bands.steps:
        if value >= step if bands.upward else value <= step:
            return Range(Fraction(reached), Fraction(reached))
    return Range(Fraction(bands.otherwise), Fraction(bands.otherwise))


def _of_options(item: Item, value: Any) -> Range:
    if value is None:
        worth = [points for _, points in item.options]
        return Range(Fraction(min(worth)), Fraction(max(worth)), ((item.metric, None),))
    exact = Fraction(dict(item.options)[value])
    return Range(exact, exact)


def _first(item: Item, tried: Try) -> Range:
    possible: list[int] = []
    lacking: Missing = ()
    for test, worth in item.choices:
        holds, missing = tried(test)
        if holds is False:
            continue
        possible.append(worth)
        if holds:
            break
        lacking += missing
    else:
        possible.append(item.otherwise)
    return Range(Fraction(min(possible)), Fraction(max(possible)), lacking)


def _sum(item: Item, tried: Try) -> Range:
    sure, maybe = 0, 0
    lacking: Missing = ()
    for test, worth in item.choices:
        holds, missing = tried(test)
        if holds is None:
            maybe, lacking = maybe + worth, lacking + missing
        elif holds:
            sure += worth
    return Range(Fraction(min(sure, item.most)), Fraction(min(sure + maybe, item.most)), lacking)
