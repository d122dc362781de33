"""Which figures a test read: by year, and of a lower-of the one that counted (pure)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from portfolio.rulebook.engine import Outcome
from portfolio.rulebook.language import EACH
from portfolio.rulebook.metrics import Metric, dictionary
from portfolio.rulebook.model import TIERS
from portfolio.rulebook.values import Figures, derived, years_read

LOWER = "min"


@dataclass(frozen=True)
class Used:
    """A figure that was read; `counted` says whether it is the one of several that counts, and is
    None where there was nothing to choose. A dated fact has no year."""

    metric: Metric
    year: int | None
    value: Any
    counted: bool | None = None


def used_in(outcome: Outcome, figures: Figures) -> tuple[Used, ...]:
    """The figures behind a test; none where it read but the one value that it shows."""
    clause, latest = outcome.clause, figures.latest_year
    if not clause.metrics or clause.over == TIERS or latest is None:
        return ()
    one = clause.years == 1
    if clause.over == EACH:
        years: Sequence[int] = range(latest, latest - clause.years, -1)
    else:
        years = (latest,) if one else years_read(clause.over, latest, clause.years)
    found = tuple(
        used for name in clause.metrics for year in years for used in _behind(name, year, figures)
    )
    alone = one and [used.metric.id for used in found] == [clause.metrics[0]]
    return () if alone else found


def _behind(name: str, year: int, figures: Figures) -> Iterator[Used]:
    entry = dictionary()[name]
    latest = year == figures.latest_year
    given = figures.facts.get(name) if latest else None
    if given is not None or (not entry.yearly and name not in derived()):
        yield Used(entry, None, given)
        return
    value = figures.years.get((name, year))
    if value is not None or name not in derived():
        yield Used(entry, year, value)
        return
    counts = figures.of_year(name, year)
    for below in entry.inputs:
        for y in years_read(entry.derive, year, entry.years):
            read = figures.of_year(below, y)
            chosen = read is not None and read == counts if entry.derive == LOWER else None
            yield Used(dictionary()[below], y, read, chosen)
