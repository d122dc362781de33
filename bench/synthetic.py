"""Made-up companies with figures spread around what the rulebooks ask for."""

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from bench.rules import FACT, MICRO
from portfolio.rulebook.bulk.filling import Builder
from portfolio.rulebook.bulk.frame import Company, Frame, words_of
from portfolio.rulebook.metrics import Metric, dictionary
from portfolio.rulebook.model import Rulebook
from portfolio.rulebook.routing import routing
from portfolio.rulebook.values import Figures

COMPANIES, LATEST = 100_000, 2025
Row = dict[str, Any]


@dataclass
class Synthetic:
    """Made-up companies: by input what each has, None where unknown."""

    columns: Mapping[str, list[Any]]
    inputs: Mapping[str, tuple[str, str]]
    purposes: list[str]

    def row(self, number: int) -> Row:
        """What is known of one company."""
        found = {name: column[number] for name, column in self.columns.items()}
        known = {name: value for name, value in found.items() if value is not None}
        return {**known, "purpose": self.purposes[number]}

    def figures(self, number: int) -> Figures:
        """The same as the engine takes it."""
        years, facts, row = {}, {}, self.row(number)
        purpose = row.pop("purpose")
        for name, value in row.items():
            metric, back = self.inputs[name]
            exact = value if isinstance(value, str) else Fraction(value, MICRO)
            if back == FACT:
                facts[metric] = exact
            else:
                years[metric, LATEST - int(back)] = exact
        return Figures(LATEST, years, facts, purpose)

    def frame(self) -> tuple[Frame, int]:
        """The same as columns, and of how many figures."""
        builder = Builder(Company(n, LATEST, None, p) for n, p in enumerate(self.purposes))
        count = 0
        for name, column in self.columns.items():
            metric, back = self.inputs[name]
            year = None if back == FACT else LATEST - int(back)
            for number, value in enumerate(column):
                if isinstance(value, str):
                    builder.keep(number, metric, year, None, value)
                elif value is not None:
                    builder.keep(number, metric, year, value, None)
                count += value is not None
        return builder.frame(), count


def synthetic(inputs: Mapping[str, tuple[str, str]], books: Sequence[Rulebook]) -> Synthetic:
    """Companies with most figures known, spread around the numbers that rules compare them with
    and a part of them right on these; a derived figure is seldom given."""
    dice, borders = np.random.default_rng(7), borders_of(books)
    columns: dict[str, list[Any]] = {}
    for name, (metric, back) in inputs.items():
        entry = dictionary()[metric]
        if entry.yearly == (back == FACT):
            continue
        known = dice.random(COMPANIES) < (0.1 if entry.derive else 0.85)
        values = drawn(dice, entry, borders.get(metric, [5_000]))
        columns[name] = [v if k else None for v, k in zip(values, known.tolist(), strict=True)]
    purposes = random.Random(7).choices(routing().purposes, k=COMPANIES)
    return Synthetic(columns, inputs, purposes)


def drawn(dice: np.random.Generator, entry: Metric, borders: Sequence[Any]) -> list[Any]:
    """A value of a metric for each company."""
    if not entry.numeric:
        words = words_of(entry)
        return [words[n] for n in dice.integers(0, len(words), COMPANIES)]
    base = np.array([int(border * MICRO) for border in borders])[
        dice.integers(0, len(borders), COMPANIES)
    ]
    spread = np.exp(dice.normal(0.3, 0.5, COMPANIES)) * base
    return np.where(dice.random(COMPANIES) < 0.2, base, spread.astype(np.int64)).tolist()


def borders_of(books: Iterable[Rulebook]) -> dict[str, list[Any]]:
    """By metric the numbers that a rule compares it with."""
    found: dict[str, list[Any]] = {}
    for book in books:
        choices = [test for item in book.items for test, _ in item.choices]
        for clause in (c for root in (*book.roots, *choices) for c in root.walk()):
            if clause.tested_number and clause.threshold:
                found.setdefault(clause.metrics[0], []).append(clause.threshold)
        for bands in (bands for item in book.items for bands in item.bands):
            found.setdefault(bands.metric, []).extend(step for step, _ in bands.steps)
    return found
