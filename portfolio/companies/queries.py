"""Reads of companies: who may see which, search, figures now and as known on a past day."""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import selectinload

from portfolio.companies.listing import Listing
from portfolio.companies.models import (
    Activity,
    Company,
    CompanySearch,
    Document,
    EquityRound,
    Figure,
    StockCode,
    Task,
)
from portfolio.companies.sections import Filter
from portfolio.extensions import db
from portfolio.kernel import tokens
from portfolio.kernel.text import folded, without_legal_form
from portfolio.people import policy
from portfolio.people import queries as people
from portfolio.people.models import User
from portfolio.rulebook.metrics import Metric, dictionary

ScopeOf = Callable[[User], sa.ColumnElement[bool]]


def visible(user: User, permission: str = "company.read") -> sa.ColumnElement[bool]:
    """The condition under which this person holds the permission over a company.

    Scopes that hang on deals are answered by the slice that knows deals; the composition root
    hands it in as `company_scopes`.
    """
    held = user.scopes(permission)
    if policy.ALL in held:
        return sa.true()
    answers: dict[str, ScopeOf] = current_app.extensions.get("company_scopes", {})
    return sa.or_(sa.false(), *(answers[scope](user) for scope in held if scope in answers))


def get_visible(user: User, company_id: int) -> Company | None:
    """The company, unless it does not exist or this person may not see it."""
    return db.session.scalar(sa.select(Company).where(Company.id == company_id, visible(user)))


def holder_of_uscc(code: str, but: int | None = None) -> int | None:
    """The id of the company with this credit code, other than `but`."""
    query = sa.select(Company.id).where(Company.uscc == code)
    return db.session.scalar(query if but is None else query.where(Company.id != but))


def holder_of_stock_code(code: str) -> int | None:
    """The id of the company with this stock code."""
    return db.session.scalar(sa.select(StockCode.company_id).where(StockCode.code == code))


def matching(query: str) -> sa.ColumnElement[bool]:
    """The condition that a company is found by this text: each word in a name, its pinyin,
    initials, the credit code or a stock code."""
    return sa.and_(sa.true(), *(_word(word) for word in query.split()))


def _word(word: str) -> sa.ColumnElement[bool]:
    phrase = tokens.query_phrases(word)
    if phrase is None:
        text = folded(word)
        if not text:
            return sa.true()
        escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        found = sa.select(CompanySearch.company_id).where(
            CompanySearch.folded.like(f"%{escaped}%", escape="\\")
        )
        return Company.id.in_(found)
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
    """The figures that are current, or were current in the system at `known_at`."""
    query = sa.select(Figure).where(
        Figure.company_id.in_(list(company_ids)), Figure.disputed.is_(False)
    )
    if known_at is None:
        return query.where(Figure.superseded_at.is_(None))
    return query.where(
        Figure.recorded_at <= known_at,
        sa.or_(Figure.superseded_at.is_(None), Figure.superseded_at > known_at),
    )


def current_rows(
    company_ids: Iterable[int], known_at: dt.datetime | None = None
) -> dict[tuple[int, str, int | None], Figure]:
    """Current figures by (company, metric, fiscal year)."""
    rows = db.session.scalars(current_figures_of(company_ids, known_at))
    return {(row.company_id, row.metric, row.fiscal_year): row for row in rows}


def disputed_rows(company_id: int) -> Sequence[Figure]:
    """Differing values that nobody has decided on yet."""
    return db.session.scalars(
        sa.select(Figure)
        .where(
            Figure.company_id == company_id,
            Figure.disputed.is_(True),
            Figure.superseded_at.is_(None),
        )
        .order_by(Figure.fiscal_year, Figure.metric)
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
    query = sa.select(Company.id).where(visible(user), visible(user, permission))
    if listing.text:
        query = query.where(matching(listing.text))
    for column, wanted in (
        (Company.region_code, listing.places),
        (Company.industry, listing.industries),
        (Company.lead_source, listing.sources),
    ):
        if wanted:
            query = query.where(column.in_(wanted))
    by_key = {f.key: f for f in filters}
    for key, chosen in listing.extra:
        query = query.where(by_key[key].clause(list(chosen)))
    column = SORT_COLUMNS[listing.sort.removeprefix("-")]
    order = column.desc() if listing.sort.startswith("-") else column.asc()
    return query.order_by(order.nulls_last(), Company.id)


def by_ids(ids: Sequence[int]) -> list[Company]:
    """Companies in the order of the ids, with what a list shows of them."""
    rows = db.session.scalars(
        sa.select(Company).where(Company.id.in_(ids)).options(selectinload(Company.stock_codes))
    )
    found = {row.id: row for row in rows}
    return [found[company_id] for company_id in ids if company_id in found]


def found(user: User, text: str, limit: int = 12) -> Sequence[Company]:
    """The first companies that a text finds."""
    if not text.strip():
        return []
    return db.session.scalars(
        sa.select(Company).where(visible(user), matching(text)).order_by(Company.id).limit(limit)
    ).all()


def values_in_use(column: str) -> Sequence[str]:
    """The distinct values of a column that filters offer, the commonest first."""
    attribute = getattr(Company, column)
    rows = db.session.execute(
        sa.select(attribute, sa.func.count())
        .where(attribute != "")
        .group_by(attribute)
        .order_by(sa.func.count().desc(), attribute)
        .limit(60)
    )
    return [row[0] for row in rows]


def likely_duplicates(name: str, uscc: str | None, but: int | None = None) -> Sequence[Company]:
    """Companies that are likely the one being typed: same credit code, or the same name without
    its legal form."""
    bare = without_legal_form(name)
    conditions = [Company.uscc == uscc] if uscc else []
    if len(bare) >= 2:
        conditions.append(matching(bare))
    if not conditions:
        return []
    query = sa.select(Company).where(sa.or_(*conditions)).options(selectinload(Company.names))
    rows = db.session.scalars(query.limit(40)).all()
    return [
        row
        for row in rows
        if row.id != but
        and (
            (uscc and row.uscc == uscc)
            or bare in {without_legal_form(n) for n in (row.name_zh, *(o.name for o in row.names))}
        )
    ]


def rounds(company_id: int, known_at: dt.datetime | None = None) -> Sequence[EquityRound]:
    """Financing rounds as stated, newest first."""
    query = sa.select(EquityRound).where(EquityRound.company_id == company_id)
    if known_at is None:
        query = query.where(EquityRound.superseded_at.is_(None))
    else:
        query = query.where(
            EquityRound.recorded_at <= known_at,
            sa.or_(EquityRound.superseded_at.is_(None), EquityRound.superseded_at > known_at),
        )
    return db.session.scalars(query.order_by(EquityRound.closed_on.desc())).all()


def own_rows(model: type[Any], company_id: int, limit: int = 50) -> Sequence[Any]:
    """Activities, tasks or documents of the company itself, tied to no deal, newest first."""
    return db.session.scalars(
        sa.select(model)
        .where(model.company_id == company_id, model.deal_id.is_(None))
        .order_by(model.id.desc())
        .limit(limit)
    ).all()


def places() -> Sequence[tuple[str, str]]:
    """Administrative codes in use with the place they stand for."""
    rows = db.session.execute(
        sa.select(Company.region_code, sa.func.min(Company.place))
        .where(Company.region_code != "")
        .group_by(Company.region_code)
        .order_by(sa.func.count().desc())
        .limit(60)
    )
    return [(row[0], row[1] or row[0]) for row in rows]


@dataclass(frozen=True)
class FigureTable:
    """A company's current yearly figures and dated facts, as the page shows them."""

    years: Sequence[int]
    lines: Sequence[tuple[Metric, Sequence[Figure | None]]]
    facts: Sequence[tuple[Metric, Figure]]
    disputed: Sequence[tuple[Metric, Figure]]
    recorders: dict[int, str]

    @property
    def origins(self) -> Sequence[Sequence[Figure]]:
        """For each year one figure of every source it has, for the line that names them."""
        found = []
        for place in range(len(self.years)):
            rows = [row for _, cells in self.lines if (row := cells[place]) is not None]
            found.append(list({(row.source, row.audited): row for row in rows}.values()))
        return found

    @property
    def revenue(self) -> Sequence[tuple[str, int | None]]:
        """Revenue in fen by year, the oldest first; empty unless two years are known."""
        cells = next((cells for metric, cells in self.lines if metric.id == "revenue"), ())
        known = [row.micro if row else None for row in cells]
        if len(known) - known.count(None) < 2:
            return []
        return [(str(y), fen) for y, fen in zip(self.years, known, strict=True)][::-1]


def figure_table(company_id: int, known_at: dt.datetime | None = None) -> FigureTable:
    """The current figures by metric and the latest five fiscal years, and the dated facts."""
    rows = current_rows([company_id], known_at)
    known = dictionary()
    by_key = {(key[1], key[2]): row for key, row in rows.items() if key[1] in known}
    years = sorted({year for _, year in by_key if year is not None}, reverse=True)[:5]
    used = {metric_id for metric_id, year in by_key if year in years}
    lines = [
        (m, [by_key.get((m.id, year)) for year in years]) for m in known.values() if m.id in used
    ]
    facts = [(known[m], row) for (m, year), row in by_key.items() if year is None]
    disputed = [(known[r.metric], r) for r in disputed_rows(company_id) if r.metric in known]
    everybody = [*by_key.values(), *(row for _, row in disputed)]
    names = people.names_of({row.recorded_by_id for row in everybody if row.recorded_by_id})
    return FigureTable(years, lines, sorted(facts, key=lambda f: f[0].id), disputed, names)


def activities(company_id: int) -> Sequence[Activity]:
    """Contacts and notes about the company itself, newest first."""
    rows = own_rows(Activity, company_id)
    return sorted(rows, key=lambda row: row.happened_at, reverse=True)


def open_tasks(company_id: int) -> Sequence[Task]:
    """What is to be done for the company itself, the soonest first."""
    rows = [row for row in own_rows(Task, company_id) if row.done_at is None]
    return sorted(rows, key=lambda row: row.due_on or dt.date.max)


def documents(company_id: int) -> Sequence[Document]:
    """The company's own documents with their versions, newest first."""
    return db.session.scalars(
        sa.select(Document)
        .where(Document.company_id == company_id, Document.deal_id.is_(None))
        .options(selectinload(Document.versions))
        .order_by(Document.id.desc())
        .limit(50)
    ).all()
