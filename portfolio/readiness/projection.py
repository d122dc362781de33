"""When a company may get there: figures continued from stated assumptions, and the first fiscal year
in which each target would be met (pure).

Whatever no assumption is stated for stays as it is in the latest fiscal year; nothing unknown
becomes known. A fiscal year is judged on the day from which its figures are out, by the version of
the rulebook that is known to apply then.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from portfolio.kernel.dates import published_on
from portfolio.readiness.nearness import distance
from portfolio.readiness.results import Result, results
from portfolio.readiness.targets import Target, targets
from portfolio.rulebook.engine import FAIL, PASS, Outcome
from portfolio.rulebook.metrics import dictionary
from portfolio.rulebook.values import Figures, fraction

MOST_YEARS = 15


@dataclass(frozen=True)
class Course:
    """How a yearly figure goes on: each year it grows by `rate` (a fraction of the year before's
    value) and by `step` (in the metric's unit)."""

    rate: Fraction = Fraction(0)
    step: Fraction = Fraction(0)

    def after(self, value: Fraction) -> Fraction:
        """The value a year later."""
        return value * (1 + self.rate) + self.step


@dataclass(frozen=True)
class Arrival:
    """When a target would be met: in `year`, None when not within the years looked at.

    `binding` are the tests that fail in the year before, or in the last year looked at, the hardest
    first; empty where it is met already or nothing but unknown inputs is in the way.
    """

    target: Target
    year: int | None
    last: Result
    binding: tuple[Outcome, ...]


def a_year_on(figures: Figures, courses: Mapping[str, Course]) -> Figures:
    """The figures with one more fiscal year. Raises ValueError without a latest one."""
    year = figures.latest_year
    if year is None:
        raise ValueError("there is no fiscal year to go on from")
    latest = {name: value for (name, of), value in figures.years.items() if of == year}
    later = {(name, year + 1): _after(name, value, courses) for name, value in latest.items()}
    # What is stated of a later year already counts for more than what is assumed.
    return replace(figures, latest_year=year + 1, years={**later, **figures.years})


def _after(name: str, value: Any, courses: Mapping[str, Course]) -> Any:
    course = courses.get(name)
    if course is None or not dictionary()[name].numeric:
        return value
    return course.after(fraction(value))


def continued(
    figures: Figures, courses: Mapping[str, Course], years: int
) -> Iterator[tuple[int, Figures]]:
    """The latest fiscal year and so many after it, each with the figures known by then."""
    for _ in range(years + 1):
        assert figures.latest_year is not None  # noqa: S101 - as `a_year_on` leaves it
        yield figures.latest_year, figures
        figures = a_year_on(figures, courses)


def arrivals(
    figures: Figures,
    courses: Mapping[str, Course],
    day: dt.date,
    region: str | None = None,
    years: int = MOST_YEARS,
    among: Iterable[Target] | None = None,
) -> list[Arrival]:
    """For every target, or some, that a rulebook applies to on the day: when it would be met, and
    what binds.

    The latest fiscal year is judged on `day`. A target is looked at no further than a rulebook
    applies to it.
    """
    known = list(continued(figures, courses, years))
    found = (
        _arrival(target, known, day, region) for target in (targets() if among is None else among)
    )
    return [arrival for arrival in found if arrival is not None]


def _arrival(
    target: Target, known: Iterable[tuple[int, Figures]], day: dt.date, region: str | None
) -> Arrival | None:
    before: Result | None = None
    for year, figures in known:
        judged = results(figures, max(day, published_on(year)), region, [target])
        if not judged:
            break
        if judged[0].status == PASS:
            return Arrival(target, year, judged[0], _binding(before))
        before = judged[0]
    return None if before is None else Arrival(target, None, before, _binding(before))


def _binding(before: Result | None) -> tuple[Outcome, ...]:
    if before is None:
        return ()
    failed = [test for test in before.deciding if test.status == FAIL]
    return tuple(sorted(failed, key=lambda t: distance(replace(before, outcome=t)), reverse=True))
