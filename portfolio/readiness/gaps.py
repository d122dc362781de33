"""What is not known of a clause, as the very inputs that a person would fill in (pure)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from portfolio.rulebook.metrics import Metric, dictionary
from portfolio.rulebook.values import Figures, Missing, years_read


@dataclass(frozen=True)
class Gap:
    """One missing input, and the fiscal year it stands under; a dated fact has none."""

    metric: Metric
    year: int | None

    @property
    def yearly(self) -> bool:
        """Whether it stands under a fiscal year."""
        return self.metric.yearly


def gaps_of(missing: Missing, figures: Figures, reported: int) -> tuple[Gap, ...]:
    """The inputs that an open test lacks, each once, the latest year first.

    Of a metric derived from others they are those of them that are missing; none where there is no
    input to fill in. `reported` is the fiscal year to begin with where none is known at all.
    """
    latest = figures.latest_year or reported
    found = (gap for name, year in missing for gap in _gaps(name, year or latest, figures))
    return tuple(dict.fromkeys(found))


def _gaps(name: str, year: int, figures: Figures) -> Iterator[Gap]:
    entry = dictionary()[name]
    years = years_read(entry.derive, year, entry.years)
    for below in entry.inputs or (name,):
        yield from _lacking(dictionary()[below], years, figures)


def _lacking(metric: Metric, years: Sequence[int], figures: Figures) -> Iterator[Gap]:
    """The input itself, where it is not known, in each of the years that lacks it."""
    if not metric.yearly:
        if metric.id not in figures.facts:
            yield Gap(metric, None)
        return
    for year in years:
        if (metric.id, year) not in figures.years:
            yield Gap(metric, year)
