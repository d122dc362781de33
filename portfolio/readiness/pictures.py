"""Everything that a company's readiness page shows on a day: each target with its verdict, or why no
rulebook applies, and the rungs of the ladders (pure)."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

from portfolio.kernel.dates import reported_year
from portfolio.kernel.titles import TitledEnum
from portfolio.readiness.gaps import Gap
from portfolio.readiness.nearness import hardest_of, missing
from portfolio.readiness.results import Assessing, Result
from portfolio.readiness.shortfalls import Shortfall, shortfall_of
from portfolio.readiness.targets import Family, Ladder, Target, plan
from portfolio.readiness.trees import Node, inputs_missing, tree_of
from portfolio.rulebook.engine import FAIL, MANUAL, OPEN, PASS, UNKNOWN, Outcome
from portfolio.rulebook.metrics import dictionary
from portfolio.rulebook.model import Rulebook
from portfolio.rulebook.routing import periods
from portfolio.rulebook.values import Figures

MOST_NEAR = 5


class Rung(TitledEnum):
    """How a company stands before a rung of a ladder, as far as its figures tell."""

    MET = "met", "预评估满足", "Met, pre-assessed"
    UNVERIFIED = "unverified", "满足，依据待核实", "Met by unverified text"
    NEAR = "near", "只差一条", "One clause away"
    FAR = "far", "不满足", "Not met"
    OPEN = "open", "待补材料", "Unknown"
    ABSENT = "absent", "无适用标准", "No standard applies"


def rung_of(status: str, unverified: bool, open_tests: int) -> Rung:
    """The rung of a verdict that so many tests stand before."""
    if status == PASS:
        return Rung.UNVERIFIED if unverified else Rung.MET
    if open_tests == 1:
        return Rung.NEAR
    return Rung.FAR if status == FAIL else Rung.OPEN


class Why(TitledEnum):
    """Why no rulebook applies."""

    REGION = "region", "不适用于本地区", "Not for this region"
    BEGINS = "begins", "尚未施行", "Not in force yet"
    ENDED = "ended", "已失效", "Out of force"
    PURPOSE = "purpose", "不适用于本次申报", "Not for this purpose"


@dataclass(frozen=True, eq=False)
class Absence:
    """Why a target has no rulebook on a day: the version that would be next to apply, or was last,
    and the day that it begins or ended."""

    why: Why
    book: Rulebook
    day: dt.date | None = None


@dataclass(frozen=True, eq=False)
class Finding:
    """One target for one company: a result, or else why there is none.

    `tests` are the single tests that decide, nearest first; `gaps` the inputs that they lack,
    `distance` what is missing in millionths of a clause.
    """

    target: Target
    result: Result | None = None
    absence: Absence | None = None
    tests: tuple[Outcome, ...] = ()
    shortfall: Shortfall | None = None
    gaps: tuple[Gap, ...] = ()
    distance: int = 0

    @property
    def status(self) -> str:
        """Its verdict; "" where no rulebook applies."""
        return self.result.status if self.result else ""

    def count(self, status: str) -> int:
        """How many of the tests that decide have a status."""
        return sum(test.status == status for test in self.tests)

    @property
    def judged(self) -> int:
        """How many of the tests that decide hang on what a person judged."""
        closed = (test for test in self.tests if test.status not in OPEN)
        return sum(
            dictionary()[test.clause.metrics[0]].judgement for test in closed if test.clause.metrics
        )

    @property
    def hardest(self) -> Outcome:
        """Of the tests that made the verdict the one that most is missing to."""
        if self.result is None:
            raise LookupError(self.target.key)
        return hardest_of(self.result.status, self.result.deciding)

    @property
    def open_tests(self) -> int:
        """How many tests stand between the company and the target."""
        return sum(map(self.count, (FAIL, UNKNOWN, MANUAL)))

    @property
    def rung(self) -> Rung:
        """How it stands as a rung of a ladder; a text that nobody has verified moves nobody."""
        if self.result is None:
            return Rung.ABSENT
        return rung_of(self.result.status, self.result.unverified, self.open_tests)


@dataclass(frozen=True, eq=False)
class Picture:
    """What a company's figures come to on a day. The same figures are one object, so that what is
    written of it is written once."""

    day: dt.date
    region: str | None
    figures: Figures
    audited: bool
    findings: tuple[Finding, ...]

    @cached_property
    def families(self) -> Sequence[tuple[Family, Sequence[Finding]]]:
        """The findings by family, in the order of the plan."""
        return [
            (family, [f for f in self.findings if f.target.family == family.key])
            for family in plan().families
        ]

    @cached_property
    def ladders(self) -> Sequence[tuple[Ladder, Sequence[Sequence[Finding]]]]:
        """By ladder its steps, each of one or more rungs."""
        return [(ladder, [*self._steps(ladder)]) for ladder in plan().ladders]

    def _steps(self, ladder: Ladder) -> Iterator[Sequence[Finding]]:
        families = {family.key for family in plan().families if family.ladder == ladder.key}
        rungs = [f for f in self.findings if f.target.rung and f.target.family in families]
        for step in sorted({f.target.rung for f in rungs}):
            yield [f for f in rungs if f.target.rung == step]

    @property
    def assessed(self) -> Sequence[Finding]:
        """The targets that some rulebook applies to."""
        return [finding for finding in self.findings if finding.result is not None]

    def with_status(self, status: str) -> Sequence[Finding]:
        """The targets whose verdict it is."""
        return [f for f in self.assessed if f.result is not None and f.result.status == status]

    @property
    def nearest(self) -> Sequence[Finding]:
        """The few targets that are not met and least is missing to."""
        open_ones = [f for f in self.assessed if f.open_tests]
        return sorted(open_ones, key=lambda finding: finding.distance)[:MOST_NEAR]

    def tree(self, finding: Finding) -> Node | None:
        """A finding clause by clause; None where no rulebook applies."""
        if finding.result is None:
            return None
        return tree_of(finding.result, self.figures, reported_year(self.day))


def picture_of(figures: Figures, audited: bool, day: dt.date, region: str | None) -> Picture:
    """All targets for a company with these figures."""
    assessing = Assessing(figures, day, region)
    found = tuple(_finding(target, assessing) for target in plan().targets)
    return Picture(day, region, figures, audited, found)


def _finding(target: Target, assessing: Assessing) -> Finding:
    figures, result = assessing.figures, assessing.result(target)
    if result is None:
        return Finding(target, absence=absence_of(target, assessing.day, assessing.region))
    tests = tuple(result.tests)
    short = shortfall_of(hardest_of(result.status, result.deciding), figures)
    gaps = inputs_missing(tests, figures, reported_year(assessing.day))
    return Finding(target, result, None, tests, short, gaps, missing(tests))


def absence_of(target: Target, day: dt.date, region: str | None) -> Absence:
    """Why no version of a target applies on a day."""
    spans = [(*span, book) for book in target.versions for span in periods(book)]
    now = [book for begin, end, book in spans if begin <= day and (end is None or day <= end)]
    if now:
        here = all(book.covers(region) for book in now)
        return Absence(Why.PURPOSE if here else Why.REGION, now[0])
    later = [(begin, book) for begin, _, book in spans if begin > day]
    if later:
        begin, book = min(later, key=lambda span: span[0])
        return Absence(Why.BEGINS, book, begin)
    end, book = max(
        ((end, book) for _, end, book in spans if end is not None), key=lambda span: span[0]
    )
    return Absence(Why.ENDED, book, end)


@cache
def days_of_effect() -> Sequence[dt.date]:
    """Every day from which some version of a target applies, the latest first."""
    books = {book.id: book for target in plan().targets for book in target.versions}
    return sorted({begin for b in books.values() for begin, _ in periods(b)}, reverse=True)
