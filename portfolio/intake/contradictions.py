"""Rows of one file that say different things about one company: named with both rows (pure)."""

from collections.abc import Iterator, Sequence
from typing import Any

from portfolio.companies.name_parts import same_place
from portfolio.intake.rows import Finding, Row
from portfolio.rulebook.metrics import dictionary

LISTS = frozenset({"stock_code", "former_names", "company_id", "listed_on"})
COLUMN = "column "
Key = tuple[str, int | None]


def alike(name: str, one: Any, other: Any) -> bool:
    """Whether two values of a column say the same: a place may be named with or without its 市."""
    return bool(one == other or (name == "place" and same_place(one, other)))


def contradictions(rows: Sequence[Row]) -> tuple[list[Finding], list[Finding]]:
    """(refusals, doubts) among the rows of one company.

    Two figures of one year, or two values of a column in a table without years: nobody can tell
    which is right, so every row concerned is refused. A column that differs from year to year is
    only named: the first row's value counts.
    """
    refused: list[Finding] = []
    for key in _differing(rows):
        refused += _each(key, rows)
    doubts = [finding for name in _changing(rows) for finding in _named(name, rows)]
    return refused, doubts


def _said(row: Row) -> Iterator[tuple[Key, Any]]:
    for metric, value in row.figures.items():
        yield (metric, row.year if dictionary()[metric].yearly else None), value
    if row.year is None:
        for name, value in row.columns.items():
            if name not in LISTS:
                yield (COLUMN + name, None), value


def _differing(rows: Sequence[Row]) -> list[Key]:
    first: dict[Key, Any] = {}
    found: dict[Key, None] = {}
    for row in rows:
        for key, value in _said(row):
            if not alike(key[0].removeprefix(COLUMN), first.setdefault(key, value), value):
                found[key] = None
    return list(found)


def _each(key: Key, rows: Sequence[Row]) -> Iterator[Finding]:
    said = [(row.number, value) for row in rows for k, value in _said(row) if k == key]
    name = key[0].removeprefix(COLUMN)
    for number, value in said:
        other, held = next((n, v) for n, v in said if v != value)
        params = (("row", str(other)), ("value", shown(name, value)), ("known", shown(name, held)))
        yield Finding(number, name, "row.contradicts", params)


def _changing(rows: Sequence[Row]) -> list[str]:
    """Columns that differ where at least one of the rows is of a year."""
    first: dict[str, tuple[Any, bool]] = {}
    found: dict[str, None] = {}
    for row in rows:
        for name, value in row.columns.items():
            held, dated = first.setdefault(name, (value, row.year is not None))
            if (
                name not in LISTS
                and not alike(name, held, value)
                and (dated or row.year is not None)
            ):
                found[name] = None
    return list(found)


def _named(name: str, rows: Sequence[Row]) -> Iterator[Finding]:
    said = [(row.number, row.columns[name]) for row in rows if name in row.columns]
    first, held = said[0]
    told = {held}
    for number, value in said:
        if value not in told:
            told.add(value)
            params = (("row", str(first)), ("known", str(held)), ("value", str(value)))
            yield Finding(number, name, "row.says_otherwise", params)


def shown(name: str, value: Any) -> str:
    """A value as the file would write it."""
    metric = dictionary().get(name)
    return str(metric.written(*value)) if metric else str(value)
