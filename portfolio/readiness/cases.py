"""Companies to assess, as a JSON file tells them (pure)."""

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from portfolio.kernel.errors import InputError
from portfolio.kernel.numbers import LONGEST
from portfolio.rulebook.loader import library
from portfolio.rulebook.metrics import metric
from portfolio.rulebook.model import Rulebook
from portfolio.rulebook.routing import applying, routing
from portfolio.rulebook.values import Figures

KEYS = frozenset(
    {"id", "as_of", "region", "purpose", "latest_fiscal_year", "years", "facts", "rulebooks"}
)


class Refused(ValueError):
    """A file that is refused whole: the company and the key that are at fault, and why."""

    def __init__(self, company: str, key: str, error: InputError) -> None:
        super().__init__(f"{company}: {key}: {error}")
        self.company, self.key, self.error = company, key, error


@dataclass(frozen=True)
class Case:
    """One company on one day, and the rulebooks asked about."""

    company: str
    as_of: dt.date
    figures: Figures
    books: tuple[Rulebook, ...]


def read_cases(text: str | bytes) -> list[Case]:
    """The companies of a file. Raises Refused."""
    try:
        rows = json.loads(text, parse_float=Decimal, parse_constant=Decimal)["companies"]
        return [_case(row) for row in _listed(rows)]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        if isinstance(error, Refused):
            raise
        raise Refused("-", "companies", InputError("case.malformed")) from error


def _listed(rows: Any) -> list[Any]:
    if not isinstance(rows, list):
        raise TypeError
    return rows


def _case(row: Mapping[str, Any]) -> Case:
    company, key = str(row["id"]), "id"
    try:
        if odd := sorted(row.keys() - KEYS):
            key = odd[0]
            raise InputError("field.unknown", value=key)
        key = "as_of"
        day = _day(row.get(key))
        key = "region"
        region = _text(row.get(key) or "") or None
        key = "purpose"
        purpose = row.get(key) or routing().purposes[0]
        if purpose not in routing().purposes:
            raise InputError("option.unknown", value=purpose)
        key = "latest_fiscal_year"
        latest = row.get(key)
        latest = None if latest is None else _year(latest)
        key = "rulebooks"
        named = row.get(key)
        books = applying(day, region, purpose) if named is None else [_book(n) for n in named]
    except InputError as error:
        raise Refused(company, key, error) from error
    years = dict(_years(company, row.get("years") or {}))
    facts = dict(_values(company, "", row.get("facts") or {}))
    return Case(company, day, Figures(latest, years, facts, purpose), tuple(books))


def _years(company: str, given: Mapping[str, Any]) -> Iterator[tuple[tuple[str, int], Any]]:
    for text, values in given.items():
        try:
            year = _year(text)
        except InputError as error:
            raise Refused(company, f"years.{text}", error) from error
        for name, value in _values(company, f"{text}.", values):
            yield (name, year), value


def _values(company: str, place: str, given: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Values by metric; null means unknown, as a missing key does."""
    for name, value in given.items():
        try:
            read = _value(name, value)
        except InputError as error:
            raise Refused(company, f"{place}{name}", error) from error
        if read is not None:
            yield name, read


def _value(name: str, value: Any) -> Fraction | str | None:
    entry = metric(name)
    if value is None:
        return None
    if entry.unit == "bool":
        if not isinstance(value, int) or value not in (0, 1):
            raise InputError("flag.unknown", value=value)
        return str(bool(value)).lower()
    if not entry.numeric:
        if value not in entry.values:
            raise InputError("option.unknown", value=value)
        return str(value)
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise InputError("number.malformed", value=value)
    number = Decimal(value)
    if not number.is_finite() or abs(number.adjusted()) > LONGEST:
        raise InputError("number.too_large", value=value)
    return Fraction(number)


def _day(value: Any) -> dt.date:
    text = _text(value)
    try:
        if len(text) == len("2026-06-30"):
            return dt.date.fromisoformat(text)
    except ValueError:
        pass
    raise InputError("date.malformed", value=value)


def _year(value: Any) -> int:
    text = str(value)
    if len(text) != 4 or not text.isascii() or not text.isdigit():
        raise InputError("number.malformed", value=value)
    return int(text)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise InputError("text.malformed", value=value)
    return value


def _book(name: Any) -> Rulebook:
    book = library().get(str(name).lower())
    if book is None:
        raise InputError("rulebook.unknown", value=name)
    return book
