"""What one asks of the library under all targets, and the library at a glance: how many stand how under
each target, and in which industries they are one clause away (pure)."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from portfolio.kernel.numbers import MICRO, short_number
from portfolio.readiness.pictures import Rung
from portfolio.readiness.results import Verdict
from portfolio.readiness.stored import ABSENT, STANDS
from portfolio.readiness.targets import Ladder, Target, plan, target_of, targets
from portfolio.rulebook.engine import inputs_of
from portfolio.rulebook.loader import library
from portfolio.rulebook.metrics import Metric, dictionary

NEAR = "near"
WITHIN = ("5", "10", "20", "50")  # per cent of a clause
MOST_INDUSTRIES = 7


@dataclass(frozen=True)
class Asked:
    """The filter of the library: empty parts ask for nothing."""

    target: str = ""
    verdict: str = ""
    far: str = ""
    missing: str = ""
    industry: str = ""
    text: str = ""

    @property
    def targets(self) -> Sequence[str]:
        """The targets that it is about."""
        chosen = {self.target} if self.target else {target.key for target in targets()}
        if self.missing:
            chosen &= asking()[self.missing]
        return [target.key for target in targets() if target.key in chosen]

    @property
    def most(self) -> int | None:
        """The distance that no row may pass, in millionths of a clause."""
        return int(self.far) * MICRO // 100 if self.far in WITHIN else None


def asked_by(arguments: Mapping[str, str]) -> Asked:
    """The filter of an address; what it cannot mean asks for nothing."""
    given = {name: arguments.get(name, "").strip() for name in Asked.__dataclass_fields__}
    given["text"] = arguments.get("q", "").strip()
    known = {
        "target": target_of(given["target"]) is not None,
        "verdict": given["verdict"] in {verdict.value for verdict in Verdict},
        "far": given["far"] in {NEAR, *WITHIN},
        "missing": given["missing"] in asking(),
    }
    return Asked(**{name: value if known.get(name, True) else "" for name, value in given.items()})


@dataclass(frozen=True)
class Place:
    """Where a page begins: behind this row."""

    distance: int
    company_id: int
    target: str


def place_of(text: str) -> Place | None:
    """A place as an address writes it; None for anything else."""
    far, _, rest = text.partition(".")
    company, _, target = rest.partition(".")
    number = short_number(company)
    if number is None or not far.isascii() or not far.isdigit() or len(far) > 12:
        return None
    return Place(int(far), number, target)


@cache
def asking() -> Mapping[str, frozenset[str]]:
    """By input that a person fills in the targets that read it."""
    found: dict[str, set[str]] = {}
    for target in targets():
        for book in target.versions:
            for name in inputs_of(target.clause_of(book), library()):
                if not dictionary()[name].derive:
                    found.setdefault(name, set()).add(target.key)
    return {name: frozenset(keys) for name, keys in found.items()}


def inputs() -> Sequence[Metric]:
    """Everything that a person may be asked for."""
    return [dictionary()[name] for name in sorted(asking())]


@dataclass(frozen=True)
class Line:
    """One target at a glance: how many have each verdict, rest on unverified text though they meet
    it, and are one clause away, the last by industry too; `rungs` by how they stand."""

    target: Target
    verdicts: Mapping[str, int]
    unverified: int
    near: int
    by_industry: Sequence[int]
    rungs: Mapping[Rung, int]

    @property
    def assessed(self) -> int:
        """How many companies some version of its rulebook applies to."""
        return sum(self.verdicts.values())


@dataclass(frozen=True)
class Glance:
    """The library at a glance; `industries` are the largest, the last stands for all others."""

    companies: int
    industries: Sequence[str]
    lines: Sequence[Line]

    @property
    def most(self) -> int:
        """The largest number of a cell."""
        return max((n for line in self.lines for n in line.by_industry), default=0)

    @property
    def ladders(self) -> Sequence[tuple[Ladder, Sequence[Sequence[Line]]]]:
        """By ladder its steps, each of one or more rungs."""
        found = []
        for ladder in plan().ladders:
            families = {family.key for family in plan().families if family.ladder == ladder.key}
            rungs = [x for x in self.lines if x.target.rung and x.target.family in families]
            steps = sorted({x.target.rung for x in rungs})
            found.append((ladder, [[x for x in rungs if x.target.rung == n] for n in steps]))
        return found


def glance_of(rows: Iterable[tuple[str, str, int]]) -> Glance:
    """The library from so many companies each of an industry that stand in the same way."""
    kept = [row for row in rows if len(row[1]) == len(targets())]
    sizes: Counter[str] = Counter()
    for industry, _, count in kept:
        sizes[industry] += count
    named = [name for name, _ in sizes.most_common() if name][:MOST_INDUSTRIES]
    places = {name: place for place, name in enumerate(named)}
    text = "".join(verdicts for _, verdicts, _ in kept).encode("ascii")
    letters = np.frombuffer(text, dtype=np.uint8).reshape(len(kept), len(targets()))
    weights = np.array([count for _, _, count in kept], dtype=np.int64)
    groups = np.array([places.get(row[0], len(named)) for row in kept], dtype=np.int64)
    counts = {letter: weights @ (letters == ord(letter)) for letter in STANDS}
    near = np.isin(letters, [ord(x) for x, (rung, _) in STANDS.items() if rung is Rung.NEAR])
    cells = [weights[groups == g] @ near[groups == g] for g in range(len(named) + 1)]
    lines = []
    for column, target in enumerate(targets()):
        here = {letter: int(numbers[column]) for letter, numbers in counts.items()}
        lines.append(_line(target, here, [int(cell[column]) for cell in cells]))
    return Glance(sum(sizes.values()), named, lines)


def _line(target: Target, counts: Mapping[str, int], by_industry: Sequence[int]) -> Line:
    verdicts = {verdict.value: 0 for verdict in Verdict}
    rungs = dict.fromkeys(Rung, 0)
    for letter, (rung, status) in STANDS.items():
        rungs[rung] += counts[letter]
        if letter != ABSENT:
            verdicts[status] += counts[letter]
    return Line(target, verdicts, rungs[Rung.UNVERIFIED], rungs[Rung.NEAR], by_industry, rungs)
