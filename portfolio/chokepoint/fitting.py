"""Weights of the signs, fitted to labelled texts; they stay near what a careful reader would guess
(pure)."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from portfolio.chokepoint.folding import flattened, unmarked
from portfolio.chokepoint.lexicon import Lexicon
from portfolio.chokepoint.reading import Mention, mentions
from portfolio.chokepoint.weighing import Case, cases, is_stuffed

Floats = NDArray[np.float64]
FOLDS = 5
PULL = 3.0
ROUNDS, STEPS = 3, 30


@dataclass(frozen=True)
class Labelled:
    """A text with the technologies that it claims, what the company has to do with technology at
    all (`develops`, `uses`, `sells`, …), and the mentions read in it."""

    id: str
    text: str
    labels: frozenset[str]
    kind: str
    found: tuple[Mention, ...]
    stuffed: bool

    @property
    def fold(self) -> int:
        """Which part of the rows it belongs to, by its id alone."""
        return int(hashlib.sha256(self.id.encode()).hexdigest(), 16) % FOLDS

    def cases(self, lexicon: Lexicon, weight: Mapping[str, float]) -> list[Case]:
        """The technologies it names, with the mention that these weights hold for the best."""
        return cases(self.found, lexicon, self.stuffed, weight)


def labelled(row: Mapping[str, object], lexicon: Lexicon) -> Labelled:
    """A row of a file of labelled texts. Raises KeyError or TypeError for one that is none."""
    text, labels = row["text"], row["labels"]
    if not isinstance(text, str) or not isinstance(labels, list):
        raise TypeError
    flat = flattened(unmarked(text))
    found = tuple(mentions(flat, lexicon))
    stuffed = is_stuffed(flat, found)
    kind = str(row.get("kind", ""))
    return Labelled(str(row["id"]), text, frozenset(map(str, labels)), kind, found, stuffed)


def fitted(
    rows: Sequence[Labelled], prior: Mapping[str, float], lexicon: Lexicon
) -> dict[str, float]:
    """The weights under which these rows are likeliest, pulled towards the prior ones.

    Which mention speaks most for a technology depends on the weights: so it is chosen anew a few
    times.
    """
    names = list(prior)
    start = np.array([prior[name] for name in names])
    weight = dict(prior)
    for _ in range(ROUNDS):
        signs, truth = _table(rows, names, weight, lexicon)
        weight = dict(zip(names, map(float, _logistic(signs, truth, start)), strict=True))
    return weight


def _table(
    rows: Sequence[Labelled], names: Sequence[str], weight: Mapping[str, float], lexicon: Lexicon
) -> tuple[Floats, Floats]:
    at = {name: number for number, name in enumerate(names)}
    lines, truth = [], []
    for row in rows:
        for case in row.cases(lexicon, weight):
            line = np.zeros(len(names))
            for sign in case.signs:
                line[at[sign]] += 1
            lines.append(line)
            truth.append(float(case.technology in row.labels))
    return np.array(lines).reshape(len(lines), len(names)), np.array(truth)


def _logistic(signs: Floats, truth: Floats, start: Floats) -> Floats:
    """Newton's steps of a logistic regression with a ridge around the prior weights."""
    weight = start.copy()
    for _ in range(STEPS):
        sure = 1 / (1 + np.exp(-signs @ weight))
        slope = signs.T @ (sure - truth) + PULL * (weight - start)
        bend = (signs.T * (sure * (1 - sure))) @ signs + PULL * np.eye(len(start))
        step = np.linalg.solve(bend, slope)
        weight = weight - step
        if np.abs(step).max() < 1e-6:
            break
    return weight
