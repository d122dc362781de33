"""A row of a file as values with what is said about it, and which rows mean one company (pure)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from portfolio.kernel.errors import InputError

LONGEST_SHOWN = 60


@dataclass(frozen=True)
class Finding:
    """Something said about one cell: the file's row number, the field, a code and its values, each a
    text or titles by language."""

    row: int
    field: str
    code: str
    params: tuple[tuple[str, Any], ...] = ()


@dataclass
class Row:
    """One row as values. `columns` are the company's, `figures` are (micro, choice) by metric;
    `refusals` empty means the row is sound."""

    number: int
    columns: dict[str, Any] = field(default_factory=dict)
    figures: dict[str, tuple[int | None, str | None]] = field(default_factory=dict)
    year: int | None = None
    refusals: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)

    def doubt(self, name: str, code: str, **params: object) -> None:
        """Say that a value is doubtful; it is taken all the same."""
        self.warnings.append(Finding(self.number, name, code, _plain(params)))

    def refuse(self, name: str, code: str, **params: object) -> None:
        """Say that a value cannot be taken."""
        self.refusals.append(Finding(self.number, name, code, _plain(params)))

    def refuse_formula(self, name: str, text: str) -> None:
        """Say that a cell holds a formula, and its value where the file has one."""
        code = "cell.formula" if text else "cell.formula_without_value"
        self.refuse(name, code, **({"value": text} if text else {}))


def refused_by(error: InputError, number: int, name: str) -> Finding:
    """What another part of the house refused, as a finding of a row (its number) and a field."""
    return Finding(number, name, error.code, _plain(error.params))


def _plain(params: Mapping[str, object]) -> tuple[tuple[str, Any], ...]:
    return tuple((key, _kept(value)) for key, value in params.items())


def _kept(value: Any) -> Any:
    """A value as a report keeps it: text, or the titles of what has some, for readers of either
    language."""
    if hasattr(value, "zh"):
        return {"zh": value.zh, "en": value.en}
    return value if isinstance(value, Mapping) else str(value)[:LONGEST_SHOWN]


def keys(row: Row) -> list[str]:
    """What the row names its company by; the bare name only where it says nothing better."""
    columns = row.columns
    name = columns.get("name_zh", "")
    found = [f"code {code}" for code in columns.get("stock_code") or []]
    if columns.get("uscc"):
        found.append(f"uscc {columns['uscc']}")
    if columns.get("company_id"):
        found.append(f"id {columns['company_id']} {name}")
    return found


def same_company(rows: Sequence[Row]) -> list[list[Row]]:
    """The rows, gathered by company: two rows that share any key mean one, and a row with a bare
    name means the only company of that name."""
    chief: dict[str, str] = {}

    def leader(key: str) -> str:
        while chief.setdefault(key, key) != key:
            key = chief[key]
        return key

    keyed = [(row, keys(row)) for row in rows]
    by_name: dict[str, set[str]] = {}
    for row, found in keyed:
        first, *others = found or [_bare(row)]
        for other in others:
            chief[leader(other)] = leader(first)
    for row, found in keyed:
        if found:
            by_name.setdefault(row.columns.get("name_zh", ""), set()).add(leader(found[0]))
    groups: dict[str, list[Row]] = {}
    for row, found in keyed:
        if not found:
            named = by_name.get(row.columns.get("name_zh", ""), set())
            found = list(named) if len(named) == 1 else [_bare(row)]
        groups.setdefault(leader(found[0]), []).append(row)
    return list(groups.values())


def _bare(row: Row) -> str:
    return f"name {row.columns.get('name_zh', '')}"
