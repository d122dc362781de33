"""How long many companies under every rulebook in force take: one by one, in a rule engine written
in Rust, and all at once; and whether all say the same."""

import datetime as dt
import gc
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from bench.dialects import PYTHON, ZEN, Dialect, decision_of, python_of
from bench.rules import MICRO, NotSaid, Written
from bench.synthetic import COMPANIES, synthetic
from portfolio.rulebook.bulk.codes import CODES
from portfolio.rulebook.bulk.evaluate import SLICE, Evaluation
from portfolio.rulebook.bulk.frame import Frame
from portfolio.rulebook.bulk.numbers import Numbers
from portfolio.rulebook.engine import FAIL, MANUAL, PASS, UNKNOWN, Assessment, assess
from portfolio.rulebook.loader import library
from portfolio.rulebook.model import Rulebook
from portfolio.rulebook.values import Figures

try:
    import zen
except ImportError:
    zen = None

DAY = dt.date(2026, 9, 1)
SAMPLE, GOAL = 500, 20
STATUSES = (PASS, MANUAL, UNKNOWN, FAIL)  # as the straight-line forms number them
NONE = -1
ROUNDS = 5
RESULTS = ("verdict", "low", "high")
Said = Any  # of a slice its size, the verdicts and the points


def own_time(work: Callable[[], Any]) -> tuple[float, Any]:
    """How much of this process's own time a piece of work takes, in seconds, and what it gives."""
    begun = time.process_time()
    found = work()
    return time.process_time() - begun, found


def straight(books: Sequence[Rulebook], say: Dialect) -> list[Written]:
    """Those of the books that can be written as straight-line code."""
    written = []
    for book in books:
        try:
            written.append(Written(book, library(), say).whole())
        except NotSaid as reason:
            print(f"{book.id} has no straight-line form: {reason}")
    return written


def results_of(written: Written) -> tuple[str, str, str]:
    """The steps that say the verdict and the points."""
    null = written.say.null
    return (written.verdict or null, *(written.total or (null, null)))


def in_python(written: Written) -> Callable[[Callable[[str], Any]], tuple[Any, ...]]:
    """A book as a Python function."""
    names: dict[str, Any] = {}
    inputs = [*written.inputs, "purpose"]
    exec(python_of(written.steps, inputs, results_of(written)), names)  # noqa: S102 our own code
    return names["assess"]


def in_zen(written: Written) -> Any:
    """A book as a zen decision."""
    results = zip(RESULTS, results_of(written), strict=True)
    return zen.ZenEngine().create_decision(json.dumps(decision_of([*written.steps, *results])))


def bulk(frame: Frame, books: Sequence[Rulebook]) -> list[list[Said]]:
    """What every book says of all companies, slice by slice."""
    said: list[list[Said]] = [[] for _ in books]
    for start in range(0, frame.size, SLICE):
        part = frame.only(slice(start, start + SLICE))
        evaluation = Evaluation(part, library())
        for book, place in zip(books, said, strict=True):
            found = evaluation.assess(book)
            place.append((part.size, found.status, found.score and found.score.total))
    return said


def said_by_bulk(slices: Sequence[Said]) -> Any:
    """What one book says of every company, as rows of numbers."""
    table = np.full(256, NONE)
    for number, status in enumerate(STATUSES):
        table[CODES[status]] = number
    parts = []
    for size, status, total in slices:
        nothing = np.full(size, NONE)
        verdict = nothing if status is None else table[status]
        ends = [nothing] * 2 if total is None else [micro(total.low), micro(total.high)]
        parts.append(np.stack([verdict, *ends], axis=1))
    return np.concatenate(parts)


def micro(points: Numbers) -> Any:
    """Points in millionths."""
    exact = points.top.of * MICRO // points.bottom.of
    return np.broadcast_to(exact, points.known.shape).astype(np.int64)


def said_alone(found: Assessment) -> tuple[int, int, int]:
    """What the engine says of one company."""
    verdict = NONE if found.status is None else STATUSES.index(found.status)
    if found.score is None:
        return verdict, NONE, NONE
    return verdict, int(found.score.total.low * MICRO), int(found.score.total.high * MICRO)


def said_by_zen(answer: Mapping[str, Any]) -> tuple[int, ...]:
    """What zen says of one company."""
    return numbered([answer["result"].get(key) for key in RESULTS])


def numbered(results: Sequence[Any]) -> tuple[int, ...]:
    """Results of a straight-line form, with a number for nothing."""
    return tuple(NONE if result is None else int(result) for result in results)


def one_by_one(
    count: int, prepare: Callable[[int], Any], ask: Mapping[str, Callable[[Any], Any]]
) -> tuple[float, dict[str, list[Any]]]:
    """The own time of asking every book about so many companies, without preparing them, by the
    best of the rounds that they are parted into; and by book what it says."""
    said: dict[str, list[Any]] = {book: [] for book in ask}
    taken = [0.0] * ROUNDS
    for number in range(count):
        given = prepare(number)
        begun = time.process_time()
        for book, one in ask.items():
            said[book].append(one(given))
        taken[number * ROUNDS // count] += time.process_time() - begun
    return min(taken) * ROUNDS, said


def line(
    name: str, count: int, pairs: float, times: str = "", goal: str = "", same: str = ""
) -> None:
    """Print one line: of how many companies, pairs a second, and how much faster bulk is."""
    print(f"{name:<42}{count:>11,}{pairs:>13,.0f}{times:>10}{goal:>7}{same:>24}")


@dataclass
class Compared:
    """What bulk says and how fast; every other way is held against it."""

    known: Mapping[str, Any]
    rate: float

    def line(
        self, name: str, spent: float, said: Mapping[str, Sequence[Any]], goal: str = ""
    ) -> None:
        """Print how fast another way is, and of how many pairs it says the same."""
        companies = len(next(iter(said.values())))
        pairs = companies * len(said)
        same = sum(
            int((np.array(one) == self.known[book][:companies]).all(axis=1).sum())
            for book, one in said.items()
        )
        rate = pairs / spent
        agreed = f"{same:,} of {pairs:,}"
        line(name, companies, rate, f"{self.rate / rate:,.1f}x", goal, agreed)


def table() -> None:
    """Print companies times rulebooks a second, and of how many all ways say the same."""
    books = [book for book in library().values() if book.in_force(DAY)]
    written = straight(books, PYTHON)
    companies = synthetic({n: s for one in written for n, s in one.inputs.items()}, books)
    filling, (frame, figures) = own_time(companies.frame)
    gc.collect()
    gc.disable()  # a collector that walks the bench's own data is nobody's cost
    first, slices = own_time(lambda: bulk(frame, books))
    taken = min(own_time(lambda: bulk(frame, books))[0] for _ in range(ROUNDS))
    pairs = COMPANIES * len(books)
    known = {book.id: said_by_bulk(said) for book, said in zip(books, slices, strict=True)}
    compared = Compared(known, pairs / taken)
    title = f"companies under {len(books)} rulebooks"
    print(
        f"\n{title:<42}{'companies':>11}{'pairs/s':>13}{'bulk is':>10}{'goal':>7}{'the same':>24}"
    )
    line("all at once", COMPANIES, pairs / taken)
    line("the first time, which makes the columns", COMPANIES, pairs / first)
    plain = {one.book.id: in_python(one) for one in written}
    spent, said = one_by_one(COMPANIES, lambda n: companies.row(n).get, plain)
    answers = {book: [*map(numbered, one)] for book, one in said.items()}
    compared.line("the rules written out in a plain loop", spent, answers, f"{GOAL}x")
    alone = {book.id: partial(_assessed, book) for book in books}
    spent, said = one_by_one(SAMPLE, companies.figures, alone)
    answers = {book: [*map(said_alone, one)] for book, one in said.items()}
    compared.line("the engine, one company after another", spent, answers)
    if zen is None:
        print("zen-engine is not installed: pip install --require-hashes -r requirements-dev.txt")
    else:
        decisions = {one.book.id: in_zen(one).evaluate for one in straight(books, ZEN)}
        spent, said = one_by_one(SAMPLE, companies.row, decisions)
        answers = {book: [*map(said_by_zen, one)] for book, one in said.items()}
        compared.line("the rules in zen-engine", spent, answers)
    gc.enable()
    print(
        f"{'filling the columns from rows, figures/s':<42}{figures:>11,}{figures / filling:>13,.0f}"
    )


def _assessed(book: Rulebook, figures: Figures) -> Assessment:
    return assess(book, figures, library())
