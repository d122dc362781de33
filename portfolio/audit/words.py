"""The values of audit entries as people read them: amounts in 万, names for numbers, titles for keys (pure)."""

import datetime as dt
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from portfolio.kernel.money import exact_yuan
from portfolio.kernel.numbers import from_micro, grouped
from portfolio.kernel.titles import titled

PEOPLE = frozenset(
    (
        *("owner_id", "user_id", "actor_id", "created_by_id", "recorded_by_id", "uploaded_by_id"),
        *("published_by_id", "updated_by_id"),
    )
)
INSTANTS = frozenset(("since", "until"))
FLAGS = {True: ("是", "Yes"), False: ("否", "No")}
LONGEST = 300


@dataclass(frozen=True)
class Words:
    """What values are called in one language; `titles` holds titles by (kind, column), or by
    column alone, and `names` those of people."""

    locale: str
    zone: ZoneInfo
    names: Mapping[int, str] = field(default_factory=dict)
    titles: Mapping[Any, Mapping[str, Any]] = field(default_factory=dict)

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
        return self._measured(column, value)

    def shown(self, line: Any) -> list[tuple[str, str, str]]:
        """What a line changed, as (column, before, after); columns that were and are empty say
        nothing."""
        found = [
            (column, *(self.said(line.object_type, column, side) for side in sides))
            for column, *sides in line.changes
        ]
        return [(column, was, became) for column, was, became in found if was or became]

    def _measured(self, column: str, value: Any) -> str:
        """Amounts, numbers and times by the ending of their column's name."""
        if isinstance(value, int):
            return self._number(column, value)
        if isinstance(value, str) and (column.endswith("_at") or column in INSTANTS):
            return _attempt(self._local, value)
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"

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


def _attempt(read: Callable[[str], str], text: str) -> str:
    """What was read, or the text itself where an old entry wrote it differently."""
    try:
        return read(text)
    except ValueError:
        return text


def people_in(changes: Any) -> set[int]:
    """The numbers of the people that the changes of a line name."""
    return {
        value
        for column, *sides in changes
        if column in PEOPLE
        for value in sides
        if isinstance(value, int)
    }
