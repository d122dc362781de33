"""What companies are assessed for, and a company's outcome under each target (pure)."""

import datetime as dt
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import NamedTuple

from portfolio.kernel.dates import reported_year
from portfolio.kernel.numbers import MICRO
from portfolio.kernel.titles import TitledEnum, untitled
from portfolio.rulebook.engine import Outcome, exact, find_clause, outcome_of
from portfolio.rulebook.loader import library
from portfolio.rulebook.model import Rulebook
from portfolio.rulebook.values import Figures

FILE = Path(__file__).with_name("targets.toml")


class Verdict(TitledEnum):
    """What a pre-assessment says."""

    PASS = "pass", "满足", "Met"
    FAIL = "fail", "不满足", "Not met"
    UNKNOWN = "unknown", "待补材料", "Unknown"


@dataclass(frozen=True)
class Target:
    """A clause of the version in force on a day, under a name people use."""

    key: str
    zh: str
    en: str
    books: tuple[str, ...]
    clause: str
    standard: bool = False

    def book_on(self, day: dt.date) -> Rulebook | None:
        """The version in force on a day."""
        books = library()
        return next((books[b] for b in self.books if books[b].in_force(day)), None)


@dataclass(frozen=True)
class Result:
    """A target's outcome for one company on a day."""

    target: Target
    book: Rulebook
    outcome: Outcome

    @property
    def tests(self) -> list[Outcome]:
        """The single tests that matter, by nearness: failed first, then unknown, then met.

        Of alternatives only the best stands here: the one that is met, else the nearest.
        """
        return sorted(self.deciding, key=_nearness)

    @property
    def deciding(self) -> list[Outcome]:
        """The same tests in the order of the rulebook."""
        return _relevant(self.outcome)

    @property
    def open_gaps(self) -> int:
        """How many of them are not met."""
        return sum(test.status == "fail" for test in self.tests)


def _relevant(outcome: Outcome) -> list[Outcome]:
    if not outcome.children:
        return [outcome]
    below = [_relevant(child) for child in outcome.children]
    if outcome.clause.group != "any":
        return [test for tests in below for test in tests]
    return min(below, key=_open)


def _open(tests: Sequence[Outcome]) -> tuple[int, int]:
    """How far a set of tests is from being met: failures weigh more than open questions."""
    states = [test.status for test in tests]
    return states.count("fail"), states.count("unknown")


def _nearness(leaf: Outcome) -> tuple[int, float]:
    order = {"fail": 0, "unknown": 1, "pass": 2}[leaf.status]
    threshold = leaf.clause.threshold
    if leaf.gap and threshold and not isinstance(threshold, str | tuple):
        return order, float(leaf.gap / abs(exact(threshold)))
    return order, 0.0


@cache
def targets() -> tuple[Target, ...]:
    """Every target, in the order of the file. Raises ValueError when one lacks a title."""
    rows = tomllib.loads(FILE.read_text(encoding="utf-8"))["target"]
    if nameless := [row["key"] for row in rows if untitled(row)]:
        raise ValueError(f"{FILE.name}: {nameless[0]} lacks a title in one language")
    return tuple(Target(**{**row, "books": tuple(row["books"])}) for row in rows)


def results(figures: Figures, day: dt.date) -> list[Result]:
    """The outcome of every target that has a rulebook in force on the day."""
    found = []
    for target in targets():
        book = target.book_on(day)
        if book is not None:
            clause = find_clause(book, target.clause)
            found.append(Result(target, book, outcome_of(clause, figures, library())))
    return found


class Stated(NamedTuple):
    """A current figure as the database has it."""

    metric: str
    year: int | None
    micro: int | None
    choice: str | None
    audited: bool | None

    @property
    def value(self) -> Fraction | str | None:
        """What the engine takes."""
        return self.choice if self.micro is None else Fraction(self.micro, MICRO)


def latest_of(stated: Sequence[Stated], day: dt.date) -> tuple[int | None, bool]:
    """The latest fiscal year to assess a company on, and whether it is audited."""
    years = {row.year for row in stated if row.year}
    audited = {row.year for row in stated if row.audited and row.year}
    return latest_year(sorted(audited), sorted(years), day)


def figures_from(stated: Sequence[Stated], day: dt.date) -> tuple[Figures, bool]:
    """A company's figures as the engine takes them, and whether the latest fiscal year is
    audited."""
    year, by_audit = latest_of(stated, day)
    return figures_of_year(stated, year), by_audit


def figures_of_year(stated: Sequence[Stated], latest: int | None) -> Figures:
    """Figures as the engine takes them, to be assessed on a fiscal year."""
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
