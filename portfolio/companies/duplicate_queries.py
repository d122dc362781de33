"""Reads of likely duplicates: of what is being typed, and among all companies."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import aliased, selectinload

from portfolio.companies import queries
from portfolio.companies.likeness import MEETINGS, STRENGTH, Key, Reason, meeting, reason
from portfolio.companies.models import Company, CompanyDistinction, CompanyKey, CompanyName
from portfolio.companies.name_parts import Probe, probes
from portfolio.companies.queries import visible
from portfolio.extensions import db
from portfolio.kernel.parts import in_parts
from portfolio.people.models import User

MOST_ALIKE = 8
MOST_NEAR = 5
# Of those that a sound finds some are told apart again by where its syllables begin.
MOST_HEARD = 12
MOST_KEYS = 200


@dataclass(frozen=True)
class Alike:
    """A company that is likely the one in question, and why."""

    company: Company
    reason: Reason


def alike(user: User, keys: Iterable[Key], but: int | None = None) -> list[Alike]:
    """The companies this person sees that share a key, the strongest reason first; at most
    `MOST_ALIKE`."""
    own = list(keys)
    if not own:
        return []
    query = (
        sa.select(CompanyKey.company_id, CompanyKey.kind, CompanyKey.value)
        .where(
            _any_of(own),
            CompanyKey.company_id.is_distinct_from(but),
            CompanyKey.company_id.not_in(_told_from(but)),
        )
        .limit(MOST_KEYS)
    )
    theirs: dict[int, list[Key]] = {}
    for company_id, kind, value in db.session.execute(query):
        theirs.setdefault(company_id, []).append((kind, value))
    seen = db.session.scalars(sa.select(Company).where(Company.id.in_(theirs), visible(user)))
    found = [Alike(row, why) for row in seen if (why := reason(own, theirs[row.id]))]
    found.sort(key=lambda a: (STRENGTH[a.reason], a.company.id))
    return found[:MOST_ALIKE]


def near(user: User, name: str, but: Collection[int]) -> list[Company]:
    """The companies this person sees that a name begun so far finds: by itself, without the place
    and the trade around its core, and by its sound; at most `MOST_NEAR`."""
    kept: dict[int, Company] = {}
    for probe in probes(name):
        if len(kept.keys() - set(but)) >= MOST_NEAR:
            break
        rows = queries.found(user, probe.text, limit=MOST_HEARD + len(but))
        other = [row for row in rows if row.id not in kept]
        kept |= {row.id: row for row in (_fitting(probe, other) if probe.spoken else other)}
    return [row for row in kept.values() if row.id not in but][:MOST_NEAR]


def _fitting(probe: Probe, rows: Sequence[Company]) -> list[Company]:
    """Of companies that a sound found by its letters those in which its syllables are the same."""
    names = {row.id: [row.name_zh, row.short_name] for row in rows}
    others = sa.select(CompanyName.company_id, CompanyName.name)
    for company_id, name in db.session.execute(others.where(CompanyName.company_id.in_(names))):
        names[company_id].append(name)
    return [row for row in rows if any(map(probe.fits, names[row.id]))]


def _told_from(company_id: int | None) -> sa.Select[int]:
    """The companies that somebody said are not this one."""
    row = CompanyDistinction
    other = sa.case((row.one_id == company_id, row.other_id), else_=row.one_id)
    return sa.select(other).where(sa.or_(row.one_id == company_id, row.other_id == company_id))


def _any_of(own: Iterable[Key]) -> sa.ColumnElement[bool]:
    by_kind: dict[str, set[str]] = {}
    for kind, value in (other for key in own for other in meeting(key)):
        by_kind.setdefault(kind, set()).add(value)
    return sa.or_(
        *(
            sa.and_(CompanyKey.kind == kind, CompanyKey.value.in_(values))
            for kind, values in sorted(by_kind.items())
        )
    )


def holders_of(keys: Iterable[Key]) -> Mapping[Key, Sequence[int]]:
    """Which companies have each of these keys, for many of them at once."""
    by_kind: dict[str, set[str]] = {}
    for kind, value in keys:
        by_kind.setdefault(kind, set()).add(value)
    found: dict[Key, list[int]] = {}
    for kind, values in by_kind.items():
        for part in in_parts(sorted(values)):
            rows = sa.select(CompanyKey.value, CompanyKey.company_id).where(
                CompanyKey.kind == kind, CompanyKey.value.in_(part)
            )
            for value, company_id in db.session.execute(rows):
                found.setdefault((kind, value), []).append(company_id)
    return found


def keys_kept(company_ids: Iterable[int]) -> dict[int, set[Key]]:
    """The keys of companies as they are kept."""
    found: dict[int, set[Key]] = {}
    for part in in_parts(company_ids):
        columns = (CompanyKey.company_id, CompanyKey.kind, CompanyKey.value)
        rows = sa.select(*columns).where(CompanyKey.company_id.in_(part))
        for company_id, kind, value in db.session.execute(rows):
            found.setdefault(company_id, set()).add((kind, value))
    return found


@dataclass(frozen=True)
class Pair:
    """Two companies that are likely one, and why."""

    one: Company
    other: Company
    reason: Reason


def _meetings() -> sa.Subquery:
    """Every meeting of two keys, as (one, other, rank), the smaller id first."""
    a, b = aliased(CompanyKey), aliased(CompanyKey)
    met = []
    for (kind, other), why in MEETINGS.items():
        if kind > other:  # the same meeting as seen from the other side
            continue
        ends = sa.and_(a.kind == kind, b.kind == other, a.value == b.value)
        apart = a.company_id < b.company_id if kind == other else a.company_id != b.company_id
        first = sa.case((a.company_id < b.company_id, a.company_id), else_=b.company_id)
        second = sa.case((a.company_id < b.company_id, b.company_id), else_=a.company_id)
        shared = (
            sa.select(CompanyKey.value)
            .where(CompanyKey.kind.in_([kind, other]))
            .group_by(CompanyKey.value)
            .having(sa.func.count() > 1)
        )
        met.append(
            sa.select(
                first.label("one"), second.label("other"), sa.literal(STRENGTH[why]).label("rank")
            ).where(ends, apart, a.value.in_(shared))
        )
    return sa.union_all(*met).subquery("met")


def found_pairs(user: User, wanted: Reason | None = None) -> sa.Select[tuple[int, int, int]]:
    """The pairs (one, other, rank of the strongest reason) among the companies that this person
    sees, those apart that somebody said are not the same; the strongest reason first."""
    met = _meetings()
    seen = sa.select(Company.id).where(visible(user))
    told_apart = sa.exists().where(
        CompanyDistinction.one_id == met.c.one, CompanyDistinction.other_id == met.c.other
    )
    rank = sa.func.min(met.c.rank)
    query = (
        sa.select(met.c.one, met.c.other, rank.label("rank"))
        .where(met.c.one.in_(seen), met.c.other.in_(seen), ~told_apart)
        .group_by(met.c.one, met.c.other)
        .order_by(rank, met.c.one, met.c.other)
    )
    return query if wanted is None else query.having(rank == STRENGTH[wanted])


def pairs_of(rows: Iterable[tuple[int, int, int]]) -> list[Pair]:
    """Pairs as a page shows them."""
    kept = list(rows)
    companies = _with_codes(number for one, other, _ in kept for number in (one, other))
    reasons = list(Reason)
    return [Pair(companies[one], companies[other], reasons[rank]) for one, other, rank in kept]


def _with_codes(company_ids: Iterable[int]) -> dict[int, Company]:
    query = sa.select(Company).where(Company.id.in_(set(company_ids)))
    rows = db.session.scalars(query.options(selectinload(Company.stock_codes)))
    return {row.id: row for row in rows}


def distinctions(user: User) -> sa.Select[int]:
    """The ids of the decisions that two companies are not the same, newest first."""
    seen = sa.select(Company.id).where(visible(user))
    row = CompanyDistinction
    return sa.select(row.id).where(row.one_id.in_(seen), row.other_id.in_(seen)).order_by(-row.id)


def told_apart(ids: Sequence[int]) -> list[tuple[CompanyDistinction, Company, Company]]:
    """These decisions with both companies, newest first."""
    query = sa.select(CompanyDistinction).where(CompanyDistinction.id.in_(ids))
    rows = db.session.scalars(query.order_by(CompanyDistinction.id.desc())).all()
    companies = _with_codes(number for row in rows for number in (row.one_id, row.other_id))
    return [(row, companies[row.one_id], companies[row.other_id]) for row in rows]


def are_told_apart(one_id: int, other_id: int) -> bool:
    """Whether somebody said that these two are not the same."""
    row = CompanyDistinction
    one, other = sorted((one_id, other_id))
    found = sa.select(row.id).where(row.one_id == one, row.other_id == other)
    return db.session.scalar(found) is not None
