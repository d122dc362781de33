"""What differs between two definitions of a pipeline, part by part and field by field (pure)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from portfolio.flows.parts import OUTER, PARTS, TOP, Column, Part
from portfolio.flows.rows import opened, top_values
from portfolio.pipeline.definition import normalised, rows_of
from portfolio.pipeline.faults import move_rows

Row = Mapping[str, Any]
ADDED, REMOVED, CHANGED = "added", "removed", "changed"
POSITION = Column("position", "number", "位置", "Position")


@dataclass(frozen=True)
class Field:
    """One field with what it held and holds."""

    column: Column
    before: Any
    after: Any


@dataclass(frozen=True)
class Change:
    """One row that is new, gone or different; `part` is "" for the pipeline's own fields.

    `outer` is the key of the stage or checklist whose row it is. `row` is the row as it becomes,
    of one that goes the row as it was.
    """

    part: str
    kind: str
    key: str
    row: Row
    fields: tuple[Field, ...] = ()
    outer: str = ""


def compare(old: Row, new: Row) -> list[Change]:
    """The changes from one definition to another, of either shape, in the order of the parts."""
    before, after = _whole(old), _whole(new)
    own = _fields(TOP, top_values(before), top_values(after))
    found = [Change("", CHANGED, str(after.get("key", "")), after, own)] if own else []
    for part in (PARTS[name] for name in OUTER):
        found += _rows(part, rows_of(before.get(part.place)), rows_of(after.get(part.place)))
    return found


def _whole(definition: Row) -> Row:
    whole = normalised(definition)
    moves = [{**row, "key": key} for _, key, row in move_rows(whole.get("moves"))]
    return {**whole, "moves": moves}


def _rows(part: Part, old: list[Row], new: list[Row], outer: str = "") -> Iterator[Change]:
    before, after = ({row.get("key", ""): row for row in rows} for rows in (old, new))
    stay = [key for key in after if key in before]
    order = [key for key in before if key in after]
    for key, row in after.items():
        if key not in before:
            yield Change(part.key, ADDED, key, row, _told(part, row), outer)
            yield from _inner(part, key, {}, row)
            continue
        fields = _fields(part.columns, opened(part, before[key]), opened(part, row))
        if stay.index(key) != order.index(key):
            fields += (Field(POSITION, order.index(key) + 1, stay.index(key) + 1),)
        if fields:
            yield Change(part.key, CHANGED, key, row, fields, outer)
        yield from _inner(part, key, before[key], row)
    for key, row in before.items():
        if key not in after:
            yield Change(part.key, REMOVED, key, row, (), outer)


def _inner(part: Part, key: str, old: Row, new: Row) -> Iterator[Change]:
    if part.inner:
        inner = PARTS[part.inner]
        yield from _rows(inner, rows_of(old.get(inner.place)), rows_of(new.get(inner.place)), key)


def _told(part: Part, row: Row) -> tuple[Field, ...]:
    """The fields of a new row that hold something, but for its titles."""
    values = opened(part, row)
    return tuple(
        Field(column, "", values[column.name])
        for column in part.columns
        if column.name not in {"key", "zh", "en"} and values[column.name]
    )


def _fields(columns: tuple[Column, ...], old: Row, new: Row) -> tuple[Field, ...]:
    return tuple(
        Field(column, old[column.name], new[column.name])
        for column in columns
        if old[column.name] != new[column.name]
    )


def as_audited(changes: list[Change]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The changes as the audit trail keeps them: what was and what is, by dotted place."""
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for change in changes:
        place = ".".join(filter(None, (change.part, change.outer, change.key)))
        if change.kind == REMOVED:
            before[place] = change.row["zh"]
            continue
        if change.kind == ADDED:
            after[place] = change.row["zh"]
        for field in change.fields if change.kind == CHANGED else ():
            name = f"{place}.{field.column.name}"
            before[name], after[name] = _plain(field.before), _plain(field.after)
    return before, after


def _plain(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    return ", ".join(f"{v['from']}>{v['to']}" if isinstance(v, Mapping) else v for v in value)
