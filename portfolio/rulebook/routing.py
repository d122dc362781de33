"""Which rulebooks apply on a day, in a region, for a purpose (pure)."""

import datetime as dt
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from portfolio.rulebook.faults import Source
from portfolio.rulebook.loader import library
from portfolio.rulebook.model import TARGET, Rulebook

EVERYWHERE = "*"
NEEDED = ("book", "from", "purposes")
FILE = Path(__file__).with_name("routing.toml")


@dataclass(frozen=True)
class Route:
    """When, where and for what purposes applications are judged by a rulebook."""

    book: str
    begin: dt.date
    end: dt.date | None
    region: str
    purposes: tuple[str, ...]

    def leads(self, day: dt.date, region: str | None, purpose: str) -> bool:
        """Whether it covers a day, a region and a purpose."""
        begun = self.begin <= day and (self.end is None or day <= self.end)
        return begun and (region or "").startswith(self.region) and purpose in self.purposes


@dataclass(frozen=True)
class Routing:
    """Every route; the first of `purposes` is meant where none is named."""

    purposes: tuple[str, ...]
    routes: tuple[Route, ...]
    file: Source = field(default=Source("", ""), repr=False, compare=False)

    @cached_property
    def by_book(self) -> Mapping[str, Sequence[Route]]:
        """The routes to each rulebook that has any."""
        found: dict[str, list[Route]] = {}
        for route in self.routes:
            found.setdefault(route.book, []).append(route)
        return found


@cache
def routing() -> Routing:
    """The routes of the file."""
    return read_routing(FILE.name, FILE.read_text(encoding="utf-8"), library())


def read_routing(file: str, text: str, books: Mapping[str, Rulebook]) -> Routing:
    """Routes from a text. Raises FaultyRulebook."""
    source = Source(file, text)
    try:
        data: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise source.unreadable(error) from error
    routes, purposes = [], tuple(data["purposes"])
    for row in data["route"]:
        mark = f'book = "{row.get("book", "")}"'
        if lacking := next((name for name in NEEDED if name not in row), None):
            raise source.fault(f"a route has no {lacking}", mark)
        if row["book"] not in books or not {*row["purposes"]} <= {*purposes}:
            raise source.fault(f"there is no rulebook {row['book']} or no such purpose", mark)
        begin, end = row["from"], row.get("to", books[row["book"]].in_force_to)
        if end is not None and end < begin:
            raise source.fault(f"the route to {row['book']} ends before it begins", mark)
        region = row.get("region", "")
        routes.append(Route(row["book"], begin, end, region, tuple(row["purposes"])))
    for book in books.values():
        named = {p for root in book.roots for clause in root.walk() for p in clause.skip}
        if strange := named - {*purposes}:
            raise source.fault(f"{book.id} speaks of a purpose {strange.pop()}", "purposes")
    return Routing(purposes, tuple(routes), source)


def applying(day: dt.date, region: str | None, purpose: str) -> list[Rulebook]:
    """The rulebooks that apply where none are named."""
    return [
        book
        for book in library().values()
        if book.role == TARGET and applies(book, day, region, purpose)
    ]


def periods(book: Rulebook) -> Sequence[tuple[dt.date, dt.date | None]]:
    """From when until when a rulebook applies, both days included, for whatever purpose."""
    routes = routing().by_book.get(book.id)
    if routes is None:
        return ((book.in_force_from, book.in_force_to),)
    return tuple((route.begin, route.end) for route in routes)


def applies(book: Rulebook, day: dt.date, region: str | None, purpose: str) -> bool:
    """Whether a rulebook applies: by its routes where it has any, else while it is in force."""
    if not book.covers(region):
        return False
    routes = routing().by_book.get(book.id)
    if routes is None:
        return book.in_force(day)
    return any(route.leads(day, region, purpose) for route in routes)
