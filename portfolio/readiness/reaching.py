"""The smallest change of one figure that would meet a target now (pure).

Searched in millionths of the metric's unit, as figures are kept, from the value outwards: first in
steps that double, then halving what lies between. Where a rule holds on an island of values alone
that the steps jump over, it is not found.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from portfolio.kernel.numbers import MICRO
from portfolio.readiness.results import Result
from portfolio.rulebook.engine import PASS, inputs_of, outcome_of
from portfolio.rulebook.loader import library
from portfolio.rulebook.metrics import Metric, dictionary
from portfolio.rulebook.values import Figures, fraction

FURTHEST = 10**12 * MICRO  # no figure of a company is as large


@dataclass(frozen=True)
class Change:
    """A figure, as it is and as it would have to be; of a dated fact the year is None."""

    metric: Metric
    year: int | None
    now: Fraction
    needed: Fraction

    @property
    def share(self) -> Fraction | None:
        """By what part of itself the figure changes; None where it is nothing now."""
        return abs(self.needed - self.now) / abs(self.now) if self.now else None


def smallest_change(result: Result, figures: Figures) -> Change | None:
    """The change of one known figure, of the latest year or a fact, that would meet a target which
    is not met, by the smallest part of itself; None where no single one would."""
    found = [change for change in changes(result, figures) if change is not None]
    return min(found, key=_rank, default=None)


def _rank(change: Change) -> tuple[bool, Fraction, str]:
    share = change.share
    return share is None, share or Fraction(0), change.metric.id


def changes(result: Result, figures: Figures) -> Iterator[Change]:
    """For every figure that would meet the target by itself, the least that does, one a direction."""
    clause = result.target.clause_of(result.book)
    for name in sorted(inputs_of(clause, library())):
        metric = dictionary()[name]
        if not metric.numeric or metric.inputs or (now := _known(metric, figures)) is None:
            continue

        def meets(micro: int, metric: Metric = metric) -> bool:
            changed = _with(figures, metric, Fraction(micro, MICRO))
            return outcome_of(clause, changed, library()).status == PASS

        for direction in (1, -1):
            needed = _least(meets, int(now * MICRO), direction, metric)
            if needed is not None:
                year = figures.latest_year if metric.yearly else None
                yield Change(metric, year, now, Fraction(needed, MICRO))


def _known(metric: Metric, figures: Figures) -> Fraction | None:
    stated = (
        figures.years.get((metric.id, figures.latest_year or 0)),
        figures.facts.get(metric.id),
    )
    value = stated[0] if metric.yearly else stated[1]
    return None if value is None else fraction(value)


def _with(figures: Figures, metric: Metric, value: Fraction) -> Figures:
    if metric.yearly and figures.latest_year is not None:
        years = {**figures.years, (metric.id, figures.latest_year): value}
        return replace(figures, years=years)
    return replace(figures, facts={**figures.facts, metric.id: value})


def _least(meets: Callable[[int], bool], start: int, direction: int, metric: Metric) -> int | None:
    furthest = FURTHEST if direction > 0 else (0 if metric.never_negative else -FURTHEST)
    short, step = start, 1
    while True:
        far = start + direction * step
        if (far - furthest) * direction >= 0:
            far = furthest
        if meets(far):
            return _between(meets, short, far)
        if far == furthest:
            return None
        short, step = far, step * 2


def _between(meets: Callable[[int], bool], short: int, far: int) -> int:
    """The nearest value that meets, where `short` does not and `far` does."""
    while abs(far - short) > 1:
        middle = (short + far) // 2
        short, far = (short, middle) if meets(middle) else (middle, far)
    return far
