"""Row images: what an act did to each row, so that it can be put back exactly.

Every write of the unit of work is watched: what the session flushes, and the bulk statements
that go through `update_where` and `delete_where`. Undoing goes backwards step by step, so that a
unique key is never broken on the way.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session

from portfolio.audit import operations as audit
from portfolio.audit.models import AuditEntry, AuditHead
from portfolio.extensions import Base, UtcDateTime, db
from portfolio.journal.models import Act
from portfolio.journal.steps import Recording, digest_of
from portfolio.kernel.errors import InputError
from portfolio.kernel.parts import in_parts

UNWATCHED = {AuditEntry.__tablename__, AuditHead.__tablename__, Act.__tablename__}
CHUNK = 500


class Changed(InputError):
    """Something the act touched was changed since: it cannot be taken back any more."""

    def __init__(self, table: str, row_id: int) -> None:
        super().__init__("undo.changed")
        self.table, self.row_id = table, row_id


def _table(name: str) -> sa.Table:
    return db.metadata.tables[name]


def _key(table: sa.Table) -> sa.Column[Any]:
    return next(iter(table.primary_key.columns))


def _rows(table: sa.Table, condition: sa.ColumnElement[bool]) -> dict[int, dict[str, Any]]:
    key = _key(table).name
    found = db.session.execute(sa.select(table).where(condition).order_by(_key(table))).mappings()
    return {row[key]: {k: audit.plain(v) for k, v in row.items()} for row in found}


def _row(table: sa.Table, row_id: int) -> dict[str, Any] | None:
    with db.session.no_autoflush:
        return _rows(table, _key(table) == row_id).get(row_id)


class _Watch:
    """Listens to one session while an act is recorded."""

    def __init__(self, kept: Recording) -> None:
        self.kept = kept
        self.before: dict[tuple[str, int], Any] = {}
        self.listeners = (
            ("before_flush", self.remember),
            ("after_flush", self.compare),
            ("persistent_to_deleted", self.note_orphan),
        )

    def remember(self, session: Session, context: Any, instances: Any) -> None:
        """The rows as they stand before a flush changes or deletes them."""
        self.before.clear()
        for obj in (*session.dirty, *session.deleted):
            for table, row_id in _places(obj):
                self.before[(table.name, row_id)] = _row(table, row_id)

    def compare(self, session: Session, context: Any) -> None:
        """The rows as the flush left them, and those that it made."""
        made = [place for obj in session.new for place in _places(obj)]
        touched = self.before | {(table.name, row_id): None for table, row_id in made}
        for (name, row_id), was in touched.items():
            self.kept.note(name, row_id, was, _row(_table(name), row_id))

    def note_orphan(self, session: Session, obj: Any) -> None:
        """Rows that lost their parent are not in `session.deleted`; one hears of them afterwards."""
        for table, row_id in _places(obj):
            if (table.name, row_id) not in self.before:
                row = {c.name: audit.plain(getattr(obj, c.name)) for c in table.columns}
                self.kept.note(table.name, row_id, row, None)


@contextmanager
def recording() -> Iterator[Recording]:
    """Watch every row that is written inside; within a unit of work."""
    session, kept = db.session(), Recording()
    session.flush()
    watch = _Watch(kept)
    session.info["recording"] = kept
    for name, listener in watch.listeners:
        event.listen(session, name, listener)
    try:
        yield kept
        session.flush()
    finally:
        for name, listener in watch.listeners:
            event.remove(session, name, listener)
        session.info.pop("recording", None)


def _places(obj: Any) -> Iterator[tuple[sa.Table, int]]:
    table = sa.inspect(obj).mapper.local_table
    if table.name not in UNWATCHED:
        yield table, sa.inspect(obj).mapper.primary_key_from_instance(obj)[0]


def update_where(
    model: type[Base], condition: sa.ColumnElement[bool], values: Mapping[str, Any]
) -> int:
    """Change rows in bulk, in the trail and in the recording alike; answers how many."""
    table = model.__table__
    assert isinstance(table, sa.Table)  # noqa: S101 - every model of ours has one table
    db.session.flush()
    was = _rows(table, condition)
    ids = list(was)
    for start in range(0, len(ids), CHUNK):
        part = ids[start : start + CHUNK]
        db.session.execute(sa.update(table).where(_key(table).in_(part)).values(**values))
    now: dict[int, dict[str, Any]] = {}
    for start in range(0, len(ids), CHUNK):
        now |= _rows(table, _key(table).in_(ids[start : start + CHUNK]))
    _note_bulk(table, was, now)
    db.session.expire_all()
    return len(was)


@contextmanager
def watching(model: type[Base], condition: sa.ColumnElement[bool]) -> Iterator[None]:
    """Keep in the recording what bulk statements inside do to the rows under a condition that
    holds before and after; the trail is left to who calls."""
    table = model.__table__
    assert isinstance(table, sa.Table)  # noqa: S101 - every model of ours has one table
    db.session.flush()
    was = _rows(table, condition)
    yield
    db.session.flush()
    now = _rows(table, condition)
    kept: Recording | None = db.session.info.get("recording")
    if kept is not None:
        for row_id in sorted(was.keys() | now.keys()):
            kept.note(table.name, row_id, was.get(row_id), now.get(row_id))
    db.session.expire_all()


def delete_where(model: type[Base], condition: sa.ColumnElement[bool]) -> int:
    """Delete rows in bulk, in the trail and in the recording alike; answers how many."""
    table = model.__table__
    assert isinstance(table, sa.Table)  # noqa: S101 - every model of ours has one table
    db.session.flush()
    was = _rows(table, condition)
    ids = list(was)
    for start in range(0, len(ids), CHUNK):
        part = ids[start : start + CHUNK]
        db.session.execute(sa.delete(table).where(_key(table).in_(part)))
    _note_bulk(table, was, {})
    db.session.expire_all()
    return len(was)


def _note_bulk(
    table: sa.Table, was: Mapping[int, dict[str, Any]], now: Mapping[int, dict[str, Any]]
) -> None:
    kept: Recording | None = db.session.info.get("recording")
    for row_id, before in was.items():
        after = now.get(row_id)
        if kept is not None:
            kept.note(table.name, row_id, before, after)
        _into_trail(table.name, row_id, before, after)


def kind_of(table: str) -> str | None:
    """What the trail calls the rows of a table; None for those it does not watch."""
    model = models().get(table)
    return None if model is None else str(model.__audit__)


def _into_trail(table: str, row_id: int, before: Any, after: Any) -> None:
    """An entry for a row that the session did not write, as the session would have made it."""
    model = models().get(table)
    if model is None or before == after:
        return
    skip = set(getattr(model, "__audit_skip__", ()))
    was = {k: v for k, v in (before or {}).items() if k not in skip}
    now = {k: v for k, v in (after or {}).items() if k not in skip}
    if before is not None and after is not None:
        changed = [k for k in was if was[k] != now[k]]
        was, now = ({k: side[k] for k in changed} for side in (was, now))
        if not changed:
            return
    else:
        was, now = ({k: v for k, v in side.items() if v is not None} for side in (was, now))
    known = after or before or {}
    audit.record(
        audit.Entry(
            db.session.info["action"],
            model.__audit__,
            row_id,
            was,
            now,
            row_id if table == "company" else known.get("company_id"),
            row_id if table == "deal" else known.get("deal_id"),
        )
    )


def models() -> dict[str, Any]:
    """The mapped class of every table that the trail watches."""
    return {
        mapper.local_table.name: mapper.class_
        for mapper in Base.registry.mappers
        if hasattr(mapper.class_, "__audit__") and isinstance(mapper.local_table, sa.Table)
    }


def changed_since(steps: Iterable[Sequence[Any]]) -> tuple[str, int] | None:
    """The first row (table, id) that is no longer as the steps of a payload left it."""
    last = {(table, row_id): digest for table, row_id, _, digest in steps}
    by_table: dict[str, list[int]] = {}
    for name, row_id in last:
        by_table.setdefault(name, []).append(row_id)
    present: dict[tuple[str, int], Any] = {}
    with db.session.no_autoflush:
        for name, ids in by_table.items():
            for part in in_parts(ids):
                rows = _rows(_table(name), _key(_table(name)).in_(part))
                present |= {(name, row_id): row for row_id, row in rows.items()}
    return next((p for p, digest in last.items() if digest_of(present.get(p)) != digest), None)


def require_unchanged(steps: Sequence[Sequence[Any]]) -> None:
    """Raise Changed when the steps of a payload cannot be undone any more: a row is not as they left
    it, or one that they made is referred to by something newer."""
    if changed := changed_since(steps):
        raise Changed(*changed)
    _check_references(steps, {(table, row_id) for table, row_id, _, _ in steps})


def put_back(
    steps: Sequence[Sequence[Any]], renumber: bool = False, untold: Iterable[str] = ()
) -> None:
    """Undo the steps of a payload, the last first. Raises Changed and then nothing is undone.

    What was made is only removed when nothing else refers to it meanwhile. With `renumber` a row
    that was changed gets a version of its own: a form that was opened in between must not find
    the number it knows on other values. Of the rows in `untold` tables the trail says nothing.
    """
    db.session.flush()
    require_unchanged(steps)
    last = {(table, row_id) for table, row_id, _, _ in steps}
    before = {place: _row(_table(place[0]), place[1]) for place in sorted(last)}
    for name, row_id, was, digest in reversed(steps):
        _one_back(_table(name), row_id, was, made=was is None, gone=digest is None)
    for (name, row_id), row in before.items():
        if renumber and row is not None and "version" in row:
            table, version = _table(name), {"version": row["version"] + 1}
            db.session.execute(sa.update(table).where(_key(table) == row_id).values(**version))
    db.session.expire_all()
    for (name, row_id), row in before.items():
        if name not in untold:
            _into_trail(name, row_id, row, _row(_table(name), row_id))


def _one_back(
    table: sa.Table, row_id: int, was: Mapping[str, Any] | None, made: bool, gone: bool
) -> None:
    if made:
        db.session.execute(sa.delete(table).where(_key(table) == row_id))
        return
    values = {k: _typed(table.c[k], v) for k, v in (was or {}).items()}
    if gone:
        db.session.execute(sa.insert(table).values(**values))
    else:
        db.session.execute(sa.update(table).where(_key(table) == row_id).values(**values))


def _typed(column: sa.Column[Any], value: Any) -> Any:
    """A plain value as its column takes it."""
    if not isinstance(value, str):
        return value
    if isinstance(column.type, UtcDateTime | sa.DateTime):
        return dt.datetime.fromisoformat(value)
    return dt.date.fromisoformat(value) if isinstance(column.type, sa.Date) else value


def _check_references(steps: Sequence[Sequence[Any]], known: Collection[tuple[str, int]]) -> None:
    made = [(table, row_id) for table, row_id, was, _ in steps if was is None]
    for name, row_id in made:
        for table in db.metadata.sorted_tables:
            for key in table.foreign_keys:
                if key.column.table.name != name or table.name in UNWATCHED:
                    continue
                using = sa.select(_key(table)).where(key.parent == row_id)
                for other in db.session.scalars(using):
                    if (table.name, other) not in known:
                        raise Changed(table.name, other)
