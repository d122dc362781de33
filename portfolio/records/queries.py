"""Reads of records of any kind: one with its reader's rights, its history, and acts one may see."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from portfolio.audit import queries as audit
from portfolio.audit.models import AuditEntry
from portfolio.companies import merge_history_queries as merge_history
from portfolio.companies import merge_queries as merges
from portfolio.companies import paper_queries as papers
from portfolio.companies import queries as companies
from portfolio.companies.history import Act as Told
from portfolio.companies.history import acts
from portfolio.companies.history_queries import RESTORABLE, words_of
from portfolio.companies.models import (
    Activity,
    Company,
    CompanyMerge,
    Contact,
    Document,
    Task,
)
from portfolio.companies.record_operations import label_of
from portfolio.extensions import db
from portfolio.journal import queries as journal
from portfolio.journal.models import Act
from portfolio.people import policy
from portfolio.people.models import User
from portfolio.pipeline import board_queries, history_queries
from portfolio.pipeline import sight_queries as sight
from portfolio.pipeline.board_queries import DealLine
from portfolio.pipeline.models import Deal
from portfolio.pipeline.operations import FIELDS, TERMS

KINDS: dict[str, type[Any]] = {
    "company": Company,
    "contact": Contact,
    "task": Task,
    "document": Document,
    "activity": Activity,
    "deal": Deal,
}
DELETIONS = tuple(f"{kind}.delete" for kind in KINDS)
COMPANY_DELETION = "company.delete"
MOST = 100
# How many acts are read at a time to find those that are open to somebody.
SIFTED = 100


@dataclass(frozen=True)
class Record:
    """One record as its reader stands to it."""

    kind: str
    row: Any
    company: Company | None
    deal: Deal | None
    writable: bool

    @property
    def label(self) -> str:
        """What a person calls it."""
        if isinstance(self.row, Company):
            return self.row.display_name
        return str(self.row.name) if isinstance(self.row, Deal) else label_of(self.row)


def record(user: User, kind: str, number: int) -> Record | None:
    """The record, unless it does not exist for this person."""
    model = KINDS.get(kind)
    row = db.session.get(model, number) if model else None
    if row is None:
        return None
    deal_id = row.id if kind == "deal" else getattr(row, "deal_id", None)
    company_id = row.id if kind == "company" else row.company_id
    if isinstance(row, Document) and not papers.known(user, [row]):
        return None
    if deal_id is not None:
        deal = sight.get_visible(user, deal_id)
        if deal is None:
            return None
        return Record(kind, row, deal.company, deal, sight.may(user, "deal.write", deal))
    if company_id is None:  # a task for somebody, about nothing
        mine = user.id in {getattr(row, "owner_id", None), getattr(row, "created_by_id", None)}
        return Record(kind, row, None, None, True) if mine else None
    company = companies.get_visible(user, company_id)
    if company is None:
        return None
    return Record(kind, row, company, None, user.may("company.write"))


def _terms_of(user: User, company_id: int) -> bool:
    return companies.readable(user, [company_id]).get(company_id, False)


def history(user: User, of: Record, most: int = MOST) -> list[Told]:
    """What happened to a record, newest first, in words."""
    if of.kind == "deal":
        return history_queries.history(user, of.row, most)
    if of.kind == "company":
        ids = merges.whole(of.row.id)
        entries = audit.of_companies(ids)
        owner = dict.fromkeys(ids, _terms_of(user, of.row.id))
    else:
        entries = audit.history(of.kind, of.row.id, MOST)
        owner = {of.company.id: _terms_of(user, of.company.id)} if of.company else {}
    readable = sight.readable_deals(user, [of.deal.id]) if of.deal else {}
    lines = audit.known_lines(entries, readable, audit.terms_by_type(), owner)
    return acts(lines, words_of(lines, merges=merge_history.details(user, lines)), most)


def merged_into(of: Record) -> list[tuple[CompanyMerge, Company]]:
    """The merges by which others became part of a company, each with what was merged."""
    if of.company is None or of.kind != "company":
        return []
    found = merges.parts_of([of.company.id]).get(of.company.id, [])
    return [(merge, db.session.get_one(Company, merge.merged_id)) for merge in found]


def entry_of(of: Record, seq: int) -> AuditEntry | None:
    """An entry of the record's own trail."""
    entry = audit.entry(seq)
    own = entry and (entry.object_type, entry.object_id) == (of.kind, of.row.id)
    return entry if own else None


def standing_in_the_way(user: User, of: Record) -> list[DealLine]:
    """The deals that keep a company from being deleted, as far as this person may know of them."""
    return board_queries.of_company(user, of.row.id) if of.kind == "company" else []


def restorable(kind: str) -> frozenset[str]:
    """The columns of a kind that can be set back one by one."""
    columns = RESTORABLE | {"deal": FIELDS | set(TERMS)}
    return columns.get(kind, frozenset())


def among(user: User, found: Iterable[Act], write: bool = False) -> list[Act]:
    """Of these acts those about things this person may see, or write.

    Deals in the bin count as they would outside of it: walled ones for their team alone.
    """
    listed = list(found)
    permission = "deal.write" if write else "deal.read"
    deals = _deals(user, permission, {a.deal_id for a in listed if a.deal_id is not None})
    company = "company.write" if write else "company.read"
    every_company = policy.ALL in user.scopes(company)
    return [
        act
        for act in _without_secret_papers(user, listed)
        if (act.deal_id in deals if act.deal_id is not None else _open(user, act, every_company))
    ]


def own_acts(
    user: User, actions: Collection[str], most: int, before: int | None = None
) -> tuple[list[Act], bool]:
    """A person's latest acts with things they may see by now, older than one of a number where that
    is given, and whether there are more. Read in parts, so that a long history costs no more than
    what is shown of it, but for what is closed by now."""
    found: list[Act] = []
    while len(found) <= most:
        part = journal.of_actor(user.id, actions, SIFTED, before)
        found += among(user, part)
        if len(part) < SIFTED:
            break
        before = part[-1].id
    return found[:most], len(found) > most


def _without_secret_papers(user: User, acts: list[Act]) -> list[Act]:
    """The acts but for those with papers whose terms this person may not read."""
    of_papers = {act.object_id or 0 for act in acts if act.object_type == Document.__audit__}
    secret = papers.holding_terms(of_papers) if of_papers else set()
    held = [a for a in acts if a.object_type == Document.__audit__ and a.object_id in secret]
    deals = _deals(user, "deal.terms", {a.deal_id for a in held if a.deal_id is not None})
    owners = companies.readable(user, {a.company_id for a in held if a.company_id is not None})
    open_to = {
        a.id
        for a in held
        if a.deal_id in deals or (a.deal_id is None and owners.get(a.company_id or 0))
    }
    closed = {act.id for act in held} - open_to
    return [act for act in acts if act.id not in closed]


def _open(user: User, act: Act, every_company: bool) -> bool:
    if act.company_id is not None:
        return every_company
    return act.actor_id == user.id or (act.object_type == "deal_list" and user.may("deal.override"))


def _deals(user: User, permission: str, deal_ids: set[int]) -> set[int]:
    if not deal_ids:
        return set()
    parts = [
        *sight.visible_parts(user, permission),
        *sight.visible_parts(user, permission, deleted=True),
    ]
    query = sa.select(Deal.id).where(Deal.id.in_(deal_ids), sa.or_(*parts))
    return set(db.session.scalars(query))


def may_undo(user: User, act: Act) -> bool:
    """Whether a person may take an act back: who may write what it is about."""
    return bool(among(user, [act], write=True))


def may_undo_merge(user: User, act: Act) -> bool:
    """Who may merge companies."""
    return may_undo(user, act) and user.may("company.merge")


def may_undo_tag(user: User, act: Act) -> bool:
    """Who may review tags."""
    return may_undo(user, act) and user.may("tag.review")


def may_undo_meeting(user: User, act: Act) -> bool:
    """Who arranges the committee's meetings, of what is about deals those who may change these."""
    return may_undo(user, act) and user.may("committee.write")


def may_undo_move(user: User, act: Act) -> bool:
    """The mover, or a partner."""
    return may_undo(user, act) and (act.actor_id == user.id or user.may("deal.override"))


def in_bin(user: User, limit: int = MOST) -> list[Act]:
    """What was deleted and can still be restored, newest first."""
    query = sa.select(Act).where(Act.action.in_(DELETIONS)).order_by(Act.id.desc()).limit(5 * limit)
    return among(user, db.session.scalars(query))[:limit]


def deletion_of(user: User, company_id: int) -> Act | None:
    """The act that put a company into the bin, by itself or as part of another one, where this
    person may know of it."""
    last = audit.history("company", company_id, limit=1)
    if not last or last[0].action != COMPANY_DELETION:
        return None
    gone = Act.payload.contains(f'["company", {company_id}, ', autoescape=True)
    query = sa.select(Act).where(Act.action == COMPANY_DELETION, gone).order_by(Act.id.desc())
    return next(iter(among(user, db.session.scalars(query.limit(1)))), None)


def undoable(user: User, of: Record, actions: Iterable[str], limit: int = 8) -> list[Act]:
    """The acts with a record that can be taken back by this person, newest first."""
    query = (
        sa.select(Act)
        .where(
            Act.object_type == of.kind, Act.object_id == of.row.id, Act.action.in_(list(actions))
        )
        .order_by(Act.id.desc())
        .limit(limit)
    )
    return among(user, db.session.scalars(query), write=True)


def actors_of(found: Sequence[Act]) -> set[int]:
    """Whose acts these are, for their names."""
    return {act.actor_id for act in found if act.actor_id is not None}
