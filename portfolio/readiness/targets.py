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
from portfolio.rulebook.faults import FaultyRulebook, Source
from portfolio.rulebook.loader import library
from portfolio.rulebook.metrics import dictionary
from portfolio.rulebook.model import Clause, Rulebook
from portfolio.rulebook.routing import applies, routing
from portfolio.rulebook.versions import require_one_at_a_time

FILE = Path(__file__).with_name("targets.toml")
KINDS = ("ladder", "family", "target")


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
    """A plan from a text. Raises FaultyRulebook, also where two versions of a target overlap."""
    source = Source(file, text)
    try:
        data: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise source.unreadable(error) from error
    ladders, families, rows = (data[kind] for kind in KINDS)
    for kind in KINDS:
        _require_titles(source, kind, data[kind])
    _require_known(source, "ladder", "family", families, ladders)
    _require_known(source, "family", "target", rows, families)
    found = tuple(_target(source, row) for row in rows)
    for target in found:
        if lost := _lost(target):
            raise _fault(source, "target", target.key, lost)
    for versions in dict.fromkeys(target.versions for target in found):
        require_one_at_a_time(versions)
    return Plan(
        data["version"],
        tuple(Ladder(**row) for row in ladders),
        tuple(Family(**row) for row in families),
        found,
    )


def _fault(source: Source, kind: str, key: str, reason: str) -> FaultyRulebook:
    return source.fault(f"{key}: {reason}", f'[[{kind}]]\nkey = "{key}"', "key")


def _require_titles(source: Source, kind: str, rows: Iterable[Mapping[str, Any]]) -> None:
    for row in rows:
        if missing := untitled(row):
            raise _fault(source, kind, row["key"], f"it lacks its title in {missing}")


def _target(source: Source, row: Mapping[str, Any]) -> Target:
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in row.items()}
    if strange := values.keys() - {one.name for one in fields(Target)}:
        raise _fault(source, "target", row["key"], f"no target states {min(strange)}")
    return Target(**values)


def _require_known(
    source: Source,
    kind: str,
    within: str,
    rows: Iterable[Mapping[str, Any]],
    known: Iterable[Mapping[str, Any]],
) -> None:
    keys = {row["key"] for row in known}
    for row in rows:
        if row.get(kind, "") not in keys:
            raise _fault(source, within, row["key"], f"there is no {kind} {row.get(kind, '')}")


def _lost(target: Target) -> str:
    """What a target names that is nowhere, or does not name though it should; "" for nothing."""
    for name in target.books:
        if name not in library():
            return f"there is no rulebook {name}"
    for book in target.versions:
        name = target.clause_in.get(book.id, target.clause)
        if not book.roots or (name and name not in {clause.id for clause in book.clauses}):
            return f"{book.id} has no clause {name}"
    for book in library().values():
        if book.id not in target.books and (former := {*book.replaces} & {*target.books}):
            return f"{min(former)} is replaced by {book.id}, which it does not name"
    for name in filter(None, (target.granted, *target.implies)):
        metric = dictionary().get(name)
        if metric is None or metric.yearly or metric.unit != "bool":
            return f"it is granted by no such fact as {name}"
    return ""


def targets() -> tuple[Target, ...]:
    """Every target."""
    return plan().targets


def listed_targets() -> tuple[Target, ...]:
    """The targets that lists of companies and deals show and filter by."""
    return tuple(target for target in targets() if target.listed)


def target_of(key: str) -> Target | None:
    """The target with this key, if there is one."""
    return next((target for target in targets() if target.key == key), None)
