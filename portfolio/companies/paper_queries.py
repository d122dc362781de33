"""Which papers a person may know of: the one rule for lists, histories, names, records and files.

Whoever may read the deal or company that a paper belongs to may know of it, but for one that holds
terms, which is for readers of its owner's terms alone.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

import sqlalchemy as sa
from flask import current_app

from portfolio.audit.models import AuditEntry
from portfolio.companies.models import TERMS, Document, DocumentVersion
from portfolio.companies.queries import readable
from portfolio.extensions import db
from portfolio.kernel.parts import in_parts
from portfolio.people.models import User


class Paper(Protocol):
    """What of a paper the rule asks for: a row of today or of a past day."""

    id: Any
    kind: Any
    company_id: Any
    deal_id: Any


AnyPaper = TypeVar("AnyPaper", bound=Paper)


def open_to(terms: bool) -> sa.ColumnElement[bool]:
    """The rule over the papers of one owner that a person reads, with its terms or without."""
    return sa.true() if terms else Document.kind != TERMS


def among(papers: Iterable[AnyPaper], terms: bool) -> list[AnyPaper]:
    """The rule over papers of one owner that the person reads, as they stood on a past day: what
    has come to hold terms since is not told by an older page either."""
    rows = list(papers)
    if terms:
        return rows
    now = holding_terms([row.id for row in rows])
    return [row for row in rows if row.kind != TERMS and row.id not in now]


def known(user: User, papers: Iterable[AnyPaper]) -> list[AnyPaper]:
    """The rule over papers of any owners: those that this person may know of."""
    rows = list(papers)
    if not rows:
        return []
    of_deals = {row.deal_id for row in rows if row.deal_id is not None}
    of_companies = {row.company_id for row in rows if row.company_id is not None}
    deals: Mapping[int, bool] = current_app.extensions["readable_deals"](user, of_deals)
    companies = readable(user, of_companies)
    return [row for row in rows if _open(row, deals if row.deal_id is not None else companies)]


def _open(paper: Paper, rights: Mapping[int, bool]) -> bool:
    owner = paper.company_id if paper.deal_id is None else paper.deal_id
    return owner in rights and (rights[owner] or paper.kind != TERMS)


def holding_terms(ids: Collection[int]) -> set[int]:
    """Which of these papers hold terms, or held them as long as they were there."""
    found: dict[int, bool] = {}
    for part in in_parts(ids):
        rows = db.session.execute(
            sa.select(Document.id, Document.kind).where(Document.id.in_(part))
        )
        found |= {row.id: row.kind == TERMS for row in rows}
    gone = set(ids) - found.keys()
    return {number for number, terms in found.items() if terms} | _held_terms(gone)


def _held_terms(gone: Collection[int]) -> set[int]:
    """Which of the papers that are no more held terms, by what the trail tells of them."""
    held: set[int] = set()
    for part in in_parts(gone):
        told = sa.select(AuditEntry.object_id, AuditEntry.before, AuditEntry.after).where(
            AuditEntry.object_type == Document.__audit__, AuditEntry.object_id.in_(part)
        )
        for number, *sides in db.session.execute(told):
            if TERMS in (json.loads(side).get("kind") for side in sides):
                held.add(int(number or 0))
    return held


def entries_with_terms(entries: Sequence[Any]) -> set[int]:
    """The numbers of those entries of the trail that are about a paper with terms, or a version."""
    paper_of = {e.seq: e.object_id for e in entries if e.object_type == Document.__audit__}
    versions = {e.seq: e for e in entries if e.object_type == DocumentVersion.__audit__}
    for seq, entry in versions.items():
        told = json.loads(entry.before) | json.loads(entry.after)
        paper_of[seq] = told.get("document_id") or _paper_of(entry.object_id)
    secret = holding_terms({number for number in paper_of.values() if number is not None})
    return {seq for seq, number in paper_of.items() if number in secret}


def _paper_of(version_id: int | None) -> int | None:
    """Whose version it is, of one that was changed: such an entry does not say."""
    version = db.session.get(DocumentVersion, version_id or 0)
    return version.document_id if version else None
