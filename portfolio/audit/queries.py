"""Reading the audit trail: whether it is whole, an object's history, an object as it was."""

import datetime as dt
import json
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import current_app

from portfolio.audit import chain
from portfolio.audit.models import AuditEntry, AuditHead
from portfolio.audit.operations import COVERED, body
from portfolio.audit.past_queries import model_of, owned_columns
from portfolio.audit.undoing import undone
from portfolio.extensions import Base, db


def verify() -> tuple[int, chain.Break | None]:
    """How many entries stand in the trail, and its first break if it has one."""
    key = current_app.config["AUDIT_KEY"].encode()
    head = db.session.execute(sa.select(AuditHead.seq, AuditHead.hash)).first()
    kept = (head.seq, head.hash) if head else (0, "")
    with closing(_entries()) as entries:
        return kept[0], chain.first_break(key, entries, kept)


def _entries() -> Generator[dict[str, Any], None, None]:
    columns = [getattr(AuditEntry, name) for name in (*COVERED, "prev_hash", "hash")]
    query = sa.select(*columns).order_by(AuditEntry.seq).execution_options(yield_per=5000)
    with db.session.execute(query) as rows:
        for row in rows:
            mapping = dict(row._mapping)
            yield {**mapping, "body": body(mapping)}


def history(
    object_type: str, object_id: int, limit: int = 50, known_at: dt.datetime | None = None
) -> Sequence[AuditEntry]:
    """The latest entries of one object, newest first; of those up to an instant."""
    query = sa.select(AuditEntry).where(
        AuditEntry.object_type == object_type, AuditEntry.object_id == object_id
    )
    if known_at is not None:
        query = query.where(AuditEntry.at <= known_at)
    return db.session.scalars(query.order_by(AuditEntry.seq.desc()).limit(limit)).all()


def of_company(
    company_id: int, known_at: dt.datetime | None = None, limit: int = 200
) -> Sequence[AuditEntry]:
    """The latest entries about a company and what belongs to it, but to no deal; newest first."""
    query = sa.select(AuditEntry).where(
        AuditEntry.company_id == company_id, AuditEntry.deal_id.is_(None)
    )
    if known_at is not None:
        query = query.where(AuditEntry.at <= known_at)
    return db.session.scalars(query.order_by(AuditEntry.seq.desc()).limit(limit)).all()


def columns_as_known(
    object_type: str, object_id: int, current: dict[str, Any] | None, instant: dt.datetime
) -> dict[str, Any] | None:
    """The columns of an object as they stood in the system at an instant.

    `current` holds today's values as plain JSON values, None for what is gone now; the entries
    since then are undone one by one. None when the object was not there then.
    """
    entries = db.session.execute(
        sa.select(AuditEntry.before, AuditEntry.after)
        .where(
            AuditEntry.object_type == object_type,
            AuditEntry.object_id == object_id,
            AuditEntry.at > instant,
        )
        .order_by(AuditEntry.seq.desc())
    )
    changes = [(json.loads(before), json.loads(after)) for before, after in entries]
    return undone(current, changes, owned_columns(model_of(object_type)))


@dataclass(frozen=True)
class Search:
    """What the audit page is filtered by; empty means everything."""

    actor_id: int | None = None
    object_type: str = ""
    object_id: int | None = None
    action: str = ""
    since: dt.datetime | None = None
    until: dt.datetime | None = None

    def condition(self) -> sa.ColumnElement[bool]:
        """The filter as a condition over entries."""
        equal = ("actor_id", "object_type", "object_id", "action")
        found = [getattr(AuditEntry, n) == v for n in equal if (v := getattr(self, n))]
        if self.since is not None:
            found.append(AuditEntry.at >= self.since)
        if self.until is not None:
            found.append(AuditEntry.at < self.until)
        return sa.and_(sa.true(), *found)


@dataclass(frozen=True)
class Line:
    """An entry as one reader may see it; `hidden` says that it is about something they may not
    know of, and then nothing but its number and time is left."""

    seq: int
    at: dt.datetime
    actor_name: str
    action: str
    object_type: str
    object_id: int | None
    changes: tuple[tuple[str, Any, Any], ...]
    hidden: bool = False


MASK = "***"


def lines(
    entries: Iterable[AuditEntry], readable: Mapping[int, bool], terms_of: Mapping[str, set[str]]
) -> list[Line]:
    """Entries as their reader may see them.

    `readable` holds, for each deal the reader may know of, whether they may read its terms.
    """
    return [_line(entry, readable, terms_of) for entry in entries]


def _line(
    entry: AuditEntry, readable: Mapping[int, bool], terms_of: Mapping[str, set[str]]
) -> Line:
    if entry.deal_id is not None and entry.deal_id not in readable:
        return Line(entry.seq, entry.at, "", "", "", None, (), hidden=True)
    open_terms = entry.deal_id is not None and readable[entry.deal_id]
    secret = set() if open_terms else terms_of.get(entry.object_type, set())
    before, after = json.loads(entry.before), json.loads(entry.after)
    changes = tuple(
        (name, *(MASK if name in secret else side.get(name) for side in (before, after)))
        for name in sorted(before.keys() | after.keys())
    )
    return Line(
        entry.seq,
        entry.at,
        entry.actor_name,
        entry.action,
        entry.object_type,
        entry.object_id,
        changes,
    )


def terms_by_type() -> dict[str, set[str]]:
    """Which columns of which kind of object are terms."""
    return {
        mapper.class_.__audit__: set(mapper.class_.__audit_terms__)
        for mapper in Base.registry.mappers
        if hasattr(mapper.class_, "__audit_terms__")
    }


def kinds() -> tuple[Sequence[str], Sequence[str]]:
    """The kinds of objects and the actions that occur, for the filters."""
    objects = db.session.scalars(sa.select(AuditEntry.object_type).distinct()).all()
    actions = db.session.scalars(sa.select(AuditEntry.action).distinct()).all()
    return sorted(objects), sorted(actions)
