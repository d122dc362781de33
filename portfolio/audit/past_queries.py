"""Rows as the system knew them at an instant: today's rows with every later entry undone."""

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa

from portfolio.audit.models import AuditEntry
from portfolio.audit.operations import plain
from portfolio.audit.undoing import undone
from portfolio.extensions import Base, UtcDateTime, db

# The column that says since when a row was in the system. Rows that a bulk load wrote have no
# entry of their own, and this alone.
BORN = ("recorded_at", "uploaded_at", "created_at", "granted_at")
Model = type[Any]


def owned_columns(model: Model) -> list[str]:
    """The columns that entries about this kind of object tell of."""
    skip = getattr(model, "__audit_skip__", ())
    return [a.key for a in sa.inspect(model).column_attrs if a.key not in skip]


def model_of(object_type: str) -> Model:
    """The mapped class that entries of this kind are about. Raises KeyError."""
    return {
        mapper.class_.__audit__: mapper.class_
        for mapper in Base.registry.mappers
        if hasattr(mapper.class_, "__audit__")
    }[object_type]


def present(object_type: str, ids: Collection[int]) -> set[int]:
    """Which objects of a kind are still there."""
    model = model_of(object_type)
    return set(db.session.scalars(sa.select(model.id).where(model.id.in_(ids)))) if ids else set()


def ids_in_trail(models: Iterable[Model], **owner: int) -> dict[Model, set[int]]:
    """Which objects the trail ever told of under a company or a deal (`company_id=`, `deal_id=`).

    More than the rows of today: what was deleted or moved elsewhere since is among them.
    """
    kinds = {model.__audit__: model for model in models}
    rows = db.session.execute(
        sa.select(AuditEntry.object_type, AuditEntry.object_id)
        .where(
            *(getattr(AuditEntry, name) == value for name, value in owner.items()),
            AuditEntry.object_type.in_(list(kinds)),
            AuditEntry.object_id.is_not(None),
        )
        .distinct()
    )
    found: dict[Model, set[int]] = {model: set() for model in kinds.values()}
    for kind, object_id in rows:
        found[kinds[kind]].add(int(object_id or 0))
    return found


def as_known(model: Model, ids: Collection[int], instant: dt.datetime) -> list[SimpleNamespace]:
    """These rows as they stood in the system at an instant, by id; the ones it did not know of
    are left out. Columns that the trail leaves out (versions, repeated values) are None."""
    if not ids:
        return []
    rows = db.session.scalars(sa.select(model).where(model.id.in_(list(ids))))
    current = {row.id: columns_now(row) for row in rows}
    changes = _changes_since(model.__audit__, ids, instant)
    states = {
        object_id: undone(current.get(object_id), changes[object_id], owned_columns(model))
        for object_id in sorted(ids)
    }
    found = [_typed(model, i, values) for i, values in states.items() if values is not None]
    return [row for row in found if _was_there(row, instant)]


def columns_now(row: Any) -> dict[str, Any]:
    """Today's values as the trail writes them."""
    return columns_of(type(row), row)


def columns_of(model: Model, row: Any) -> dict[str, Any]:
    """The values of a row of today or of a past instant, as the trail writes them."""
    return {name: plain(getattr(row, name)) for name in owned_columns(model)}


def _changes_since(
    kind: str, ids: Collection[int], instant: dt.datetime
) -> Mapping[int, list[tuple[dict[str, Any], dict[str, Any]]]]:
    """For each object its changes after an instant, the newest first."""
    rows = db.session.execute(
        sa.select(AuditEntry.object_id, AuditEntry.before, AuditEntry.after)
        .where(
            AuditEntry.object_type == kind,
            AuditEntry.object_id.in_(list(ids)),
            AuditEntry.at > instant,
        )
        .order_by(AuditEntry.seq.desc())
    )
    found: dict[int, list[tuple[dict[str, Any], dict[str, Any]]]] = defaultdict(list)
    for object_id, before, after in rows:
        found[int(object_id or 0)].append((json.loads(before), json.loads(after)))
    return found


def columns_changed_since(
    kind: str, ids: Collection[int], instant: dt.datetime
) -> dict[int, set[str]]:
    """By object the columns that were changed after an instant, of those the trail tells of."""
    return {
        object_id: {name for sides in changes for side in sides for name in side}
        for object_id, changes in _changes_since(kind, ids, instant).items()
    }


def _was_there(row: SimpleNamespace, instant: dt.datetime) -> bool:
    born = next((at for name in BORN if (at := getattr(row, name, None)) is not None), None)
    return born is None or born <= instant


_READ: dict[Any, Callable[[Any], Any]] = {
    UtcDateTime: dt.datetime.fromisoformat,
    sa.Date: dt.date.fromisoformat,
}


def _typed(model: Model, object_id: int, values: Mapping[str, Any]) -> SimpleNamespace:
    """A row read back from its JSON values; texts that were never given are empty."""
    found: dict[str, Any] = {}
    for attribute in sa.inspect(model).column_attrs:
        column, value = attribute.columns[0], values.get(attribute.key)
        if value is None:
            found[attribute.key] = "" if _blank(column) else None
        else:
            read = _READ.get(type(column.type))
            found[attribute.key] = read(value) if read else value
    return SimpleNamespace(**{**found, "id": object_id})


def _blank(column: sa.Column[Any]) -> bool:
    return isinstance(column.type, sa.Text) and not column.nullable
