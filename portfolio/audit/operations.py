"""Writing the audit trail: what the session changed becomes entries in the same transaction."""

import datetime as dt
import enum
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from blinker import Signal
from flask import current_app
from sqlalchemy import event
from sqlalchemy.orm import Session

from portfolio.audit import chain
from portfolio.audit.models import AuditEntry, AuditHead
from portfolio.extensions import Actor, Base, db, insert_rows

kept = Signal("these entries are about to be kept; sent inside the unit of work")


@dataclass
class Entry:
    """A change waiting to be chained; `before` and `after` hold plain JSON values."""

    action: str
    object_type: str
    object_id: int | None
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    company_id: int | None = None
    deal_id: int | None = None
    at: dt.datetime | None = None
    actor_id: int | None = None
    actor_name: str = ""


def plain(value: Any) -> Any:
    """A column's value as JSON holds it."""
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, dt.datetime):
        return chain.instant(value)
    if isinstance(value, dt.date):
        return value.isoformat()
    return value


def record(entry: Entry) -> None:
    """Queue an entry that no changed row stands for (an export, a look at a walled deal)."""
    db.session.info.setdefault("audit", {})[("event", id(entry))] = entry
    _mark(db.session())


def record_many(entries: Iterable[Entry]) -> None:
    """Queue entries of a bulk write, which the session does not see."""
    for entry in entries:
        record(entry)


@contextmanager
def trial() -> Iterator[None]:
    """A part of a unit of work that may fail by itself: its rows and its entries go, the others
    stay. Whatever it raises is raised on."""
    session = db.session()
    outer = session.info.get("audit", {})
    session.info["audit"] = {}
    try:
        with session.begin_nested():
            yield
            session.flush()
    except BaseException:
        session.info["audit"] = outer
        raise
    _join(outer, session.info.pop("audit", {}))
    session.info["audit"] = outer


def _join(outer: dict[Any, Entry], inner: dict[Any, Entry]) -> None:
    """The entries of a trial, behind those of what was done before it."""
    for key, entry in inner.items():
        known = outer.get(key)
        if known is None or not entry.after:
            outer[key] = entry
            continue
        if known.before:
            known.before = {**entry.before, **known.before}
        known.after.update(entry.after)


def install() -> None:
    """Listen to every session; called once by the composition root."""
    if not event.contains(Session, "after_flush", _collect):
        event.listen(Session, "after_flush", _collect)
        event.listen(Session, "persistent_to_deleted", _collect_deleted)
        event.listen(Session, "before_commit", _write)
        event.listen(Session, "after_rollback", _forget)


def _mark(session: Session) -> None:
    if not session.info.get("action"):
        raise RuntimeError("a change needs a unit of work")


def _collect(session: Session, context: Any) -> None:
    pending = session.info.setdefault("audit", {})
    for obj in session.new:
        _note(session, pending, obj, {}, _columns(obj))
    for obj in session.dirty:
        before, after = _difference(obj)
        if after:
            _note(session, pending, obj, before, after)


def _collect_deleted(session: Session, obj: Base) -> None:
    """What a flush deletes; rows that lost their parent are not in `session.deleted`."""
    _note(session, session.info.setdefault("audit", {}), obj, _columns(obj), {})


def _note(
    session: Session,
    pending: dict[Any, Entry],
    obj: Any,
    before: dict[str, Any],
    after: dict[str, Any],
) -> None:
    kind = getattr(obj, "__audit__", None)
    if kind is None:
        return
    _mark(session)
    known = pending.get((kind, obj.id))
    if known and not after:
        if not known.before:  # made and deleted in one act: nothing happened
            del pending[(kind, obj.id)]
            return
        known.before, known.after = {**before, **known.before}, {}
        return
    if known:
        if known.before:  # nothing before means that the object is new: it stays so
            known.before = {**before, **known.before}
        known.after.update(after)
        return
    company = obj.id if kind == "company" else getattr(obj, "company_id", None)
    deal = obj.id if kind == "deal" else getattr(obj, "deal_id", None)
    pending[(kind, obj.id)] = Entry(
        session.info["action"], kind, obj.id, before, after, company, deal
    )


def _columns(obj: Base) -> dict[str, Any]:
    skip = getattr(obj, "__audit_skip__", ())
    names = [a.key for a in sa.inspect(obj).mapper.column_attrs if a.key not in skip]
    return {n: plain(v) for n in names if (v := getattr(obj, n)) is not None}


def _difference(obj: Base) -> tuple[dict[str, Any], dict[str, Any]]:
    state = sa.inspect(obj)
    skip = getattr(obj, "__audit_skip__", ())
    before, after = {}, {}
    for attribute in state.mapper.column_attrs:
        change = state.attrs[attribute.key].history
        if attribute.key in skip or not change.has_changes():
            continue
        old = plain(change.deleted[0]) if change.deleted else None
        new = plain(change.added[0]) if change.added else None
        if old != new:
            before[attribute.key], after[attribute.key] = old, new
    return before, after


def _forget(session: Session) -> None:
    session.info.pop("audit", None)
    session.info.pop("events", None)


def _write(session: Session) -> None:
    session.flush()
    pending: dict[Any, Entry] = session.info.pop("audit", {})
    events = session.info.pop("events", [])
    told = [_told(*event) for event in events]
    if pending or told:
        entries = [*pending.values(), *told]
        kept.send(entries)
        _append(session, entries)


def _told(
    action: str, kind: str, number: int | None, said: dict[str, Any], by: Actor | None
) -> Entry:
    entry = Entry(action, kind, number, {}, said)
    if by is not None:
        entry.actor_id, entry.actor_name = by.id, by.name
    return entry


def _append(session: Session, entries: list[Entry]) -> None:
    """Number and chain the entries behind the head, which is locked until the commit."""
    key = current_app.config["AUDIT_KEY"].encode()
    head = session.execute(sa.select(AuditHead).with_for_update()).scalar_one()
    now = dt.datetime.now(dt.UTC)
    rows = [_row(session, entry, now, head.seq + n) for n, entry in enumerate(entries, start=1)]
    links = chain.chained(key, head.hash, (body(row) for row in rows))
    for row, (previous, own) in zip(rows, links, strict=True):
        row["prev_hash"], row["hash"] = previous, own
    insert_rows(AuditEntry, rows)
    head.seq, head.hash = rows[-1]["seq"], rows[-1]["hash"]
    session.flush()


def _row(session: Session, entry: Entry, now: dt.datetime, seq: int) -> dict[str, Any]:
    actor = session.info.get("actor")
    return {
        "seq": seq,
        "at": entry.at or session.info.get("at") or now,
        "actor_id": entry.actor_id or (actor.id if actor else None),
        "actor_name": entry.actor_name or (actor.name if actor else ""),
        "ip": session.info.get("ip") or "",
        "action": entry.action,
        "object_type": entry.object_type,
        "object_id": entry.object_id,
        "company_id": entry.company_id,
        "deal_id": entry.deal_id,
        "before": chain.canonical(entry.before) if entry.before else NOTHING,
        "after": chain.canonical(entry.after),
    }


NOTHING = chain.canonical({})
COVERED = [
    "seq",
    "at",
    "actor_id",
    "actor_name",
    "ip",
    "action",
    "object_type",
    "object_id",
    "company_id",
    "deal_id",
    "before",
    "after",
]


def body(row: Mapping[str, Any]) -> str:
    """What the hash of an entry covers."""
    return chain.canonical([row[name] for name in COVERED])
