"""A company's figures as the database has them, turned into what the engine takes (pure)."""

import datetime as dt
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from portfolio.kernel.dates import reported_year
from portfolio.kernel.numbers import MICRO
from portfolio.rulebook.values import Figures

REGION_IN_CODE = slice(2, 8)  # of a credit code


class Stated(NamedTuple):
    """A current figure as the database has it."""

    metric: str
    year: int | None
    micro: int | None
    choice: str | None
    audited: bool | None
    valid_until: dt.date | None = None

    def holds(self, day: dt.date) -> bool:
        """Whether it is known and has not expired on a day."""
        said = self.micro is not None or self.choice is not None
        return said and (self.valid_until is None or day <= self.valid_until)

    @property
    def value(self) -> Fraction | str | None:
        """What the engine takes."""
        return self.choice if self.micro is None else Fraction(self.micro, MICRO)


def region_of(region_code: str, uscc: str | None) -> str | None:
    """The six-digit code of the region whose rulebooks apply: as recorded, else the one that its
    credit code was given in; None when neither is known."""
    return region_code or (uscc or "")[REGION_IN_CODE] or None


def latest_of(stated: Sequence[Stated], day: dt.date) -> tuple[int | None, bool]:
    """The latest fiscal year to assess a company on, and whether it is audited.

    A year that had not ended by the day is none yet.
    """
    years = {row.year for row in stated if row.year and row.year < day.year}
    audited = {row.year for row in stated if row.audited and row.year in years and row.year}
    return latest_year(sorted(audited), sorted(years), day)


def figures_from(stated: Sequence[Stated], day: dt.date) -> tuple[Figures, bool]:
    """A company's figures as the engine takes them, and whether the latest fiscal year is
    audited."""
    held = [row for row in stated if row.holds(day)]
    year, by_audit = latest_of(held, day)
    return figures_of_year(held, year), by_audit


def figures_of_year(stated: Sequence[Stated], latest: int | None) -> Figures:
    """Figures that hold as the engine takes them, to be assessed on a fiscal year."""
    return Figures(
        latest_year=latest,
        years={(row.metric, row.year): row.value for row in stated if row.year is not None},
        facts={row.metric: row.value for row in stated if row.year is None},
    )


def latest_year(
    audited: Sequence[int], stated: Sequence[int], day: dt.date
) -> tuple[int | None, bool]:
    """The latest fiscal year to assess on, and whether it is audited.

    The latest year with audited figures; without any, the latest that ended at least four
    months before the day.
    """
    if audited:
        return max(audited), True
    ended = reported_year(day)
    return max((year for year in stated if year <= ended), default=None), False
