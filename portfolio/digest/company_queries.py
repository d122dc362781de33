"""What is new of companies: leads, likely duplicates, recognitions that end."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from portfolio.companies import duplicate_queries as duplicates
from portfolio.companies.likeness import meeting, pairs
from portfolio.companies.merge_queries import unmerged
from portfolio.companies.models import SHOWN_NAME, Company, CompanyDistinction, Figure
from portfolio.digest import company_lines
from portfolio.digest.compose import Part, part_of
from portfolio.digest.shared_queries import Asked, Sight
from portfolio.extensions import db, one_of
from portfolio.kernel.dates import local_date
from portfolio.kernel.records import LeadSource
from portfolio.people.models import User
from portfolio.readiness.recognitions import GRANTED, granted_targets

MOST_NEW = 500  # so many of the companies entered last are compared with all the others
ENDS_WITHIN = dt.timedelta(days=90)
SOURCES = LeadSource._value2member_map_


def own_companies(asked: Asked) -> frozenset[int]:
    """The companies of the deals that the reader owns or works on."""
    return frozenset(own.company_id for own in asked.own_deals.values() if own.company_id)


def owned_companies(asked: Asked) -> frozenset[int]:
    """Those of the deals that the reader owns."""
    own = asked.own_deals.values()
    return frozenset(one.company_id for one in own if one.company_id and one.owned)


def own_first(asked: Asked, rows: Sequence[Any], of: Any = lambda row: row.company_id) -> list[Any]:
    """What of some rows about companies is told: those of the reader's own deals, and then the others
    where the reader is told of everything."""
    own = own_companies(asked)
    mine = [row for row in rows if of(row) in own and asked.sight.knows(of(row))]
    if not asked.menu.everything:
        return mine
    return mine + [r for r in rows if of(r) not in own and asked.sight.knows(of(r))]


def _among(eyes: Sight) -> sa.ColumnElement[bool]:
    return sa.true() if eyes.companies is None else one_of(Company.id, eyes.companies)


def new_companies(asked: Asked) -> Part:
    """Companies entered in the window that the reader may see, newest first."""

    def ask() -> Part:
        new = sa.and_(
            Company.created_at > asked.since, Company.created_at <= asked.until, unmerged()
        )
        where = sa.and_(new, _among(asked.sight))
        total = db.session.scalar(sa.select(sa.func.count()).select_from(Company).where(where))
        rows = db.session.execute(
            sa.select(Company, User.name)
            .outerjoin(User, User.id == Company.created_by_id)
            .where(where)
            .order_by(Company.id.desc())
            .offset(asked.cut.first)
            .limit(asked.cut.most)
        )
        return Part([_company(row, by or "") for row, by in rows], total or 0)

    key = ("companies", asked.since, asked.until, asked.sight.companies, asked.cut)
    return asked.shared.once(key, ask)


def _company(row: Company, by: str) -> company_lines.CompanyLine:
    source = SOURCES.get(row.lead_source)
    return company_lines.CompanyLine(row.id, row.display_name, row.industry, row.place, source, by)


def twins(asked: Asked) -> Part:
    """Companies entered in the window that are likely one with another, as far as the reader may see
    both."""
    window = asked.since, asked.until
    found = asked.shared.once(("twins", *window), lambda: _twins(*window))
    knows = asked.sight.knows
    return part_of([line for line in found if all(map(knows, line.companies))], asked.cut)


def _twins(since: dt.datetime, until: dt.datetime) -> Sequence[company_lines.TwinLine]:
    new = sa.select(Company.id).where(
        Company.created_at > since, Company.created_at <= until, unmerged()
    )
    fresh = duplicates.keys_kept(
        db.session.scalars(new.order_by(Company.id.desc()).limit(MOST_NEW)).all()
    )
    met = {other for keys in fresh.values() for key in keys for other in meeting(key)}
    holders = {
        key: [str(number) for number in numbers]
        for key, numbers in duplicates.holders_of(met).items()
    }
    alike = pairs({str(number): keys for number, keys in fresh.items()}, holders)
    found = {tuple(sorted(map(int, pair))): why for pair, why in alike.items()}
    ids = {number for pair in found for number in pair}
    names = _names(ids)
    row = CompanyDistinction
    told_apart = sa.select(row.one_id, row.other_id).where(one_of(row.one_id, ids))
    apart = {(one, other) for one, other in db.session.execute(told_apart)}
    return [
        company_lines.TwinLine(other, one, names[other], names[one], why)
        for (one, other), why in sorted(found.items(), reverse=True)
        if one in names and other in names and (one, other) not in apart
    ]


def _names(ids: set[int]) -> dict[int, str]:
    query = sa.select(Company.id, SHOWN_NAME).where(one_of(Company.id, ids), unmerged())
    return {row[0]: row[1] for row in db.session.execute(query)}


def certificates(asked: Asked) -> Part:
    """What authorities granted and that ends within ninety days, or ended in the window."""
    today = local_date(asked.until)
    first = min(local_date(asked.since), today)
    rows = asked.shared.once(("certificates", first, today), lambda: _certificates(first, today))
    own = owned_companies(asked)
    found = [_certificate(row, today, row.company_id in own) for row in own_first(asked, rows)]
    return part_of(found, asked.cut, sum(line.days < 0 for line in found))


def _certificates(first: dt.date, today: dt.date) -> Sequence[Any]:
    query = (
        sa.select(
            Figure.company_id,
            Figure.metric,
            Figure.valid_until,
            Figure.source,
            SHOWN_NAME.label("name"),
        )
        .join(Company, Company.id == Figure.company_id)
        .where(
            Figure.metric.in_(granted_targets()),
            Figure.choice == GRANTED,
            Figure.superseded_at.is_(None),
            Figure.disputed.is_(False),
            Figure.valid_until >= first,
            Figure.valid_until <= today + ENDS_WITHIN,
            unmerged(),
        )
        .order_by(Figure.valid_until, Figure.id)
    )
    return db.session.execute(query).all()


def _certificate(row: Any, today: dt.date, mine: bool) -> company_lines.CertificateLine:
    days = (row.valid_until - today).days
    target = granted_targets()[row.metric]
    return company_lines.CertificateLine(
        row.company_id, row.name, target, row.valid_until, days, row.source, mine
    )
