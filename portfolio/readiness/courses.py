"""Assumptions of growth: read as they are typed, and a figure's own growth so far to begin with
(pure)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from portfolio.companies.sheet_groups import read_number
from portfolio.kernel.errors import InputError
from portfolio.kernel.numbers import MICRO, parse_decimal
from portfolio.readiness.projection import Course
from portfolio.rulebook.metrics import Metric, dictionary
from portfolio.rulebook.values import Figures, compound, fraction

RATE, STEP = "g", "s"
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
    s.revenue so much more each year in the metric's unit."""
    return f"{kind}.{metric.id}"


def grows(metric: Metric) -> bool:
    """Whether a figure can be assumed to grow: a number of each fiscal year that is stated."""
    return metric.yearly and metric.numeric and not metric.derive


def read_growth(texts: Mapping[str, str]) -> Growth:
    """What some texts by name assume; empty ones assume nothing."""
    found = Growth()
    for name, text in texts.items():
        kind, _, metric_id = name.partition(".")
        metric = dictionary().get(metric_id)
        if kind not in {RATE, STEP} or metric is None or not grows(metric) or not text.strip():
            continue
        found.texts[name] = text.strip()
        former = found.courses.get(metric_id, Course())
        try:
            if kind == RATE:
                found.courses[metric_id] = Course(_rate(text), former.step)
            else:
                step = Fraction(read_number(metric, text.strip()), MICRO)
                found.courses[metric_id] = Course(former.rate, step)
        except InputError as error:
            found.errors[name] = error
    return found


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
