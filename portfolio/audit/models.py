"""Rows of the audit trail: entries that are never rewritten, and the head of their chain."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portfolio.extensions import Base


class AuditEntry(Base):
    """One change of one object: who, when, what, before and after (JSON texts).

    `deal_id` names the deal an entry belongs to, so that readers who may not know of the deal
    see nothing of the entry.
    """

    __tablename__ = "audit_entry"

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[dt.datetime] = mapped_column(index=True)
    actor_id: Mapped[int | None]
    actor_name: Mapped[str] = mapped_column(default="")
    ip: Mapped[str] = mapped_column(default="")
    action: Mapped[str]
    object_type: Mapped[str]
    object_id: Mapped[int | None]
    company_id: Mapped[int | None]
    deal_id: Mapped[int | None] = mapped_column(index=True)
    before: Mapped[str]
    after: Mapped[str]
    prev_hash: Mapped[str]
    hash: Mapped[str]

    __table_args__ = (
        sa.Index("ix_audit_entry_object", "object_type", "object_id", "seq"),
        sa.Index("ix_audit_entry_company_id_seq", "company_id", "seq"),
        sa.Index("ix_audit_entry_action_seq", "action", "seq"),
        sa.Index("ix_audit_entry_actor_id_seq", "actor_id", "seq"),
    )


class AuditHead(Base):
    """The newest number and hash, in one row that writers lock in turn."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(primary_key=True)
    seq: Mapped[int]
    hash: Mapped[str]


class AuditCheck(Base):
    """What a check of the chain found: of the entries from `from_seq` to `to_seq`, and the hash
    of the last one. Not part of the trail itself: a check must not lengthen what it checks."""

    __tablename__ = "audit_check"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[dt.datetime]
    by_name: Mapped[str]
    from_seq: Mapped[int]
    to_seq: Mapped[int]
    hash: Mapped[str]
    broken_seq: Mapped[int | None]
    reason: Mapped[str] = mapped_column(default="")
    took_ms: Mapped[int]
