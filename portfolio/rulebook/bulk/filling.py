"""Filling a frame from rows (pure).

builder = Builder([Company(7, 2025, "370203", "new"), ...])
builder.keep(7, "<metric>", 2025, micro, word)      # a figure as the database keeps it
builder.state(7, "<metric>", None, Fraction(1, 3))  # any exact number or word; a fact has no year
frame = builder.frame()
"""

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

from portfolio.kernel.numbers import MICRO
from portfolio.rulebook.bulk.frame import FACT, Company, Frame, Key, Series, words_of
from portfolio.rulebook.metrics import Metric, dictionary


class Builder:
    """Takes figures in any order; of two for one company, metric and year the later counts."""

    def __init__(self, companies: Iterable[Company]) -> None:
        self.companies = list(companies)
        self._rows = {company.id: row for row, company in enumerate(self.companies)}
        self._series: dict[Key, Series] = {}

    def keep(
        self, company: int | str, metric: str, year: int | None, micro: int | None, word: str | None
    ) -> None:
        """A figure as it is kept: in millionths, or a word. What no rule reads is passed over.

        Raises ValueError for a word where a number belongs, or one that is no option.
        """
        entry, row = dictionary().get(metric), self._rows[company]
        series = self._column(metric, year, row)
        if entry is None or series is None:
            return
        if entry.numeric:
            if micro is None:
                raise ValueError(f"{metric}: {word} is no number")
            series.put(row, micro)
        else:
            series.put(row, _code(entry, word))

    def state(
        self,
        company: int | str,
        metric: str,
        year: int | None,
        value: int | Decimal | Fraction | str,
    ) -> None:
        """A figure as it is said: a number in the dictionary's unit, however fine, or a word."""
        if isinstance(value, str):
            self.keep(company, metric, year, None, value)
            return
        exact = Fraction(value)
        micro, rest = divmod(exact * MICRO, 1)
        self.keep(company, metric, year, micro, None)
        row = self._rows[company]
        if rest and (series := self._column(metric, year, row)) is not None:
            series.others[row] = exact

    def frame(self) -> Frame:
        """The companies with all that was taken."""
        return Frame(self.companies, self._series)

    def _column(self, metric: str, year: int | None, row: int) -> Series | None:
        """Where a figure stands; None for one of a year that is not read."""
        back, latest = FACT, self.companies[row].latest_year
        if year is not None:
            if latest is None or year > latest:
                return None
            back = latest - year
        found = self._series.get((metric, back))
        if found is None:
            found = self._series[metric, back] = Series()
        return found


def _code(entry: Metric, word: str | None) -> int:
    words = words_of(entry)
    if word not in words:
        raise ValueError(f"{entry.id}: {word} is none of {', '.join(words)}")
    return words.index(word)
