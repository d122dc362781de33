"""When a company may get there: figures and dated facts continued from stated assumptions, and the
first fiscal year in which each target would be met (pure).

Whatever no assumption is stated for stays as it is in the latest fiscal year; what is unknown
becomes known only where a value is expected of it. A fiscal year is judged on the day from which
its figures are out, by the version of the rulebook that is known to apply then.
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
from portfolio.rulebook.engine import FAIL, OPEN, PASS, Outcome, inputs_of
from portfolio.rulebook.loader import library
from portfolio.rulebook.metrics import dictionary
from portfolio.rulebook.values import Figures, fraction

MOST_YEARS = 15


@dataclass(frozen=True)
class Course:
    """How a figure goes on: each year it grows by `rate` (a fraction of the year before's value)
    and by `step` (in the metric's unit). A dated fact is `expected` to be something, a number or a
    word, from the fiscal year `since` on, without one from the first year ahead."""

    rate: Fraction = Fraction(0)
    step: Fraction = Fraction(0)
    expected: Any = None
    since: int | None = None

    def after(self, value: Any) -> Any:
        """The value a year later; a word stays."""
        if not self.rate and not self.step:
            return value
        return fraction(value) * (1 + self.rate) + self.step

    def begins(self, year: int, first: int) -> bool:
        """Whether the expected value comes in a fiscal year, looked at from the `first` one ahead."""
        return self.expected is not None and (self.since or first) == year


@dataclass(frozen=True)
class Arrival:
    """When a target would be met: in `year`, None when not within the years looked at.

    `before` is the result of the year before, or of the last year looked at; None where the target
    is met already.
    """

    target: Target
    year: int | None
    last: Result
    before: Result | None

    @property
    def binding(self) -> tuple[Outcome, ...]:
        """The tests that fail before it is met, the hardest first; empty where it is met already or
        nothing but unknown inputs is in the way."""
        before = self.before
        if before is None:
            return ()
        failed = [test for test in before.deciding if test.status == FAIL]
        return tuple(
            sorted(failed, key=lambda t: distance(replace(before, outcome=t)), reverse=True)
        )

    @property
    def awaited(self) -> tuple[Outcome, ...]:
        """The tests that cannot be told before it is met."""
        before = self.before
        return () if before is None else tuple(t for t in before.deciding if t.status in OPEN)

    @property
    def reads(self) -> frozenset[str]:
        """The metrics that its outcome may depend on."""
        return inputs_of(self.target.clause_of(self.last.book), library())


def a_year_on(figures: Figures, courses: Mapping[str, Course], first: int | None = None) -> Figures:
    """The figures with one more fiscal year; `first` is the first one ahead, where it is not this.
    Raises ValueError without a latest one."""
    if figures.latest_year is None:
        raise ValueError("there is no fiscal year to go on from")
    year = figures.latest_year + 1
    latest = {name: value for (name, of), value in figures.years.items() if of == year - 1}
    later = {(name, year): _grown(name, value, courses) for name, value in latest.items()}
    # What is stated of a later year already counts for more than what is assumed.
    years = {**later, **figures.years}
    return replace(
        figures,
        latest_year=year,
        years=years,
        facts=_facts_in(year, figures, courses, first or year),
    )


def _grown(name: str, value: Any, courses: Mapping[str, Course]) -> Any:
    return courses[name].after(value) if name in courses else value


def _facts_in(
    year: int, figures: Figures, courses: Mapping[str, Course], first: int
) -> Mapping[str, Any]:
    known = {
        name: value if dictionary()[name].yearly else _grown(name, value, courses)
        for name, value in figures.facts.items()
    }
    expected = {n: course.expected for n, course in courses.items() if course.begins(year, first)}
    return {**known, **expected}


def continued(
    figures: Figures, courses: Mapping[str, Course], years: int
) -> Iterator[tuple[int, Figures]]:
    """The latest fiscal year and so many after it, each with the figures known by then."""
    first = (figures.latest_year or 0) + 1
    for _ in range(years + 1):
        assert figures.latest_year is not None  # noqa: S101 - as `a_year_on` leaves it
        yield figures.latest_year, figures
        figures = a_year_on(figures, courses, first)


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
            return Arrival(target, year, judged[0], before)
        before = judged[0]
    return None if before is None else Arrival(target, None, before, before)
