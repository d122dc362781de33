"""Reads of likely duplicates: of what is being typed, and among all companies."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from portfolio.companies.likeness import STRENGTH, Key, Reason, meeting, reason
from portfolio.companies.models import Company, CompanyKey
from portfolio.companies.queries import visible
from portfolio.extensions import db
from portfolio.kernel.parts import in_parts
from portfolio.people.models import User

MOST_ALIKE = 8
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
        .where(_any_of(own), CompanyKey.company_id.is_distinct_from(but))
        .limit(MOST_KEYS)
    )
    theirs: dict[int, list[Key]] = {}
    for company_id, kind, value in db.session.execute(query):
        theirs.setdefault(company_id, []).append((kind, value))
    seen = db.session.scalars(sa.select(Company).where(Company.id.in_(theirs), visible(user)))
    found = [Alike(row, why) for row in seen if (why := reason(own, theirs[row.id]))]
    found.sort(key=lambda a: (STRENGTH[a.reason], a.company.id))
    return found[:MOST_ALIKE]


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
