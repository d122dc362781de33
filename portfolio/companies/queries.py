"""Reads of companies: who may see which, search, figures now and as known on a past day."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import defer, joinedload, selectinload

from portfolio.companies.listing import Listing
from portfolio.companies.merge_queries import (
    holder_of_dropped,
    moved_since,
    owned_then,
    unmerged,
)
from portfolio.companies.models import (
    Company,
    CompanyMerge,
    CompanySearch,
    Figure,
    StockCode,
)
from portfolio.companies.sections import Filter
from portfolio.extensions import db, one_of
from portfolio.kernel import tokens
from portfolio.kernel.text import folded, fullwidth, halfwidth
from portfolio.people import policy
from portfolio.people.models import User

MOST_VALUES = 200
ScopeOf = Callable[[User], sa.ColumnElement[bool]]
_COUNT = sa.select(
    sa.select(sa.func.count()).select_from(Company).scalar_subquery()
    - sa.select(sa.func.count()).select_from(CompanyMerge).scalar_subquery()
)


def visible(user: User, permission: str = "company.read") -> sa.ColumnElement[bool]:
    """The condition under which this person holds the permission over a company that there is:
    one that was merged into another one is no more."""
    return sa.and_(unmerged(), _within_scope(user, permission))


def _within_scope(user: User, permission: str) -> sa.ColumnElement[bool]:
    """The condition that a company is within the scopes in which the person holds a permission.

    Scopes that hang on deals are answered by the slice that knows deals; the composition root
    hands it in as `company_scopes`.
    """
    held = user.scopes(permission)
    if policy.ALL in held:
        return sa.true()
    answers: dict[str, ScopeOf] = current_app.extensions.get("company_scopes", {})
    return sa.or_(sa.false(), *(answers[scope](user) for scope in held if scope in answers))


def count_of_visible(user: User) -> int | None:
    """How many companies this person sees, none of them looked at: all, less those that were merged
    into others. None where the person sees but a part."""
    return None if policy.ALL not in user.scopes("company.read") else db.session.scalar(_COUNT)


def get_visible(user: User, company_id: int, permission: str = "company.read") -> Company | None:
    """The company, unless there is none or this person does not hold the permission over it."""
    there = sa.and_(Company.id == company_id, visible(user, permission))
    # The page of a company shows both beside it; there are few of either.
    with_names = (joinedload(Company.names), joinedload(Company.stock_codes))
    query = sa.select(Company).where(there).options(*with_names)
    return db.session.scalars(query).unique().one_or_none()


def readable(user: User, company_ids: Iterable[int]) -> dict[int, bool]:
    """For each of these companies that the person may see, whether they may read its terms.

    Terms of a company are the amounts and valuations of its rounds; they hang on the right to
    read the terms of its deals, and whoever is recused of one of these does not have it. Of a
    company that was deleted no row is left to ask: who may read every company may read of it too.
    """
    wanted = set(company_ids)
    recused = current_app.extensions["companies_recused"](user)
    terms = sa.and_(_within_scope(user, "deal.terms"), Company.id.not_in(recused))
    rows = db.session.execute(
        sa.select(Company.id, sa.case((terms, sa.true()), else_=sa.false())).where(
            one_of(Company.id, wanted), _within_scope(user, "company.read")
        )
    )
    found = {row[0]: bool(row[1]) for row in rows}
    gone = wanted - found.keys()
    if gone and policy.ALL in user.scopes("company.read"):
        every = policy.ALL in user.scopes("deal.terms")
        barred = set(db.session.scalars(recused)) if every else set()
        found |= {company_id: every and company_id not in barred for company_id in gone}
    return found


def holder_of_uscc(code: str, but: int | None = None) -> int | None:
    """The id of the company with this credit code, other than `but`: its own, or that of one
    which was merged into it."""
    query = sa.select(Company.id).where(Company.uscc == code)
    holder = db.session.scalar(query) or holder_of_dropped(code)
    return None if holder == but else holder


def holder_of_stock_code(code: str) -> int | None:
    """The id of the company with this stock code."""
    return db.session.scalar(sa.select(StockCode.company_id).where(StockCode.code == code))


def matching(query: str) -> sa.ColumnElement[bool]:
    """The condition that a company is found by this text: each word in a name, its pinyin,
    initials, the credit code or a stock code. Signs between words say nothing; where there is
    nothing else they have to stand in a name."""
    words = query.split()
    said = [word for word in words if folded(word)]
    if words and not said:
        return sa.and_(*(_sign(word) for word in words))
    return sa.and_(sa.true(), *(_word(word) for word in said))


def _sign(word: str) -> sa.ColumnElement[bool]:
    names = (Company.name_zh, Company.short_name, Company.name_en)
    written = {word, halfwidth(word), fullwidth(word)}
    return sa.or_(*(n.contains(text, autoescape=True) for n in names for text in written))


def _word(word: str) -> sa.ColumnElement[bool]:
    phrase = tokens.query_phrases(word)
    if phrase is None:
        holds = CompanySearch.folded.contains(folded(word), autoescape=True)
        return Company.id.in_(sa.select(CompanySearch.company_id).where(holds))
    return Company.id.in_(_full_text(phrase))


def _full_text(phrase: Sequence[str]) -> Any:
    text = " ".join(phrase)
    if db.session.get_bind().dialect.name == "sqlite":
        return (
            sa.text("SELECT rowid FROM company_search_fts WHERE company_search_fts MATCH :phrase")
            .bindparams(sa.bindparam("phrase", f'"{text}"', unique=True))
            .columns(sa.column("rowid", sa.Integer))
        )
    vector = sa.func.to_tsvector(sa.text("'simple'::regconfig"), CompanySearch.tokens)
    wanted = sa.func.phraseto_tsquery(sa.text("'simple'::regconfig"), text)
    return sa.select(CompanySearch.company_id).where(vector.op("@@")(wanted))


def current_figures_of(
    company_ids: Iterable[int], known_at: dt.datetime | None = None
) -> sa.Select[Figure]:
    """The figures that are current, or were current in the system at `known_at`; without the
    differing values that nobody has decided on."""
    return _stated(company_ids, known_at).where(Figure.disputed.is_(False))


def _stated(company_ids: Iterable[int], known_at: dt.datetime | None) -> sa.Select[Figure]:
    query = sa.select(Figure)
    if known_at is None:
        of_these = one_of(Figure.company_id, company_ids)
        return query.where(of_these, Figure.superseded_at.is_(None))
    return query.where(
        owned_then(Figure, company_ids, known_at),
        Figure.recorded_at <= known_at,
        sa.or_(Figure.superseded_at.is_(None), Figure.superseded_at > known_at),
    )


def current_rows(
    company_ids: Iterable[int], known_at: dt.datetime | None = None
) -> dict[tuple[int, str, int | None], Figure]:
    """Current figures by (company, metric, fiscal year)."""
    ids = list(company_ids)
    rows = db.session.scalars(current_figures_of(ids, known_at))
    gone = moved_since(Figure.__tablename__, ids, known_at)[0] if known_at else {}
    return {(gone.get(row.id, row.company_id), row.metric, row.fiscal_year): row for row in rows}


def numbers_of(
    rows: Mapping[tuple[int, str, int | None], Figure], year: int | None
) -> dict[str, int]:
    """Of one company's rows the millionths under a year, or of the dated facts, by metric."""
    return {
        metric: row.micro
        for (_, metric, of), row in rows.items()
        if of == year and row.micro is not None
    }


def years_between(rows: Iterable[tuple[int, str, int | None]]) -> list[int]:
    """The fiscal years without a figure between the first and the last that one is known of."""
    known = {year for _, _, year in rows if year is not None}
    return sorted({*range(min(known), max(known))} - known) if known else []


def stated_rows(
    company_id: int, known_at: dt.datetime | None = None
) -> tuple[list[Figure], list[Figure]]:
    """Of one company the current figures, and the differing values that nobody has decided on."""
    rows = db.session.scalars(
        _stated([company_id], known_at).order_by(Figure.fiscal_year, Figure.metric)
    ).all()
    return [row for row in rows if not row.disputed], [row for row in rows if row.disputed]


def stated_ever(company_id: int, metric: str, most: int) -> Sequence[Figure]:
    """Everything that was ever stated of a dated fact and counted, the newest first."""
    return db.session.scalars(
        sa.select(Figure)
        .where(
            Figure.company_id == company_id,
            Figure.metric == metric,
            Figure.disputed.is_(False),
        )
        .order_by(Figure.id.desc())
        .limit(most)
    ).all()


def open_disputes(company_ids: Iterable[int]) -> Sequence[Figure]:
    """Differing values of these companies that nobody has decided on."""
    return db.session.scalars(
        sa.select(Figure).where(
            one_of(Figure.company_id, company_ids),
            Figure.disputed,
            Figure.superseded_at.is_(None),
        )
    ).all()


SORT_COLUMNS: dict[str, Any] = {
    "name": Company.name_zh,
    "founded": Company.founded_on,
    "revenue": Company.latest_revenue_fen,
    "updated": Company.updated_at,
    "created": Company.created_at,
}


def listed(
    user: User,
    listing: Listing,
    filters: Sequence[Filter] = (),
    permission: str = "company.read",
) -> sa.Select[int]:
    """The ids of the companies in a list, in its order."""
    query = sa.select(Company.id).where(visible(user), _within_scope(user, permission))
    if listing.text:
        query = query.where(matching(listing.text))
    if listing.places:  # as text, or by administrative code: imported lists have no codes
        by_code = Company.region_code.in_(listing.places)
        query = query.where(sa.or_(Company.place.in_(listing.places), by_code))
    for column, wanted in (
        (Company.industry, listing.industries),
        (Company.lead_source, listing.sources),
    ):
        if wanted:
            query = query.where(column.in_(wanted))
    by_key = {f.key: f for f in filters}
    for key, chosen in listing.extra:
        query = query.where(by_key[key].clause(list(chosen)))
    return query.order_by(*_order(listing.sort))


def _order(sort: str) -> tuple[Any, Any]:
    """Unknown values come last. Where there are none, the order is one an index has."""
    column = SORT_COLUMNS[sort.removeprefix("-")]
    down = sort.startswith("-")
    first = column.desc() if down else column.asc()
    nullable = column.property.columns[0].nullable
    return first.nulls_last() if nullable else first, Company.id.desc() if down else Company.id


def by_ids(ids: Sequence[int]) -> list[Company]:
    """Companies in the order of the ids, with what a list shows of them; no descriptions."""
    rows = db.session.scalars(
        sa.select(Company)
        .where(one_of(Company.id, ids))
        .options(selectinload(Company.stock_codes), defer(Company.description, raiseload=True))
    )
    found = {row.id: row for row in rows}
    return [found[company_id] for company_id in ids if company_id in found]


class CompanyLine(NamedTuple):
    """What the list shows of a company; `codes` are its stock codes."""

    id: int
    name_zh: str
    short_name: str
    place: str
    industry: str
    founded_on: dt.date | None
    latest_revenue_fen: int | None
    latest_revenue_year: int | None
    updated_at: dt.datetime
    codes: tuple[str, ...]


_LINE = sa.select(*(getattr(Company, name) for name in CompanyLine._fields[:-1]))


def lines_of(ids: Sequence[int]) -> list[CompanyLine]:
    """What a list shows of companies, in the order of the ids."""
    codes: dict[int, list[str]] = {}
    for row in db.session.execute(
        sa.select(StockCode.company_id, StockCode.code)
        .where(one_of(StockCode.company_id, ids))
        .order_by(StockCode.id)
    ):
        codes.setdefault(row[0], []).append(row[1])
    rows = db.session.execute(_LINE.where(one_of(Company.id, ids)))
    found = {row[0]: CompanyLine._make((*row, tuple(codes.get(row[0], ())))) for row in rows}
    return [found[company_id] for company_id in ids if company_id in found]


def found(user: User, text: str, limit: int = 12) -> Sequence[Company]:
    """The first companies that a text finds."""
    if not text.strip():
        return []
    return db.session.scalars(
        sa.select(Company).where(visible(user), matching(text)).order_by(Company.id).limit(limit)
    ).all()


def industries(user: User) -> Sequence[str]:
    """The industries of the companies this person sees, by their sound."""
    return sorted(db.session.scalars(_in_use(user, Company.industry)), key=_sound)


def places(user: User) -> Sequence[str]:
    """The places of the companies this person sees, by their sound."""
    return sorted(db.session.scalars(_in_use(user, Company.place)), key=_sound)


def _sound(text: str) -> str:
    spoken = tokens.readings(folded(text))
    return spoken[0][0] if spoken else folded(text)


def _in_use(user: User, column: Any) -> sa.Select[Any]:
    """The distinct values of an indexed column over the companies this person sees.

    Who sees all companies is answered by stepping from value to value in the index; that reads as
    many rows as there are values, not as there are companies.
    """
    if policy.ALL not in user.scopes("company.read"):
        return sa.select(column).where(column != "", visible(user)).distinct().limit(MOST_VALUES)
    return _stepping(column)


@cache
def _stepping(column: Any) -> sa.Select[Any]:
    step = sa.select(sa.func.min(column).label("value")).where(column > "").cte(recursive=True)
    following = sa.select(sa.func.min(column)).where(column > step.c.value).scalar_subquery()
    step = step.union_all(sa.select(following).where(step.c.value.is_not(None)))
    return sa.select(step.c.value).where(step.c.value.is_not(None)).limit(MOST_VALUES)
