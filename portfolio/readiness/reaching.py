"""The smallest change of one figure that would meet a target now (pure).

Every test that reads the figure turns at some value of it and never turns back, as do the tiers
and the lines of a score: between two such borders nothing changes. So the borders are gone through
one by one, outwards from the value as it is, in the smallest steps that are kept; the first that
meets the target is the least that does.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from portfolio.kernel.numbers import MICRO
from portfolio.readiness.results import Result, undecided_tiers
from portfolio.rulebook.engine import INFO, PASS, Outcome, exact, inputs_of, outcome_of
from portfolio.rulebook.loader import library
from portfolio.rulebook.metrics import Metric, dictionary
from portfolio.rulebook.model import ANY, SCORE, TIERS, Clause, Item
from portfolio.rulebook.scores import points
from portfolio.rulebook.values import Figures, fraction, read

FURTHEST = 10**12 * MICRO  # no figure of a company is as large
MOST_BORDERS = 500
COUNTED = frozenset({"person", "item", "firm", "level", "month", "year", "rank"})
Value = Fraction | str
Place = Callable[[Figures], Any]  # where a figure stands: changes at each border, and never back


@dataclass(frozen=True)
class Change:
    """A figure, as it is (None where it is not known) and as it would have to be; of a dated fact
    the year is None."""

    metric: Metric
    year: int | None
    now: Value | None
    needed: Value

    @property
    def share(self) -> Fraction | None:
        """By what part of itself the figure changes; None where it is nothing now, and of what is
        no number."""
        if not isinstance(self.now, Fraction) or not isinstance(self.needed, Fraction):
            return None
        return abs(self.needed - self.now) / abs(self.now) if self.now else None


def smallest_change(result: Result, figures: Figures) -> Change | None:
    """The change of one figure, of the latest year or a fact, that would meet a target which is not
    met: of known numbers by the smallest part of itself, else a word, else what is not known yet;
    None where no single one would."""
    return min(changes(result, figures), key=_rank, default=None)


def _rank(change: Change) -> tuple[bool, bool, Fraction, str]:
    share = change.share
    return change.now is None, share is None, share or Fraction(0), change.metric.id


def changes(result: Result, figures: Figures) -> Iterator[Change]:
    """For every figure that would meet the target by itself, the least that does, one a direction."""
    clause = result.target.clause_of(result.book)
    for name in sorted(_inputs(clause)):
        metric = dictionary()[name]
        if _changeable(metric, figures) and _within_reach(result.outcome, name):
            yield from _changes_of(metric, clause, figures)


def _changeable(metric: Metric, figures: Figures) -> bool:
    if metric.yearly and figures.latest_year is None:
        return False
    return not metric.inputs or _known(metric, figures) is not None


def _within_reach(outcome: Outcome, name: str) -> bool:
    """Whether one figure alone might meet a clause: nothing that it does not touch stands in the
    way."""
    clause = outcome.clause
    if outcome.status in {PASS, INFO}:
        return True
    if name not in _inputs(clause):
        return False
    if clause.over == TIERS:
        chooses = undecided_tiers(outcome) or name in _behind(clause.metrics[0])
        return chooses or _within_reach(outcome.children[0], name)
    if not outcome.children:
        return True
    join = any if clause.group == ANY else all
    return join(_within_reach(child, name) for child in outcome.children)


def _changes_of(metric: Metric, clause: Clause, figures: Figures) -> Iterator[Change]:
    now, year = _known(metric, figures), figures.latest_year if metric.yearly else None

    def meets(value: Value) -> bool:
        return outcome_of(clause, _with(figures, metric, value), library()).status == PASS

    if not metric.numeric:
        for word in metric.values or ("true", "false"):
            if word != now and meets(word):
                yield Change(metric, year, now, word)
        return
    places = _places(clause, metric.id)
    if not isinstance(now, Fraction):
        if meets(Fraction(0)):
            yield Change(metric, year, None, Fraction(0))
        elif (needed := _Search(metric, figures, places, meets).first(Fraction(0), 1)) is not None:
            yield Change(metric, year, None, needed)
        return
    for direction in (1, -1):
        needed = _Search(metric, figures, places, meets).first(now, direction)
        if needed is not None:
            yield Change(metric, year, now, needed)


@dataclass(frozen=True)
class _Search:
    """Goes through the borders of one figure, in whole steps of what is kept of it."""

    metric: Metric
    figures: Figures
    places: Sequence[Place]
    meets: Callable[[Value], bool]

    @property
    def _step(self) -> int:
        return MICRO if self.metric.unit in COUNTED else 1

    def _value(self, steps: int) -> Fraction:
        return Fraction(steps * self._step, MICRO)

    def _stands(self, value: Fraction) -> tuple[Any, ...]:
        changed = _with(self.figures, self.metric, value)
        return tuple(place(changed) for place in self.places)

    def first(self, now: Fraction, direction: int) -> Fraction | None:
        """The first value in a direction that meets."""
        steps = now * MICRO / self._step
        at = steps.__floor__() if direction > 0 else steps.__ceil__()
        standing = self._stands(now)
        for _ in range(MOST_BORDERS):
            border = self._border(at, direction, standing)
            if border is None:
                return None
            if self.meets(self._value(border)):
                return self._value(border)
            at, standing = border, self._stands(self._value(border))
        return None

    def _border(self, at: int, direction: int, standing: tuple[Any, ...]) -> int | None:
        """The first step beyond at which something stands otherwise: in steps that double, then
        halving what lies between."""
        lowest = 0 if self.metric.never_negative else -FURTHEST
        end = (FURTHEST if direction > 0 else lowest) // self._step
        near, width = at, 1
        while True:
            far = at + direction * width
            if (far - end) * direction >= 0:
                far = end
            if (far - at) * direction <= 0:
                return None
            if self._stands(self._value(far)) != standing:
                return self._between(near, far, standing)
            if far == end:
                return None
            near, width = far, width * 2

    def _between(self, near: int, far: int, standing: tuple[Any, ...]) -> int:
        while abs(far - near) > 1:
            middle = (near + far) // 2
            if self._stands(self._value(middle)) == standing:
                near = middle
            else:
                far = middle
        return far


def _places(clause: Clause, name: str) -> list[Place]:
    """Everything of a clause, and of the books that it refers to, that a figure's value can turn."""
    found: list[Place] = []
    if name not in _inputs(clause):
        return found
    if clause.over == TIERS and name in _behind(clause.metrics[0]):
        found.append(lambda figures: _tier(clause, figures))
    elif clause.tested_number and any(name in _behind(metric) for metric in clause.metrics):
        found.append(lambda figures: _side(clause, figures))
    for item in clause.items if clause.over == SCORE else ():
        if any(name in _behind(metric) for metric in _read_by(item)):
            found.append(_worth(item))
    tried = (test for item in clause.items for test, _ in item.choices)
    referred = library()[clause.book].roots if clause.book else ()
    for below in (*clause.children, *tried, *referred):
        found += _places(below, name)
    return found


def _side(clause: Clause, figures: Figures) -> tuple[str, int]:
    """On which side of the threshold a test's value is, or what it comes to without one."""
    outcome = outcome_of(clause, figures, library())
    if outcome.value is None:
        return outcome.status, 0
    apart = fraction(outcome.value) - exact(clause.threshold)
    return "", (apart > 0) - (apart < 0)


def _tier(clause: Clause, figures: Figures) -> int | None:
    value, _ = read(clause, figures)
    if value is None:
        return None
    return next(n for n, floor in enumerate(clause.floors) if floor is None or value >= floor)


def _read_by(item: Item) -> set[str]:
    return {item.metric, *(bands.metric for bands in item.bands)} - {""}


def _worth(item: Item) -> Place:
    return lambda figures: points(item, figures, _untried)[:2]


def _untried(test: Clause) -> Any:
    return None, ()  # what hangs on tests is looked at test by test


def _behind(name: str) -> frozenset[str]:
    """A metric and all that it may follow from."""
    below = (_behind(other) for other in dictionary()[name].inputs)
    return frozenset({name}).union(*below)


_READ: dict[int, frozenset[str]] = {}  # by the identity of a clause, which the library keeps


def _inputs(clause: Clause) -> frozenset[str]:
    if id(clause) not in _READ:
        _READ[id(clause)] = inputs_of(clause, library())
    return _READ[id(clause)]


def _known(metric: Metric, figures: Figures) -> Value | None:
    stated = (
        figures.years.get((metric.id, figures.latest_year or 0)),
        figures.facts.get(metric.id),
    )
    value = stated[0] if metric.yearly else stated[1]
    return fraction(value) if metric.numeric and value is not None else value


def _with(figures: Figures, metric: Metric, value: Value) -> Figures:
    if metric.yearly and figures.latest_year is not None:
        years = {**figures.years, (metric.id, figures.latest_year): value}
        return replace(figures, years=years)
    return replace(figures, facts={**figures.facts, metric.id: value})
