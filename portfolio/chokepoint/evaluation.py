"""How well suggestions agree with labelled texts: figures of held-out folds, errors (pure)."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from portfolio.chokepoint.fitting import FOLDS, Labelled, fitted
from portfolio.chokepoint.lexicon import Lexicon
from portfolio.chokepoint.suggest import ENOUGH, REASONS, ROLES, Role
from portfolio.chokepoint.weighing import probability

GROUPS = {
    "develops": Role.DEVELOPS,
    "uses": Role.USES,
    "integrates": Role.USES,
    "sells": Role.SELLS,
    "services": Role.SERVES,
}
BINS = (0.2, 0.4, 0.6, 0.8, 1.01)


@dataclass(frozen=True)
class Share:
    """Right, wrong and missed of something."""

    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        """The share of what was found that is right."""
        return self.right / max(1, self.right + self.wrong)

    @property
    def recall(self) -> float:
        """The share of what should be found that was."""
        return self.right / max(1, self.right + self.missed)

    @property
    def f1(self) -> float:
        """Their harmonic mean."""
        return 2 * self.right / max(1, 2 * self.right + self.wrong + self.missed)


@dataclass(frozen=True)
class Guess:
    """What was thought of one technology of one text: how sure, the words, and whether the labels
    have it."""

    row: Labelled
    technology: str
    confidence: float
    words: str
    reason: str
    labelled: bool

    @property
    def right(self) -> bool:
        """Whether suggesting it, or not, agrees with the labels."""
        return (self.confidence >= ENOUGH) == self.labelled

    @property
    def distance(self) -> float:
        """How far off the confidence is."""
        return abs(self.labelled - self.confidence)


@dataclass(frozen=True)
class Evaluation:
    """The guesses of all texts."""

    rows: Sequence[Labelled]
    guesses: Mapping[str, Sequence[Guess]]

    def tags(self, rows: Sequence[Labelled]) -> Share:
        """Tags of these rows."""
        count: Counter[tuple[bool, bool]] = Counter(
            (g.confidence >= ENOUGH, g.labelled) for row in rows for g in self.guesses[row.id]
        )
        return Share(count[True, True], count[True, False], count[False, True])

    def clean(self, rows: Sequence[Labelled]) -> tuple[int, int]:
        """How many rows without labels got no tag, and how many there are."""
        without = [row for row in rows if not row.labels]
        return sum(not self._suggested(row) for row in without), len(without)

    def _suggested(self, row: Labelled) -> bool:
        return any(g.confidence >= ENOUGH for g in self.guesses[row.id])

    def role(self, row: Labelled) -> Role:
        """What the text as a whole is taken for."""
        if self._suggested(row):
            return Role.DEVELOPS
        seen = {
            ROLES[r]
            for r in map(REASONS.get, (g.reason for g in self.guesses[row.id]))
            if r in ROLES
        }
        return next((r for r in (Role.SELLS, Role.SERVES, Role.USES) if r in seen), Role.MENTIONS)

    def roles(self) -> dict[Role, Share]:
        """Right, wrong and missed for each role of a text; what is neither developed nor used, sold
        or served counts as mentioned."""
        pairs = Counter(
            (self.role(row), GROUPS.get(row.kind, Role.MENTIONS)) for row in self.rows if row.kind
        )
        return {
            role: Share(
                pairs[role, role],
                sum(n for (had, want), n in pairs.items() if had == role != want),
                sum(n for (had, want), n in pairs.items() if want == role != had),
            )
            for role in Role
        }

    def calibration(self) -> Iterator[tuple[float, float, int, int]]:
        """Confidence from and to, how many technologies, and how many of them the labels have."""
        every = [g for guesses in self.guesses.values() for g in guesses if g.words]
        for low, high in zip((0.0, *BINS), BINS, strict=False):
            here = [g for g in every if low <= g.confidence < high]
            yield low, min(high, 1.0), len(here), sum(g.labelled for g in here)

    def worst(self, number: int) -> list[Guess]:
        """The errors farthest off."""
        every = (g for guesses in self.guesses.values() for g in guesses if not g.right)
        return sorted(every, key=lambda g: -g.distance)[:number]


def guesses(row: Labelled, lexicon: Lexicon, weight: Mapping[str, float]) -> list[Guess]:
    """What these weights make of a text."""
    found = [
        Guess(
            row,
            case.technology,
            probability(case.signs, weight),
            row.text[case.best.start : case.best.end],
            case.best.role,
            case.technology in row.labels,
        )
        for case in row.cases(lexicon, weight)
    ]
    named = {guess.technology for guess in found}
    lost = [Guess(row, name, 0.0, "", "", True) for name in sorted(row.labels - named)]
    return found + lost


def cross_validated(
    rows: Sequence[Labelled],
    more: Sequence[Labelled],
    prior: Mapping[str, float],
    lexicon: Lexicon,
) -> Evaluation:
    """Each fold of the rows judged by weights fitted to the other folds and to further rows."""
    found: dict[str, list[Guess]] = {}
    for fold in range(FOLDS):
        rest = [row for row in rows if row.fold != fold]
        weight = fitted([*rest, *more], prior, lexicon)
        for row in rows:
            if row.fold == fold:
                found[row.id] = guesses(row, lexicon, weight)
    return Evaluation(rows, found)


def judged(rows: Sequence[Labelled], lexicon: Lexicon, weight: Mapping[str, float]) -> Evaluation:
    """The rows judged by the weights at hand."""
    return Evaluation(rows, {row.id: guesses(row, lexicon, weight) for row in rows})
