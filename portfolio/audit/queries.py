"""Reading the audit trail: whether it is whole, and an object's history."""

import datetime as dt
import json
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import current_app

from portfolio.audit import chain, kind_queries
from portfolio.audit.models import AuditCheck, AuditEntry, AuditHead
from portfolio.audit.operations import COVERED, body
from portfolio.audit.words import MASK
from portfolio.extensions import Base, db

# Entries that no change stands behind: they are no part of an object's history.
LOOKS = ("deal.look", "deal.export")


def verify() -> tuple[int, chain.Break | None]:
    """How many entries stand in the trail, and its first break if it has one."""
    count, _, broken = walked()
    return count, broken


def walked(start: tuple[int, str] = (0, chain.GENESIS)) -> tuple[int, str, chain.Break | None]:
    """The number and hash of the newest entry, and the first break of the chain if it has one.

    `start` is an entry, by its number and hash as a former check kept them, behind which the walk
    begins: what lies before it is not read again.
    """
    key = current_app.config["AUDIT_KEY"].encode()
    newest = sa.select(sa.func.max(AuditEntry.seq)).scalar_subquery()
    # In one statement, so that an entry written meanwhile is in both numbers or in neither.
    head = db.session.execute(sa.select(AuditHead.seq, AuditHead.hash, newest)).first()
    seq, own, last = head or (0, chain.GENESIS, None)
    if start[0] and db.session.scalar(_hash_of(start[0])) != start[1]:
        return seq, own, chain.Break(start[0], "altered")
    with closing(_entries(start[0], seq)) as entries:
        broken = chain.first_break(key, entries, (seq, own), start)
    if broken is None and (last or 0) > seq:
        broken = chain.Break(seq + 1, "inserted")
    return seq, own, broken


def last_checks() -> tuple[AuditCheck | None, AuditCheck | None]:
    """The newest check of the whole chain, and the newest one of later entries that follows it."""
    query = sa.select(AuditCheck).order_by(AuditCheck.id.desc()).limit(1)
    whole = db.session.scalar(query.where(AuditCheck.from_seq == 1))
    if whole is None:
        return None, None
    return whole, db.session.scalar(query.where(AuditCheck.id > whole.id))


def newest_seq() -> int:
    """The number of the newest entry, which is also how many there are."""
    return db.session.scalar(sa.select(AuditHead.seq)) or 0


def _hash_of(seq: int) -> sa.Select[str]:
    return sa.select(AuditEntry.hash).where(AuditEntry.seq == seq)


def _entries(after: int, until: int) -> Generator[dict[str, Any], None, None]:
    columns = [getattr(AuditEntry, name) for name in (*COVERED, "prev_hash", "hash")]
    query = (
        sa.select(*columns)
        .where(AuditEntry.seq > after, AuditEntry.seq <= until)
        .order_by(AuditEntry.seq)
        .execution_options(yield_per=5000)
    )
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


def last_change(object_type: str, object_id: int) -> AuditEntry | None:
    """The latest entry of one object behind which a change stands."""
    query = sa.select(AuditEntry).where(
        AuditEntry.object_type == object_type,
        AuditEntry.object_id == object_id,
        AuditEntry.action.not_in(LOOKS),
    )
    return db.session.scalar(query.order_by(AuditEntry.seq.desc()).limit(1))


def of_companies(
    company_ids: Sequence[int], known_at: dt.datetime | None = None, limit: int = 200
) -> Sequence[AuditEntry]:
    """The latest entries about companies and what belongs to them, but to no deal; newest first."""
    query = sa.select(AuditEntry).where(
        AuditEntry.company_id.in_(company_ids), AuditEntry.deal_id.is_(None)
    )
    if known_at is not None:
        query = query.where(AuditEntry.at <= known_at)
    return db.session.scalars(query.order_by(AuditEntry.seq.desc()).limit(limit)).all()


def of_act(company_ids: Sequence[int], action: str, at: dt.datetime) -> Sequence[AuditEntry]:
    """The entries about companies and what belongs to them or their deals that one act made."""
    query = sa.select(AuditEntry).where(
        AuditEntry.company_id.in_(company_ids), AuditEntry.action == action, AuditEntry.at == at
    )
    return db.session.scalars(query.order_by(AuditEntry.seq.desc())).all()


def of_deal(deal_id: int, limit: int = 200) -> Sequence[AuditEntry]:
    """The latest entries about a deal and what belongs to it, looks at it apart; newest first."""
    return db.session.scalars(
        sa.select(AuditEntry)
        .where(AuditEntry.deal_id == deal_id, AuditEntry.action.not_in(LOOKS))
        .order_by(AuditEntry.seq.desc())
        .limit(limit)
    ).all()


def entry(seq: int) -> AuditEntry | None:
    """One entry by its number."""
    return db.session.get(AuditEntry, seq)


SYSTEM = 0


@dataclass(frozen=True)
class Search:
    """What the audit page is filtered by; empty means everything. `actor_id` 0 is the system;
    `deal_id` asks for all that belongs to a deal."""

    actor_id: int | None = None
    object_type: str = ""
    object_id: int | None = None
    deal_id: int | None = None
    action: str = ""
    since: dt.datetime | None = None
    until: dt.datetime | None = None

    def condition(self) -> sa.ColumnElement[bool]:
        """The filter as a condition over entries."""
        equal = ("object_type", "object_id", "deal_id", "action")
        found = [getattr(AuditEntry, n) == v for n in equal if (v := getattr(self, n))]
        if self.actor_id is not None:
            found.append(AuditEntry.actor_id == (self.actor_id or None))
        if self.since is not None:
            found.append(AuditEntry.at >= self.since)
        if self.until is not None:
            found.append(AuditEntry.at < self.until)
        return sa.and_(sa.true(), *found)


def found(search: Search, known_deals: sa.Select[int]) -> sa.Select[int]:
    """The numbers of the entries that a search finds, the newest first.

    `known_deals` are the deals that the reader may know of. What is about others is left out of
    every list: a locked line beside another act, or how many an action finds, would tell of them.
    """
    known = sa.or_(AuditEntry.deal_id.is_(None), AuditEntry.deal_id.in_(known_deals))
    query = sa.select(AuditEntry.seq).where(search.condition(), known)
    return query.order_by(AuditEntry.seq.desc())


def count_of_known(known_deals: sa.Select[int]) -> int:
    """How many entries `found` finds without a filter: all, less those about other deals, which
    are few for most and stand together in an index."""
    others = sa.select(sa.func.count()).where(
        AuditEntry.deal_id.is_not(None), AuditEntry.deal_id.not_in(known_deals)
    )
    return newest_seq() - (db.session.scalar(others) or 0)


def by_seqs(seqs: Sequence[int]) -> Sequence[AuditEntry]:
    """These entries, the newest first."""
    query = sa.select(AuditEntry).where(AuditEntry.seq.in_(seqs))
    return db.session.scalars(query.order_by(AuditEntry.seq.desc())).all()


@dataclass(frozen=True)
class Line:
    """An entry as one reader may see it; `masked` says that they may read none of its values,
    `hidden` that it is about something they may not know of, and then nothing but its number and
    time is left."""

    seq: int
    at: dt.datetime
    actor_name: str
    action: str
    object_type: str
    object_id: int | None
    changes: tuple[tuple[str, Any, Any], ...]
    company_id: int | None = None
    deal_id: int | None = None
    hidden: bool = False
    masked: bool = False


# By kind of object, and whether the entry is about a deal.
TermsOf = Mapping[tuple[str, bool], set[str]]


def lines(
    entries: Iterable[Any],
    readable: Mapping[int, bool],
    terms_of: TermsOf,
    companies: Mapping[int, bool] | None = None,
) -> list[Line]:
    """Entries as their reader may see them; those of what they may not know of are `hidden`.

    `readable` holds, for each deal the reader may know of, whether they may read its terms;
    `companies` says the same of companies. Without it the reader is known to read the companies
    that the entries are about, but no terms. Which entries are about papers with terms is
    answered by the slice that knows papers: the composition root hands it in.
    """
    told = list(entries)
    papers: set[int] = current_app.extensions["entries_with_terms"](told)
    return [_line(entry, readable, terms_of, companies, entry.seq in papers) for entry in told]


def known_lines(
    entries: Iterable[Any],
    readable: Mapping[int, bool],
    terms_of: TermsOf,
    companies: Mapping[int, bool] | None = None,
) -> list[Line]:
    """`lines` without those that are hidden: a history says nothing of them."""
    return [line for line in lines(entries, readable, terms_of, companies) if not line.hidden]


def _rights(
    entry: Any, readable: Mapping[int, bool], companies: Mapping[int, bool] | None
) -> tuple[bool, bool]:
    """Whether the reader may read what an entry says, and its terms."""
    if entry.deal_id is not None:
        return entry.deal_id in readable, readable.get(entry.deal_id, False)
    if entry.company_id is not None:
        known = companies is None or entry.company_id in companies
        return known, known and companies is not None and companies[entry.company_id]
    # What belongs to a company or a deal, but does not say to which, is for nobody to read.
    return entry.object_id is None or entry.object_type not in kind_queries.owned_kinds(), False


def _line(
    entry: Any,
    deals: Mapping[int, bool],
    terms_of: TermsOf,
    companies: Mapping[int, bool] | None,
    all_terms: bool,
) -> Line:
    readable, open_terms = _rights(entry, deals, companies)
    if (entry.deal_id is not None and not readable) or (all_terms and not open_terms):
        return Line(entry.seq, entry.at, "", "", "", None, (), hidden=True)
    before, after = json.loads(entry.before), json.loads(entry.after)
    names = sorted(before.keys() | after.keys())
    kind = (entry.object_type, entry.deal_id is not None)
    secret: set[str] = set() if open_terms else terms_of.get(kind, set())
    masked = secret if readable else set(names)
    # A side without anything is before the object was made or after it was gone: no secret.
    changes = tuple(
        (name, *(MASK if side and name in masked else side.get(name) for side in (before, after)))
        for name in names
    )
    return Line(
        entry.seq,
        entry.at,
        entry.actor_name,
        entry.action,
        entry.object_type,
        entry.object_id,
        changes,
        entry.company_id,
        entry.deal_id,
        masked=not readable,
    )


def terms_by_type() -> TermsOf:
    """Which columns of which kind of object are terms; more of them where it hangs on a deal."""
    found: dict[tuple[str, bool], set[str]] = {}
    for mapper in Base.registry.mappers:
        terms = set(getattr(mapper.class_, "__audit_terms__", ()))
        of_deal = set(getattr(mapper.class_, "__audit_terms_of_deal__", ()))
        if terms or of_deal:
            kind = mapper.class_.__audit__
            found |= {(kind, False): terms, (kind, True): terms | of_deal}
    return found
