"""Rulebooks as files: read once, checked whole, refused with the file and the reason (pure)."""

import datetime as dt
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from portfolio.kernel.titles import untitled
from portfolio.rulebook.metrics import dictionary

FOLDER = Path(__file__).with_name("books")
GROUPS = frozenset({"all", "any"})
AGGREGATES = frozenset(
    {"fact", "latest", "each", "sum", "mean", "growth", "compound_growth", "ratio_of_sums"}
)
HEAD = ("id", "role", "zh", "en", "authority", "document", "verified")
TESTS = frozenset({">=", ">", "<=", "==", "in"})


class FaultyRulebook(ValueError):
    """A rulebook file that cannot be used: the file and what is wrong in it."""

    def __init__(self, file: str, reason: str) -> None:
        super().__init__(f"{file}: {reason}")


@dataclass(frozen=True)
class Clause:
    """A node of the tree: a group over `children`, a reference to `book`, or one test.

    `zh` is the text of the rule, `en` a translation of it. `metrics` are two for a ratio of sums.
    `threshold` is exact, in the dictionary's unit.
    """

    id: str
    zh: str
    en: str
    citation: str
    verified: str
    group: str = ""
    book: str = ""
    metrics: tuple[str, ...] = ()
    over: str = ""
    years: int = 1
    test: str = ""
    threshold: Any = None
    optional: bool = False
    note: str = ""
    children: tuple["Clause", ...] = ()


@dataclass(frozen=True)
class Rulebook:
    """One official standard in one version."""

    id: str
    role: str
    zh: str
    en: str
    authority: str
    document: str
    in_force_from: dt.date
    in_force_to: dt.date | None
    verified: str
    roots: tuple[Clause, ...]
    note: str = ""
    inherits: str = ""
    sources: tuple[str, ...] = field(default=(), repr=False)

    def in_force(self, day: dt.date) -> bool:
        """Whether it applies on a day; both end days are included."""
        return self.in_force_from <= day and (self.in_force_to is None or day <= self.in_force_to)


@cache
def library(folder: Path = FOLDER) -> Mapping[str, Rulebook]:
    """Every rulebook by its id. Raises FaultyRulebook on the first faulty file."""
    books = {}
    for path in sorted(folder.glob("*.toml")):
        book = read_book(path.name, path.read_text(encoding="utf-8"))
        if book.id != path.stem:
            raise FaultyRulebook(path.name, f"its id is {book.id}")
        books[book.id] = book
    for book in books.values():
        if book.inherits:
            books[book.id] = replace(book, roots=_inherited(book, books).roots)
    for book in books.values():
        _check_references(book, books, (book.id,))
    return books


def _inherited(book: Rulebook, books: Mapping[str, Rulebook]) -> Rulebook:
    base = books.get(book.inherits)
    if base is None or base.inherits or book.roots:
        raise FaultyRulebook(f"{book.id}.toml", f"it cannot inherit from {book.inherits}")
    return base


def read_book(file: str, text: str) -> Rulebook:
    """A rulebook from its text. Raises FaultyRulebook with the reason."""
    try:
        data = tomllib.loads(text, parse_float=Decimal)
        head = {name: data[name] for name in HEAD}
        begin = data["in_force_from"]
    except (tomllib.TOMLDecodeError, KeyError) as error:
        raise FaultyRulebook(file, str(error)) from error
    end = data.get("in_force_to")
    if end is not None and end < begin:
        raise FaultyRulebook(file, "it ends before it begins")
    if missing := untitled(data):
        raise FaultyRulebook(file, f"its title is missing in {missing}")
    return Rulebook(
        **head,
        in_force_from=begin,
        in_force_to=end,
        note=data.get("note", ""),
        inherits=data.get("inherits", ""),
        sources=tuple(data.get("sources", ())),
        roots=_tree(file, data.get("clause", []), head["document"], head["verified"]),
    )


def _tree(
    file: str, rows: Sequence[Mapping[str, Any]], document: str, verified: str
) -> tuple[Clause, ...]:
    known = [row.get("id", "") for row in rows]
    twice = next((i for i in known if known.count(i) > 1), None)
    if twice is not None:
        raise FaultyRulebook(file, f"clause {twice} stands twice")
    children: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        parent = row.get("parent", "")
        if parent and parent not in known:
            raise FaultyRulebook(file, f"clause {row['id']} has no parent {parent}")
        children.setdefault(parent, []).append(row)
    built: set[str] = set()

    def build(row: Mapping[str, Any], citation: str, mark: str) -> Clause:
        built.add(row["id"])
        own = row.get("citation", citation), row.get("verified", mark)
        below = tuple(build(child, *own) for child in children.get(row["id"], []))
        return _clause(file, row, *own, below)

    roots = tuple(build(row, document, verified) for row in children.get("", []))
    if len(built) != len(rows):
        raise FaultyRulebook(file, "clauses refer to each other in a circle")
    return roots


def _clause(
    file: str, row: Mapping[str, Any], citation: str, mark: str, below: tuple[Clause, ...]
) -> Clause:
    missing = untitled(row)
    reason = f"its text is missing in {missing}" if missing else _fault(row, below)
    if reason:
        raise FaultyRulebook(file, f"clause {row['id']}: {reason}")
    return Clause(
        id=row["id"],
        zh=row["zh"],
        en=row["en"],
        citation=citation,
        verified=mark,
        group=row.get("group", ""),
        book=row.get("book", ""),
        metrics=tuple(row["metric"].split("/")) if "metric" in row else (),
        over=row.get("over", ""),
        years=row.get("years", 1),
        test=row.get("test", ""),
        threshold=_exact(row.get("threshold")),
        optional=row.get("optional", False),
        note=row.get("note", ""),
        children=below,
    )


def _exact(value: Any) -> Any:
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _fault(row: Mapping[str, Any], below: tuple[Clause, ...]) -> str:
    kinds = [name for name in ("group", "book", "metric") if row.get(name)]
    if len(kinds) != 1:
        return "it must be one of a group, a reference and a test"
    if row.get("group"):
        return "" if row["group"] in GROUPS and below else "an empty or unknown group"
    if below:
        return "only groups have clauses below them"
    return _test_fault(row) if row.get("metric") else ""


def _test_fault(row: Mapping[str, Any]) -> str:
    unknown = [m for m in row["metric"].split("/") if m not in dictionary()]
    if unknown:
        return f"there is no metric {unknown[0]}"
    if row.get("over") not in AGGREGATES or row.get("test") not in TESTS:
        return "an unknown aggregate or test"
    numeric = dictionary()[row["metric"].split("/")[0]].numeric
    number = isinstance(row.get("threshold"), int | Decimal) and not isinstance(
        row.get("threshold"), bool
    )
    if numeric != number:
        return "its threshold does not fit its metric"
    return "" if ("/" in row["metric"]) == (row["over"] == "ratio_of_sums") else "a ratio needs two"


def _check_references(book: Rulebook, books: Mapping[str, Rulebook], path: tuple[str, ...]) -> None:
    for reference in _references(book.roots):
        if reference not in books:
            raise FaultyRulebook(f"{book.id}.toml", f"there is no rulebook {reference}")
        if reference in path:
            raise FaultyRulebook(f"{book.id}.toml", f"it refers to itself through {reference}")
        _check_references(books[reference], books, (*path, reference))


def _references(clauses: Sequence[Clause]) -> list[str]:
    found = [clause.book for clause in clauses if clause.book]
    for clause in clauses:
        found += _references(clause.children)
    return found
