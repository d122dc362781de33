"""What companies are assessed for, as data: targets in families, some of them rungs of a ladder (pure)."""

import datetime as dt
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any

from portfolio.kernel.titles import untitled
from portfolio.rulebook.engine import find_clause
from portfolio.rulebook.loader import library
from portfolio.rulebook.metrics import dictionary
from portfolio.rulebook.model import Clause, Rulebook
from portfolio.rulebook.routing import applies, routing

FILE = Path(__file__).with_name("targets.toml")


class FaultyTargets(ValueError):
    """The file of targets cannot be used: the reason."""


@dataclass(frozen=True)
class Ladder:
    """A way upwards, of several rungs."""

    key: str
    zh: str
    en: str


@dataclass(frozen=True)
class Family:
    """Targets that stand together on a page; those with a rung stand on its ladder."""

    key: str
    zh: str
    en: str
    ladder: str = ""


@dataclass(frozen=True)
class Target:
    """The verdict of the rulebook that applies, or one clause of it, under a name people use."""

    key: str
    family: str
    zh: str
    en: str
    books: tuple[str, ...]
    clause: str = ""
    clause_in: Mapping[str, str] = field(default_factory=dict, hash=False)
    rung: int = 0
    rung_zh: str = ""
    rung_en: str = ""
    standard: bool = False
    listed: bool = False
    granted: str = ""
    implies: tuple[str, ...] = ()
    valid_years: int = 0
    valid_source: str = ""

    @property
    def versions(self) -> tuple[Rulebook, ...]:
        """Every version of the standard, the oldest first."""
        found = (library()[name] for name in self.books)
        return tuple(sorted(found, key=lambda book: book.in_force_from))

    def book_on(self, day: dt.date, region: str | None, purpose: str = "") -> Rulebook | None:
        """The version that applies on a day in a region (a six-digit code), if any does.

        Without a purpose the one that is meant where none is named.
        """
        asked = purpose or routing().purposes[0]
        return next((b for b in self.versions if applies(b, day, region, asked)), None)

    def clause_of(self, book: Rulebook) -> Clause:
        """The clause of a version that decides. Raises KeyError."""
        name = self.clause_in.get(book.id, self.clause)
        return find_clause(book, name) if name else book.roots[0]

    @property
    def step(self) -> Mapping[str, str]:
        """What its rung is called on the ladder."""
        return {"zh": self.rung_zh or self.zh, "en": self.rung_en or self.en}


@dataclass(frozen=True)
class Plan:
    """Everything companies are assessed for, in the order of the file."""

    version: int
    ladders: tuple[Ladder, ...]
    families: tuple[Family, ...]
    targets: tuple[Target, ...]


@cache
def plan() -> Plan:
    """The plan of the file."""
    return read_plan(FILE.name, FILE.read_text(encoding="utf-8"))


def read_plan(file: str, text: str) -> Plan:
    """A plan from a text. Raises FaultyTargets."""
    data: dict[str, Any] = tomllib.loads(text)
    ladders, families, rows = (data[kind] for kind in ("ladder", "family", "target"))
    for row in (*ladders, *families, *rows):
        if missing := untitled(row):
            raise FaultyTargets(f"{file}: {row['key']} lacks its title in {missing}")
    _require_known(file, "ladder", (row["ladder"] for row in families), ladders)
    _require_known(file, "family", (row["family"] for row in rows), families)
    targets = tuple(_target(file, row) for row in rows)
    for target in targets:
        _require_clauses(file, target)
        _require_granted(file, target)
    return Plan(
        data["version"],
        tuple(Ladder(**row) for row in ladders),
        tuple(Family(**row) for row in families),
        targets,
    )


def _target(file: str, row: Mapping[str, Any]) -> Target:
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in row.items()}
    if strange := values.keys() - {one.name for one in fields(Target)}:
        raise FaultyTargets(f"{file}: {row['key']} states {min(strange)}, which no target has")
    return Target(**values)


def _require_granted(file: str, target: Target) -> None:
    for name in filter(None, (target.granted, *target.implies)):
        metric = dictionary().get(name)
        if metric is None or metric.yearly or metric.unit != "bool":
            raise FaultyTargets(f"{file}: {target.key} is granted by no such fact as {name}")


def _require_known(
    file: str, kind: str, named: Iterable[str], rows: Iterable[Mapping[str, Any]]
) -> None:
    if strange := {*named} - {row["key"] for row in rows}:
        raise FaultyTargets(f"{file}: there is no {kind} {strange.pop()}")


def _require_clauses(file: str, target: Target) -> None:
    try:
        for book in target.versions:
            target.clause_of(book)
    except (KeyError, IndexError) as error:
        raise FaultyTargets(f"{file}: {target.key} has no rulebook or clause {error}") from error


def targets() -> tuple[Target, ...]:
    """Every target."""
    return plan().targets


def listed_targets() -> tuple[Target, ...]:
    """The targets that lists of companies and deals show and filter by."""
    return tuple(target for target in targets() if target.listed)


def target_of(key: str) -> Target | None:
    """The target with this key, if there is one."""
    return next((target for target in targets() if target.key == key), None)
