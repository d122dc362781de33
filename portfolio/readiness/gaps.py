"""What is not known of a clause, as the very input that a person would fill in (pure)."""

from dataclasses import dataclass

from portfolio.rulebook.engine import Figures, Outcome
from portfolio.rulebook.metrics import Metric, dictionary


@dataclass(frozen=True)
class Gap:
    """One missing input; `year` is None for a dated fact, and where no year is known at all."""

    metric: Metric
    year: int | None

    @property
    def yearly(self) -> bool:
        """Whether it stands under a fiscal year."""
        return self.metric.yearly


def first_gap(outcome: Outcome, figures: Figures) -> Gap | None:
    """The first input that an unknown test lacks.

    Of a metric derived from others it is the one of those that is missing; None where there is no
    input to fill in.
    """
    for metric_id, year in outcome.missing:
        metric = dictionary()[metric_id]
        ids = metric.inputs if metric.derive == "min" else () if metric.derive else (metric_id,)
        lacking = [i for i in ids if year is None or figures.years.get((i, year)) is None]
        if lacking:
            return Gap(dictionary()[lacking[0]], year)
    return None
