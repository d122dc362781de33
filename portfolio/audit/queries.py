"""Reading the audit trail: whether it is whole, an object's history, an object as it was."""

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from flask import current_app

from portfolio.audit import chain
from portfolio.audit.models import AuditEntry, AuditHead
from portfolio.audit.operations import COVERED, body
from portfolio.extensions import db


def verify() -> tuple[int, chain.Break | None]:
    """How many entries stand in the trail, and its first break if it has one."""
    key = current_app.config["AUDIT_KEY"].encode()
    head = db.session.execute(sa.select(AuditHead.seq, AuditHead.hash)).first()
    kept = (head.seq, head.hash) if head else (0, "")
    return kept[0], chain.first_break(key, _entries(), kept)


def _entries() -> Iterator[dict[str, Any]]:
    columns = [getattr(AuditEntry, name) for name in (*COVERED, "prev_hash", "hash")]
    rows = db.session.execute(
        sa.select(*columns).order_by(AuditEntry.seq).execution_options(yield_per=5000)
    )
    for row in rows:
        mapping = dict(row._mapping)
        yield {**mapping, "body": body(mapping)}


def history(object_type: str, object_id: int, limit: int = 50) -> Sequence[AuditEntry]:
    """The latest entries of one object, newest first."""
    return db.session.scalars(
        sa.select(AuditEntry)
        .where(AuditEntry.object_type == object_type, AuditEntry.object_id == object_id)
        .order_by(AuditEntry.seq.desc())
        .limit(limit)
    ).all()


def columns_as_known(
    object_type: str, object_id: int, current: dict[str, Any], instant: dt.datetime
) -> dict[str, Any] | None:
    """The columns of an object as they stood in the system at an instant.

    `current` holds today's values as plain JSON values; the entries since then are undone one by
    one. None when the object did not exist yet.
    """
    entries = db.session.scalars(
        sa.select(AuditEntry)
        .where(
            AuditEntry.object_type == object_type,
            AuditEntry.object_id == object_id,
            AuditEntry.at > instant,
        )
        .order_by(AuditEntry.seq.desc())
    )
    values = dict(current)
    for entry in entries:
        before = json.loads(entry.before)
        if not before:
            return None
        values.update(before)
    return values
