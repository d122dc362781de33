"""The few unknown inputs that would decide most open verdicts, and how much asking them would decide,
measured by answering (pure).

A verdict is open where it is unknown or for a person to judge. Each question is answered in turn with
a value on either side of every border that some open target draws for it (every word, for a word); a
missing figure of several years gets the same value in each. The first question is the one whose
answers decide most open verdicts on average, each further one that which decides most together with
those before, over every combination of answers. What only a person can judge is asked of no founder.
"""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import numpy as np

from portfolio.kernel.dates import reported_year
from portfolio.readiness.nodes import walked
from portfolio.readiness.pictures import Finding, Picture
from portfolio.readiness.shortfalls import TURNED
from portfolio.readiness.used import LOWER
from portfolio.rulebook.bulk.codes import OPEN as OPEN_CODES
from portfolio.rulebook.bulk.evaluate import Evaluation
from portfolio.rulebook.bulk.filling import Builder
from portfolio.rulebook.bulk.frame import Company, Frame, Layered
from portfolio.rulebook.engine import OPEN, exact
from portfolio.rulebook.loader import library
from portfolio.rulebook.metrics import FLAGS, Metric, dictionary
from portfolio.rulebook.model import Clause
from portfolio.rulebook.values import Figures

MOST, MOST_ANSWERS = 3, 4
TENFOLD = 10
Answer = Fraction | str


@dataclass(frozen=True)
class Question:
    """An input to ask for, in the fiscal years that lack (None for a dated fact), and the answers
    that are tried."""

    metric: Metric
    years: tuple[int | None, ...]
    answers: tuple[Answer, ...]


@dataclass(frozen=True)
class Worth:
    """Questions worth asking: of so many `open` verdicts their answers decide at least and at most so
    many, and `mean` on average over so many combinations of `tried` answers."""

    open: int
    questions: tuple[Question, ...] = ()
    least: int = 0
    most: int = 0
    mean: Fraction = Fraction(0)
    tried: int = 0


def worth_asking(picture: Picture) -> Worth:
    """The questions worth asking of a company, at most three."""
    findings = [f for f in picture.assessed if f.result is not None and f.result.status in OPEN]
    asking = questions_of(findings, picture.figures)
    best = Worth(len(findings))
    for _ in range(min(MOST, len(asking))):
        rest = [one for one in asking if one not in best.questions]
        sets = [(*best.questions, one) for one in rest]
        found = measured(sets, findings, picture)
        # Of equals the input that more of the open verdicts lack, which the questions stand in.
        best = max(found, key=lambda worth: worth.mean)
    return best


def questions_of(findings: Sequence[Finding], figures: Figures) -> list[Question]:
    """Every input that open verdicts lack, those first that most of them do."""
    years: dict[str, dict[int | None, None]] = {}
    lacking: dict[str, int] = {}
    metrics: dict[str, Metric] = {}
    for finding in findings:
        for name in {gap.metric.id for gap in finding.gaps}:
            lacking[name] = lacking.get(name, 0) + 1
        for gap in finding.gaps:
            metrics[gap.metric.id] = gap.metric
            years.setdefault(gap.metric.id, {})[gap.year] = None
    borders = borders_of(findings)
    asked = [m for m in metrics.values() if not m.judgement]
    asked.sort(key=lambda metric: (-lacking[metric.id], metric.id))
    return [
        Question(m, tuple(years[m.id]), answers_of(m, borders.get(m.id, ()), figures))
        for m in asked
    ]


def answers_of(metric: Metric, borders: Iterable[Fraction], figures: Figures) -> tuple[Answer, ...]:
    """Values on either side of some borders: of many the lowest, one in the middle, the highest."""
    if not metric.numeric:
        return tuple(metric.values or FLAGS)[:MOST_ANSWERS]
    sorted_ones = sorted({*borders})
    if not sorted_ones:
        middle = _usual(metric, figures)
        return Fraction(0), middle, middle * TENFOLD
    lowest, highest = sorted_ones[0], sorted_ones[-1]
    below = Fraction(0) if lowest > 0 else lowest - 1
    middle = sorted_ones[len(sorted_ones) // 2]
    return tuple(sorted({below, lowest, middle, highest + 1}))


def _usual(metric: Metric, figures: Figures) -> Fraction:
    """How large it may be: as it was in another year, else as the largest figure in its unit."""
    known = {name: abs(Fraction(v)) for (name, _), v in figures.years.items() if _counts(name, v)}
    alike = [v for name, v in known.items() if dictionary()[name].unit == metric.unit]
    return known.get(metric.id) or max(alike, default=Fraction(0)) or Fraction(1)


def _counts(name: str, value: object) -> bool:
    return name in dictionary() and not isinstance(value, str)


def borders_of(findings: Iterable[Finding]) -> Mapping[str, set[Fraction]]:
    """By metric the numbers that the clauses of some targets compare it with."""
    found: dict[str, set[Fraction]] = {}
    for finding in findings:
        if finding.result is not None:
            for clause in walked(finding.result.outcome.clause):
                _note(clause, found)
    return found


def _note(clause: Clause, found: dict[str, set[Fraction]]) -> None:
    if clause.metrics and clause.over not in TURNED:
        limits = [clause.threshold, *clause.floors]
        numbers = {exact(n) for n in limits if isinstance(n, Decimal)}
        entry = dictionary()[clause.metrics[0]]
        for name in (entry.id, *(entry.inputs if entry.derive == LOWER else ())):
            found.setdefault(name, set()).update(numbers)
    for item in clause.items:
        for bands in item.bands:
            found.setdefault(bands.metric, set()).update(exact(n) for n, _ in bands.steps)
        for test, _ in item.choices:
            _note(test, found)


def measured(
    sets: Sequence[tuple[Question, ...]], findings: Sequence[Finding], picture: Picture
) -> list[Worth]:
    """How many open verdicts the answers to each set of questions decide."""
    rows = [
        (number, combination)
        for number, asked in enumerate(sets)
        for combination in itertools.product(*(question.answers for question in asked))
    ]
    decided = _decided([(sets[n], answers) for n, answers in rows], findings, picture)
    found: list[list[int]] = [[] for _ in sets]
    for (number, _), count in zip(rows, decided, strict=True):
        found[number].append(count)
    return [
        Worth(
            len(findings),
            asked,
            min(counts),
            max(counts),
            Fraction(sum(counts), len(counts)),
            len(counts),
        )
        for asked, counts in zip(sets, found, strict=True)
    ]


def _decided(
    rows: Sequence[tuple[tuple[Question, ...], tuple[Answer, ...]]],
    findings: Sequence[Finding],
    picture: Picture,
) -> list[int]:
    """Row by row how many of the open verdicts are open no more."""
    evaluation = Evaluation(_frame(rows, picture), library())
    decided = np.zeros(len(rows), dtype=np.int64)
    for finding in findings:
        if finding.result is not None:
            status = evaluation.found(finding.result.outcome.clause).status
            decided += (status & OPEN_CODES) == 0
    return [int(count) for count in decided]


def _frame(
    rows: Sequence[tuple[tuple[Question, ...], tuple[Answer, ...]]], picture: Picture
) -> Frame:
    """The company once for each row, with the answers of that row laid over its figures."""
    figures = picture.figures
    latest = figures.latest_year or reported_year(picture.day)
    own = Builder([Company(0, latest, picture.region)])
    for (metric, year), value in figures.years.items():
        own.state(0, metric, year, value)
    for metric, value in figures.facts.items():
        own.state(0, metric, None, value)
    said = Builder([Company(row, latest, picture.region) for row in range(len(rows))])
    for row, (questions, answers) in enumerate(rows):
        for question, answer in zip(questions, answers, strict=True):
            for lacking in question.years:
                said.state(row, question.metric.id, lacking, answer)
    return Layered(own.frame().only(np.zeros(len(rows), dtype=np.int64)), said.frame())
