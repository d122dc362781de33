"""What a rulebook consists of once it is read: books, clauses, score items (pure)."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from portfolio.rulebook.citations import Reference
from portfolio.rulebook.faults import Source

TARGET, PART, POLICY = "target", "part", "policy"
ALL, ANY = "all", "any"
SCORE, TIERS, NEVER = "score", "tiers", "never"


@dataclass(frozen=True)
class Clause:
    """A node of the tree; one without an id is a part of the clause above it.

    It is one of: a `group` over `children`; a reference to `book`; or by `over` a test, of which
    `tiers` stands over `children` (the first whose `floors` entry the metric reaches applies) and
    `score` over `items`. `metrics` are two for a ratio of sums. `threshold` is exact, in the
    dictionary's unit. `book` beside a test is the book that says yes or no where nobody did.
    `zh` is the text of the rule, `en` a translation of it.
    """

    id: str
    zh: str
    en: str
    citation: Reference
    verified: str
    group: str = ""
    book: str = ""
    metrics: tuple[str, ...] = ()
    over: str = ""
    years: int = 1
    test: str = ""
    threshold: Any = None
    optional: bool = False
    info: bool = False
    skip: tuple[str, ...] = ()
    note: str = ""
    floors: tuple[Decimal | None, ...] = ()
    items: tuple["Item", ...] = ()
    children: tuple["Clause", ...] = ()

    @property
    def refers(self) -> str:
        """The rulebook whose verdict it stands for; "" where it has its own test."""
        return "" if self.metrics else self.book

    @property
    def tested_number(self) -> bool:
        """Whether it is one test of a number against a threshold."""
        return bool(self.metrics) and isinstance(self.threshold, Decimal)

    def walk(self) -> Iterator["Clause"]:
        """This clause and all below it in its own book."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True)
class Bands:
    """Points by where a value stands: the first of `steps` (best first) that it reaches."""

    metric: str
    steps: tuple[tuple[Decimal, int], ...]
    upward: bool
    otherwise: int


@dataclass(frozen=True)
class Item:
    """A line of a score table, worth at most `most` points.

    `kind` says how: `bands` (the best of one or more), `every` (points for each full `size`),
    `options` (points by word), `first` (of `choices` the first that holds, else `otherwise`),
    `sum` (of all `choices` that hold) or `awarded` (a figure taken as given).
    """

    id: str
    group: str
    zh: str
    en: str
    most: int
    verified: str
    kind: str
    metric: str = ""
    bands: tuple[Bands, ...] = ()
    size: Decimal = Decimal(1)
    points: int = 0
    options: tuple[tuple[str, int], ...] = ()
    choices: tuple[tuple[Clause, int], ...] = ()
    otherwise: int = 0


@dataclass(frozen=True)
class Group:
    """A part of a score table, worth at most `most` points."""

    id: str
    zh: str
    en: str
    most: int


@dataclass(frozen=True)
class Rulebook:
    """One official standard in one version.

    `clauses` are all that have an id, in the order of the file. `roots` is one clause, the
    verdict, or else separate findings. `gap_before` says why no version of its standard applied
    in the days before it, where that is so.
    """

    id: str
    role: str
    zh: str
    en: str
    authority: str
    authority_en: str
    document: Reference
    in_force_from: dt.date
    in_force_to: dt.date | None
    verified: str
    roots: tuple[Clause, ...]
    clauses: tuple[Clause, ...] = ()
    groups: tuple[Group, ...] = ()
    items: tuple[Item, ...] = ()
    applies_to: tuple[str, ...] = ("*",)
    decides: bool = True
    regulation: str = ""
    validity_years: int | None = None
    note: str = ""
    inherits: str = ""
    sources: tuple[str, ...] = field(default=(), repr=False)
    replaces: tuple[str, ...] = ()
    gap_before: str = ""
    file: Source = field(default=Source("", ""), repr=False, compare=False)

    @property
    def issuer(self) -> dict[str, str]:
        """The authority that issued it, for reading in both languages."""
        return {"zh": self.authority, "en": self.authority_en}

    def in_force(self, day: dt.date) -> bool:
        """Whether it applies on a day; both end days are included."""
        return self.in_force_from <= day and (self.in_force_to is None or day <= self.in_force_to)

    def covers(self, region: str | None) -> bool:
        """Whether it applies in a region, by its six-digit code."""
        place = region or ""
        out = any(place.startswith(p[1:]) for p in self.applies_to if p.startswith("!"))
        return not out and any(p == "*" or place.startswith(p) for p in self.applies_to)
