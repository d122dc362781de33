"""What is not known of a clause, as the very input that a person would fill in (pure)."""

from collections.abc import Sequence
from dataclasses import dataclass

from portfolio.rulebook.engine import Outcome
from portfolio.rulebook.metrics import Metric, dictionary
from portfolio.rulebook.values import Figures


@dataclass(frozen=True)
class Gap:
    """One missing input, and the fiscal year it stands under; a dated fact has none."""

    metric: Metric
    year: int | None

    @property
    def yearly(self) -> bool:
        """Whether it stands under a fiscal year."""
        return self.metric.yearly


def first_gap(outcome: Outcome, figures: Figures, reported: int) -> Gap | None:
    """The first input that an unknown test lacks.

    Of a metric derived from others it is the one of those that is missing; None where there is no
    input to fill in. `reported` is the fiscal year to begin with where none is known at all.
    """
    latest = figures.latest_year or reported
    for metric_id, year in outcome.missing:
        metric = dictionary()[metric_id]
        for name in metric.inputs or (metric_id,):
            if gap := _lacking(
                dictionary()[name], range(year or latest, 0, -1)[: metric.years], figures
            ):
                return gap
    return None


def _lacking(metric: Metric, years: Sequence[int], figures: Figures) -> Gap | None:
    """The input itself, where it is not known; of one with years the latest that lacks."""
    if not metric.yearly:
        return None if metric.id in figures.facts else Gap(metric, None)
    return next((Gap(metric, y) for y in years if (metric.id, y) not in figures.years), None)
