"""What is not known of a clause, as the very input that a person would fill in (pure)."""

from dataclasses import dataclass

from portfolio.rulebook.engine import Figures, Outcome
from portfolio.rulebook.metrics import Metric, dictionary


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
        ids = metric.inputs if metric.derive == "min" else () if metric.derive else (metric_id,)
        of_year = (year or latest) if metric.yearly else None
        lacking = [i for i in ids if of_year is None or figures.years.get((i, of_year)) is None]
        if lacking:
            return Gap(dictionary()[lacking[0]], of_year)
    return None
