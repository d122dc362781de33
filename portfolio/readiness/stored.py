"""What is stored of a company's outcomes: of each target the verdict, how near it is, and what each of
its clauses came to (pure)."""

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import NamedTuple

from portfolio.kernel.numbers import MICRO, MOST_MICRO
from portfolio.readiness.inputs import Stated, figures_of_year, latest_of
from portfolio.readiness.nearness import distance, hardest_of
from portfolio.readiness.nodes import letters_of, nodes_of, place_of
from portfolio.readiness.pictures import Rung, rung_of
from portfolio.readiness.results import Result, results
from portfolio.readiness.targets import Target, targets
from portfolio.rulebook.engine import FAIL, MANUAL, OPEN, PASS, UNKNOWN

BYTES = 8
_ENCODER = json.JSONEncoder(separators=(",", ":"))
ABSENT = "-"
# How a company stands under a target, as one letter: the rung, and the verdict that led there.
STANDS: Mapping[str, tuple[Rung, str]] = {
    "M": (Rung.MET, PASS),
    "V": (Rung.UNVERIFIED, PASS),
    "N": (Rung.NEAR, FAIL),
    "n": (Rung.NEAR, UNKNOWN),
    "j": (Rung.NEAR, MANUAL),
    "F": (Rung.FAR, FAIL),
    "O": (Rung.OPEN, UNKNOWN),
    "J": (Rung.OPEN, MANUAL),
    ABSENT: (Rung.ABSENT, ""),
}
_LETTERS = {stand: letter for letter, stand in STANDS.items()}


class Stored(NamedTuple):
    """An outcome as its row has it.

    `open_tests` is how many tests stand between the company and the target, `distance` how much is
    missing in millionths of a clause. `hardest` is the place among the target's clauses of the
    failed one that most is missing to, None where none failed; `gap` what is missing to it in
    millionths of its unit. `clauses` has a letter for each clause.
    """

    target: str
    book: str
    status: str
    open_tests: int
    distance: int
    unverified: bool
    hardest: int | None
    gap: int | None
    clauses: str


def stored_of(result: Result) -> Stored:
    """What is kept of a result."""
    deciding, hardest, gap = result.deciding, None, None
    if result.status == FAIL:
        test = hardest_of(FAIL, deciding)
        hardest = place_of(test.clause, nodes_of(result.target, result.book))
        if test.gap is not None:
            top, bottom = test.gap.as_integer_ratio()
            gap = min(-(-top * MICRO // bottom), MOST_MICRO)
    return Stored(
        result.target.key,
        result.book.id,
        result.status,
        sum(test.status == FAIL or test.status in OPEN for test in deciding),
        distance(result),
        result.unverified,
        hardest,
        gap,
        letters_of(result.outcome),
    )


class Known(NamedTuple):
    """What a company is assessed by: the figures that hold, its latest fiscal year, the code of its
    region."""

    held: Sequence[Stated]
    latest_year: int | None
    region: str | None

    @property
    def mark(self) -> str:
        """A short mark of all of it."""
        lines = (f"{r.metric} {r.year} {r.micro} {r.choice} {bool(r.audited)}" for r in self.held)
        return mark_of("\n".join([self.region or "", *sorted(lines)]))


def known_on(day: dt.date, stated: Iterable[Stated], region: str | None) -> Known:
    """What is known of a company on a day."""
    held = [row for row in stated if row.holds(day)]
    return Known(held, latest_of(held, day)[0], region)


def stored_alone(
    known: Known, day: dt.date, among: Iterable[Target] | None = None, purpose: str = ""
) -> list[Stored]:
    """The outcome under each target, or each of some, that applies to a company."""
    figures = replace(figures_of_year(known.held, known.latest_year), purpose=purpose)
    return [stored_of(result) for result in results(figures, day, known.region, among)]


def verdicts_of(found: Iterable[Stored]) -> str:
    """How a company stands under every target of the plan, a letter for each in its order."""
    places = _places()
    letters = [ABSENT] * len(places)
    for one in found:
        letters[places[one.target]] = _letter(one.status, one.unverified, one.open_tests == 1)
    return "".join(letters)


@cache
def _places() -> Mapping[str, int]:
    return {target.key: place for place, target in enumerate(targets())}


@cache
def _letter(status: str, unverified: bool, near: bool) -> str:
    return _LETTERS[rung_of(status, unverified, int(near)), status]


def written(found: Sequence[Stored]) -> str:
    """Outcomes as they are kept; the same outcomes are the same text."""
    return _ENCODER.encode(found)


def read(text: str) -> list[Stored]:
    """Outcomes from what was kept."""
    return [Stored._make(row) for row in json.loads(text)]


def mark_of(text: str) -> str:
    """A short mark: texts that differ in anything have different ones."""
    return hashlib.blake2b(text.encode(), digest_size=BYTES).hexdigest()
