"""Reads of tags: of companies, now and as known on a past day, and the map of technologies."""

import datetime as dt
from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from portfolio.chokepoint.models import Tag, TagState
from portfolio.companies import merge_queries as merges
from portfolio.companies.models import Company
from portfolio.extensions import db, one_of


def tags_of(
    company_ids: Iterable[int], known_at: dt.datetime | None = None
) -> dict[int, list[Tag]]:
    """The current tags of companies, or those current in the system at an instant."""
    query, ids = sa.select(Tag).order_by(Tag.id), list(company_ids)
    if known_at is None:
        gone: dict[int, int] = {}
        query = query.where(one_of(Tag.company_id, ids), Tag.superseded_at.is_(None))
    else:
        gone, _came = merges.moved_since(Tag.__tablename__, ids, known_at)
        query = query.where(
            merges.owned_then(Tag, ids, known_at),
            Tag.recorded_at <= known_at,
            sa.or_(Tag.superseded_at.is_(None), Tag.superseded_at > known_at),
        )
    found: dict[int, list[Tag]] = {}
    for tag in db.session.scalars(query):
        found.setdefault(gone.get(tag.id, tag.company_id), []).append(tag)
    return found


def current(company_id: int, technology: str) -> Tag | None:
    """What stands now about one technology of one company."""
    return db.session.scalar(
        sa.select(Tag).where(
            Tag.company_id == company_id,
            Tag.technology == technology,
            Tag.superseded_at.is_(None),
        )
    )


def confirmed_of(company_ids: Iterable[int]) -> dict[int, list[str]]:
    """The technologies that companies are confirmed to develop, best evidence first."""
    rows = db.session.execute(
        sa.select(Tag.company_id, Tag.technology)
        .where(
            one_of(Tag.company_id, company_ids),
            Tag.state == TagState.CONFIRMED.value,
            Tag.superseded_at.is_(None),
        )
        .order_by(Tag.level.desc(), Tag.id)
    )
    found: dict[int, list[str]] = {}
    for company_id, technology in rows:
        found.setdefault(company_id, []).append(technology)
    return found


def company_filter(chosen: Sequence[str]) -> sa.ColumnElement[bool]:
    """Companies with a confirmed tag of one of these technologies."""
    found = sa.select(Tag.company_id).where(
        Tag.technology.in_(chosen),
        Tag.state == TagState.CONFIRMED.value,
        Tag.superseded_at.is_(None),
    )
    return Company.id.in_(found)


def counts(condition: sa.ColumnElement[bool]) -> dict[tuple[str, str], int]:
    """Companies under a condition by technology and state."""
    rows = db.session.execute(
        sa.select(Tag.technology, Tag.state, sa.func.count())
        .join(Company, Company.id == Tag.company_id)
        .where(Tag.superseded_at.is_(None), condition)
        .group_by(Tag.technology, Tag.state)
    )
    return {(row[0], row[1]): row[2] for row in rows}
