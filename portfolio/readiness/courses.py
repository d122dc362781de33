"""Assumptions of how figures go on: read as they are typed, and a figure's own growth so far to begin
with (pure)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from portfolio.companies.sheet_groups import read_number
from portfolio.kernel.errors import InputError
from portfolio.kernel.numbers import MICRO, parse_decimal, short_number
from portfolio.readiness.projection import Course
from portfolio.readiness.reaching import COUNTED
from portfolio.readiness.whatif import FIRST_YEAR, LAST_YEAR, read_value
from portfolio.rulebook.metrics import Metric, dictionary
from portfolio.rulebook.values import Figures, compound, fraction

RATE, STEP, EXPECTED, SINCE = "g", "s", "e", "w"
LEAST_PERCENT, MOST_PERCENT = -100, 1000
MOST_INTERVALS = 2  # as far back as three annual reports


@dataclass
class Growth:
    """How figures are assumed to go on: their courses by metric, the texts as typed by the name
    of the field, and what is wrong with those that say nothing."""

    courses: dict[str, Course] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    errors: dict[str, InputError] = field(default_factory=dict)


def name_of(kind: str, metric: Metric) -> str:
    """What an assumption is called in an address and in a form: g.revenue is percent a year,
    s.revenue so much more each year in the metric's unit, e.ip_class1 the value that is expected,
    w.ip_class1 from which fiscal year on."""
    return f"{kind}.{metric.id}"


def grows(metric: Metric) -> bool:
    """Whether a figure can be assumed to grow: a number that is stated."""
    return metric.numeric and not metric.derive


def expects(metric: Metric) -> bool:
    """Whether a value can be expected of it from a fiscal year on: a dated fact that is stated."""
    return not metric.yearly and not metric.derive


def growth_kind(metric: Metric) -> str:
    """How the growth of a fact is asked for: of what is counted so many more, else in percent."""
    return STEP if metric.unit in COUNTED else RATE


TAKES = {RATE: grows, STEP: grows, EXPECTED: expects, SINCE: expects}


def read_growth(texts: Mapping[str, str]) -> Growth:
    """What some texts by name assume; empty ones assume nothing."""
    found = Growth()
    for name, text in texts.items():
        kind, _, metric_id = name.partition(".")
        metric = dictionary().get(metric_id)
        if kind not in TAKES or metric is None or not TAKES[kind](metric) or not text.strip():
            continue
        found.texts[name] = text.strip()
        former = found.courses.get(metric_id, Course())
        try:
            found.courses[metric_id] = replace(former, **_said(kind, metric, text.strip()))
        except InputError as error:
            found.errors[name] = error
    _without_value(found)
    return found


def _said(kind: str, metric: Metric, text: str) -> Mapping[str, Any]:
    if kind == RATE:
        return {"rate": _rate(text)}
    if kind == STEP:
        return {"step": Fraction(read_number(metric, text), MICRO)}
    if kind == SINCE:
        return {"since": _year(text)}
    micro, word = read_value(metric, text)
    return {"expected": word if micro is None else Fraction(micro, MICRO)}


def _year(text: str) -> int:
    year = short_number(text)
    if year is None or not FIRST_YEAR <= year <= LAST_YEAR:
        raise InputError("year.malformed", value=text)
    return year


def _without_value(found: Growth) -> None:
    """A year from which nothing is expected says nothing."""
    for metric_id, course in found.courses.items():
        name = name_of(EXPECTED, dictionary()[metric_id])
        if course.since is not None and course.expected is None and name not in found.errors:
            found.errors[name] = InputError("expected.no_value")


def _rate(text: str) -> Fraction:
    percent = parse_decimal(text.strip().rstrip("%％"))
    if not LEAST_PERCENT <= percent <= MOST_PERCENT:
        raise InputError("growth.range", least=LEAST_PERCENT, most=MOST_PERCENT)
    return Fraction(percent) / 100


def own_growth(figures: Figures, metric: Metric) -> tuple[Fraction, int] | None:
    """By how much a year a figure has grown so far (a fraction), and since which fiscal year: over
    the latest years without a gap, three at most; None where no growth can be told."""
    latest = figures.latest_year
    if latest is None:
        return None
    known = _known_back(figures, metric, latest)
    for intervals in range(len(known) - 1, 0, -1):
        rate = compound(known[0], known[intervals], intervals)
        if rate is not None:
            return rate, latest - intervals
    return None


def _known_back(figures: Figures, metric: Metric, latest: int) -> Sequence[Fraction]:
    found: list[Fraction] = []
    for year in range(latest, latest - MOST_INTERVALS - 1, -1):
        value = figures.of_year(metric.id, year)
        if value is None:
            break
        found.append(fraction(value))
    return found


def percent_text(rate: Fraction) -> str:
    """A rate in percent as it is typed, cut to hundredths: never more than it was."""
    hundredths = (rate * 10_000).__floor__()
    whole, rest = divmod(abs(hundredths), 100)
    text = f"{whole}.{rest:02d}".rstrip("0").rstrip(".")
    return f"-{text}" if hundredths < 0 else text
