"""The values of audit entries as people read them: amounts in 万, names for numbers, titles for keys (pure)."""

import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

from portfolio.kernel.money import exact_yuan
from portfolio.kernel.numbers import from_micro, grouped
from portfolio.kernel.titles import titled

PEOPLE = frozenset(
    (
        *("owner_id", "user_id", "actor_id", "created_by_id", "recorded_by_id", "uploaded_by_id"),
        *("published_by_id", "updated_by_id", "verified_by_id", "merged_by_id", "decided_by_id"),
        *("first_reader_id", "second_reader_id", "withdrawn_by_id", "presenter_id"),
    )
)
# Columns that hold the number of something with a name, and the kind of it.
NAMED = {
    **dict.fromkeys(("company_id", "merged_id", "survivor_id", "one_id", "other_id"), "company"),
    "deal_id": "deal",
    "meeting_id": "meeting",
    **dict.fromkeys(("vehicle_id", "target_vehicle_id"), "vehicle"),
    **dict.fromkeys(("pipeline_id", "based_on_id"), "pipeline_version"),
    "document_id": "document",
    **dict.fromkeys(("document_version_id", "evidence_version_id"), "document_version"),
}
QUERY = "query"
INSTANTS = frozenset(("since", "until"))
FLAGS = {True: ("是", "Yes"), False: ("否", "No")}
LONGEST = 300
MASK = "***"  # stands for a value that the reader has no right to
# What a kept text says, by kind of object and column.
Tellers = Mapping[tuple[str, str], Callable[[str], str]]
# What the arguments of a list's address ask for, as labels and values.
Filter = Callable[[Mapping[str, Sequence[str]]], Sequence[tuple[str, str]]]


@dataclass(frozen=True)
class Words:
    """What values are called in one language; `titles` holds titles by (kind, column), or by
    column alone, `names` those of people, `things` names by kind and number, `filters` reads by
    kind which part of a list an export asked for, and `tellers` read what is kept as a text for
    programs."""

    locale: str
    zone: ZoneInfo
    names: Mapping[int, str] = field(default_factory=dict)
    titles: Mapping[Any, Mapping[str, Any]] = field(default_factory=dict)
    things: Mapping[str, Mapping[int, str]] = field(default_factory=dict)
    filters: Mapping[str, Filter] = field(default_factory=dict)
    tellers: Tellers = field(default_factory=dict)

    def said(self, kind: str, column: str, value: Any) -> str:
        """One value; empty for what was not there."""
        if value is None or value == "":
            return ""
        if isinstance(value, bool):
            return FLAGS[value][self.locale == "en"]
        title = self.titles.get((kind, column), self.titles.get(column, {})).get(str(value))
        if title is not None:
            return titled(title, self.locale)
        if column in PEOPLE and isinstance(value, int):
            return self.names.get(value, str(value))
        if column in NAMED and isinstance(value, int):
            return self.things.get(NAMED[column], {}).get(value, str(value))
        if column == QUERY and isinstance(value, str) and kind in self.filters:
            asked = self.filters[kind](parse_qs(value, keep_blank_values=True))
            return _short("; ".join(f"{label}: {words}" for label, words in asked))
        if isinstance(value, str) and (kind, column) in self.tellers:
            return _short(_attempt(self.tellers[kind, column], value))
        return self._measured(column, value)

    def shown(self, line: Any) -> list[tuple[str, str, str]]:
        """What a line changed, as (column, before, after); columns that were and are empty say
        nothing, nor does the number that the line says it is about."""
        found = [
            (column, *(self.said(line.object_type, column, side) for side in sides))
            for column, *sides in line.changes
            if column != "id"
        ]
        return [(column, was, became) for column, was, became in found if was or became]

    def parted(self, line: Any) -> tuple[list[tuple[str, str, str]], list[str]]:
        """What `shown` gives of the columns that the reader may read, and the other columns."""
        shown = self.shown(line)
        masked = [column for column, *sides in shown if MASK in sides]
        return [one for one in shown if one[0] not in masked], masked

    def _measured(self, column: str, value: Any) -> str:
        """Amounts, numbers and times by the ending of their column's name."""
        if isinstance(value, int):
            return self._number(column, value)
        if isinstance(value, str) and (column.endswith("_at") or column in INSTANTS):
            return _attempt(self._local, value)
        return _short(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))

    def _number(self, column: str, value: int) -> str:
        if column.endswith("_fen"):
            if self.locale == "en":
                return f"CNY {exact_yuan(value)}"
            return f"{grouped(from_micro(value))}万元"  # a millionth of which is the fen
        if column == "micro" or column.endswith("_micro"):
            return grouped(from_micro(value))
        return str(value)

    def _local(self, text: str) -> str:
        return dt.datetime.fromisoformat(text).astimezone(self.zone).strftime("%Y-%m-%d %H:%M")


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _attempt(read: Callable[[str], str], text: str) -> str:
    """What was read, or the text itself where an old entry wrote it differently."""
    try:
        return read(text)
    except ValueError:
        return text


def things_in(lines: Any) -> dict[str, set[int]]:
    """The numbers of the things with names that lines are about or name, by kind."""
    found: dict[str, set[int]] = {}
    for line in lines:
        if line.object_id is not None:
            found.setdefault(line.object_type, set()).add(line.object_id)
        for column, *sides in line.changes:
            if column in NAMED:
                numbers = {value for value in sides if isinstance(value, int)}
                found.setdefault(NAMED[column], set()).update(numbers)
    return found


def people_in(changes: Any) -> set[int]:
    """The numbers of the people that the changes of a line name."""
    return {
        value
        for column, *sides in changes
        if column in PEOPLE
        for value in sides
        if isinstance(value, int)
    }
