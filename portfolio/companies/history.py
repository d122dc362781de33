"""A company's history as people read it: one line per act, made from audit entries (pure)."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Protocol

from portfolio.audit.titles import action_title, column_title, kind_title
from portfolio.kernel.numbers import from_micro, grouped
from portfolio.rulebook.metrics import dictionary

# The column that says in a word which object an entry is about.
NAMED_BY = {
    "company_name": "name",
    "stock_code": "code",
    "contact": "name",
    "task": "title",
    "document": "title",
    "activity": "text",
    "equity_round": "lead_investor",
}
LONGEST = 80


class Line(Protocol):
    """What of an audit entry is read here."""

    at: dt.datetime
    actor_name: str
    action: str
    object_type: str
    changes: tuple[tuple[str, Any, Any], ...]


@dataclass(frozen=True)
class Detail:
    """One thing that changed: before is empty for what was added, after for what went."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Act:
    """What one person did at one moment."""

    at: dt.datetime
    actor_name: str
    title: str
    details: Sequence[Detail]


def acts(lines: Iterable[Any], locale: str, most: int = 12) -> list[Act]:
    """The newest acts, from audit lines that are ordered from the newest."""
    found = []
    for (at, actor, action), group in groupby(lines, lambda e: (e.at, e.actor_name, e.action)):
        details = [detail for line in reversed(list(group)) for detail in _details(line, locale)]
        found.append(Act(at, actor, action_title(action, locale), details))
        if len(found) == most:
            break
    return found


def _details(line: Line, locale: str) -> Iterator[Detail]:
    values = {name: (before, after) for name, before, after in line.changes}
    if line.object_type == "company":
        # The act itself says that the company was entered; its columns stand on the page.
        yield from () if "id" in values else _columns(line, locale)
    elif line.object_type == "figure":
        yield from _figure(values, locale)
    elif name := NAMED_BY.get(line.object_type):
        before, after = (_short(value) for value in values.get(name, (None, None)))
        if before or after:
            yield Detail(kind_title(line.object_type, locale), before, after)


def _columns(line: Line, locale: str) -> Iterator[Detail]:
    for name, before, after in line.changes:
        yield Detail(column_title(name, locale), _short(before), _short(after))


def _figure(values: dict[str, tuple[Any, Any]], locale: str) -> Iterator[Detail]:
    """A figure that was stated; the row it took the place of is closed without a word."""
    stated = {name: after for name, (_, after) in values.items()}
    metric = dictionary().get(stated.get("metric", ""))
    if metric is None:
        return
    year = stated.get("fiscal_year")
    micro = stated.get("micro")
    word = stated.get("choice") or ""
    value = metric.option_title(word, locale) if micro is None else grouped(from_micro(micro))
    title = metric.en if locale == "en" else metric.zh
    yield Detail(f"{title} {year}" if year else title, "", value)


def _short(value: Any) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
