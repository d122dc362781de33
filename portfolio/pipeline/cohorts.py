"""Cohorts of deals: those that began in a year, a half or a quarter of one (pure)."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from portfolio.kernel.errors import InputError
from portfolio.pipeline.funnel import Ledger


@dataclass(frozen=True)
class Cohort:
    """Deals that began within a year, a half or a quarter of one, or at any time (`key` is "")."""

    key: str = ""
    start: dt.date = dt.date.min
    end: dt.date = dt.date.max

    def of(self, ledger: Ledger, deal_ids: Iterable[int]) -> list[int]:
        """Those of the deals that began in it; deals without an event are in none."""
        ways, first, last = ledger.ways, self.start.toordinal(), self.end.toordinal()
        return [i for i in deal_ids if i in ways and first <= ways[i].opened <= last]


def cohort_of(key: str) -> Cohort:
    """The cohort that is called 2026, 2026H1 or 2026Q3; "" stands for all deals.

    Raises InputError `cohort.unknown`.
    """
    if not key:
        return Cohort()
    year, half, quarter = key[:4], key[4:5], key[5:]
    if not (year.isascii() and year.isdigit() and len(year) == 4 and 1990 <= int(year) <= 2200):
        raise InputError("cohort.unknown", value=key)
    if len(key) == 4:
        first, months = 1, 12
    elif half == "H" and quarter in {"1", "2"}:
        first, months = 6 * int(quarter) - 5, 6
    elif half == "Q" and quarter in {"1", "2", "3", "4"}:
        first, months = 3 * int(quarter) - 2, 3
    else:
        raise InputError("cohort.unknown", value=key)
    after = first + months
    end = dt.date(int(year) + (after > 12), (after - 1) % 12 + 1, 1) - dt.timedelta(days=1)
    return Cohort(key, dt.date(int(year), first, 1), end)


def cohort_keys(first: dt.date, last: dt.date) -> list[str]:
    """The years, halves and quarters between two days, the latest first."""
    found: list[str] = []
    for year in range(last.year, first.year - 1, -1):
        parts = [f"{year}", f"{year}H2", f"{year}Q4", f"{year}Q3", f"{year}H1", f"{year}Q2"]
        named = [cohort_of(key) for key in [*parts, f"{year}Q1"]]
        found += [c.key for c in named if c.start <= last and c.end >= first]
    return found
