"""What an import of deals, people, tasks or documents would do, row by row (pure)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from portfolio.intake.choices import Choices
from portfolio.intake.plan import Difference
from portfolio.intake.rows import Finding, Row


@dataclass
class Item:
    """One record: entered when `known` is None, else completed or changed. `values` are what is
    set, `before` what stood there; `extra` is what only the kind itself understands."""

    row: int
    label: str
    known: int | None = None
    values: dict[str, Any] = field(default_factory=dict)
    before: dict[str, Any] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass
class RecordPlan:
    """Everything an import of records would do, and everything it has to say."""

    choices: Choices = field(default_factory=Choices)
    items: list[Item] = field(default_factory=list)
    refused: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    rows: int = 0

    @property
    def refused_rows(self) -> set[int]:
        """The numbers of the rows that are not sound."""
        return {finding.row for finding in self.refused}

    def counts(self) -> dict[str, int]:
        """How many records are entered, changed and left as they are."""
        fresh = sum(item.known is None for item in self.items)
        changed = sum(item.known is not None and bool(item.values) for item in self.items)
        rest = len(self.items) - fresh - changed
        return {"created": fresh, "updated": changed, "unchanged": rest}


def settle(
    plan: RecordPlan,
    row: Row,
    item: Item,
    present: Mapping[str, Any],
    said: Mapping[str, Any],
    written: Callable[[str, Any], str],
) -> None:
    """Compare what a row says with what is there: a blank is filled, a differing value is taken
    only when that was chosen. `written` puts a value of a field into words."""
    for name, value in said.items():
        held = present.get(name)
        if held == value:
            continue
        if held not in (None, "", False):
            taken = plan.choices.takes(row.number, name)
            texts = written(name, held), written(name, value)
            code = "value.taken" if taken else "value.differs"
            params = (("known", texts[0]), ("value", texts[1]))
            plan.warnings.append(Finding(row.number, name, code, params))
            plan.differences.append(
                Difference(row.number, name, None, item.label, *texts, taken=taken)
            )
            if not taken:
                continue
        item.values[name], item.before[name] = value, held


def repeated(rows: list[tuple[Any, Row]]) -> dict[int, list[Finding]]:
    """Rows that mean one record and say different things about it: each is refused, naming the
    other. The keys say which record a row means; None where that is not known."""
    groups: dict[Any, list[Row]] = {}
    for key, row in rows:
        if key is not None:
            groups.setdefault(key, []).append(row)
    found: dict[int, list[Finding]] = {}
    for first, *others in groups.values():
        for row in others:
            name = next((n for n in row.columns if _differ(first, row, n)), None)
            if name is not None:
                found[row.number] = [_against(row, first, name)]
                found.setdefault(first.number, [_against(first, row, name)])
    return found


def _differ(one: Row, other: Row, name: str) -> bool:
    return name in one.columns and one.columns[name] != other.columns[name]


def _against(row: Row, other: Row, name: str) -> Finding:
    params = (
        ("row", str(other.number)),
        ("value", str(row.columns[name])),
        ("known", str(other.columns[name])),
    )
    return Finding(row.number, name, "row.contradicts", params)
