"""Companies whose figures stand where the rulebooks draw their borders: right on them, just below and
just above, steadily grown at a rate that some rule asks for; or missing, nothing, below zero, huge,
and finer than anything that is kept.
"""

import random
from collections import defaultdict
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

from portfolio.rulebook.bulk.filling import Builder
from portfolio.rulebook.bulk.frame import Company, words_of
from portfolio.rulebook.loader import Draft, library, read_book, read_head
from portfolio.rulebook.metrics import dictionary
from portfolio.rulebook.model import Rulebook
from portfolio.rulebook.routing import routing
from portfolio.rulebook.values import Figures

SAMPLE = Path(__file__).parent / "data" / "every-word.toml"
STEPS = (Fraction(0), Fraction(1, 10**6), Fraction(-1, 10**6), Fraction(1, 10**9), Fraction(1, 3))
HUGE = (Fraction(10**12), Fraction(9 * 10**12), Fraction(10**25), Fraction(-(10**19)))


def books() -> dict[str, Rulebook]:
    """Every rulebook, and one that says what the language can say and they rarely do."""
    draft = read_head(SAMPLE.name, SAMPLE.read_text(encoding="utf-8"))
    titles = {
        book.id: Draft(draft.source, {"zh": book.zh, "en": book.en}) for book in library().values()
    }
    return {**library(), SAMPLE.stem: read_book(draft, {**titles, SAMPLE.stem: draft})}


BOOKS = books()


def borders() -> dict[str, list[Fraction]]:
    """By metric the numbers that some rule compares it with."""
    found = defaultdict(set)
    for book in BOOKS.values():
        tests = [test for item in book.items for test, _ in item.choices]
        for clause in (c for root in (*book.roots, *tests) for c in root.walk()):
            if clause.tested_number:
                for metric in clause.metrics:
                    found[metric].add(Fraction(clause.threshold))
            if clause.floors:
                found[clause.metrics[0]] |= {Fraction(f) for f in clause.floors if f is not None}
        for item in book.items:
            for bands in item.bands:
                found[bands.metric] |= {Fraction(step) for step, _ in bands.steps}
            if item.kind == "every":
                found[item.metric] |= {n * Fraction(item.size) for n in range(8)}
            if item.kind == "awarded":
                found[item.metric] |= {Fraction(n) for n in (-1, 7, 15, 16)}
    return {metric: sorted(numbers) for metric, numbers in found.items()}


BORDERS = borders()
READ = sorted(
    {*BORDERS}
    | {n for m in BORDERS for n in dictionary()[m].inputs}
    | {m.id for m in dictionary().values() if m.family != ("disclosed",)}
)
RATES = sorted(
    {
        Fraction(n) / whole
        for ns in BORDERS.values()
        for n in ns
        for whole in (1, 100)
        if 0 < n <= 100
    }
)
CLAUSES = [c for book in BOOKS.values() for root in book.roots for c in root.walk()]
SHARES = sorted(
    {c.metrics for c in CLAUSES if len(c.metrics) == 2}
    | {m.inputs for m in dictionary().values() if m.derive == "ratio_of_sums"}
)


def figures_of(dice: random.Random, names: Iterable[str] = READ) -> Figures:
    """A company whose figures stand where rules divide."""
    latest = dice.choice([2025, 2025, 2025, 2024, None])
    told, fine = dice.choice([0.3, 0.8, 0.97, 1]), dice.random() < 0.3
    judged = dice.choice([told, 0.5, 0])
    facts, years = {}, {}
    for name in names:
        entry = dictionary()[name]
        if not entry.numeric:
            if dice.random() < (judged if entry.judgement else told):
                kind = dice.random()
                word = dice.choice(words_of(entry)) if kind < 0.7 else words_of(entry)[0]
                facts[name] = word
            continue
        share = told * (0.3 if entry.derive else 1)
        if dice.random() < share * (0.02 if entry.yearly else 1):
            facts[name] = number_of(dice, name, fine)
        if not entry.yearly:
            continue
        value, rate = number_of(dice, name, fine), dice.choice(RATES)
        for year in range(2019, 2027):
            if dice.random() < share:
                years[(name, year)] = value
            # Steady growth at a rate that some rule draws a border at.
            value = value * (1 + rate) if dice.random() < 0.6 else number_of(dice, name, fine)
    for part, whole in SHARES:
        for year in range(2019, 2027):
            if (whole, year) in years and (part, year) in years and dice.random() < 0.4:
                years[(part, year)] = years[(whole, year)] * dice.choice(RATES)
    return Figures(latest, years, facts, dice.choice([*routing().purposes]))


def number_of(dice: random.Random, name: str, fine: bool) -> Fraction:
    kind = dice.random()
    if kind < 0.7 and name in BORDERS:
        return dice.choice(BORDERS[name]) + dice.choice(STEPS[: 5 if fine else 3])
    if kind < 0.72:
        return dice.choice(HUGE)
    if kind < 0.8:
        return Fraction(0)
    return Fraction(dice.randint(-5_000, 100_000)) / dice.choice([1, 1, 100, 10**6])


def frame_of(companies: list[Figures], regions=None):
    builder = Builder(
        Company(n, f.latest_year, regions and regions[n], f.purpose)
        for n, f in enumerate(companies)
    )
    for n, figures in enumerate(companies):
        for name, value in figures.facts.items():
            builder.state(n, name, None, value)
        for (name, year), value in figures.years.items():
            builder.state(n, name, year, value)
    return builder.frame()
