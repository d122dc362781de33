"""What the page of one company shows, now or as the system knew it on a past day."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from portfolio.audit import past_queries as past
from portfolio.audit import queries as audit
from portfolio.companies import merge_queries as merges
from portfolio.companies import paper_queries as papers
from portfolio.companies.models import (
    PATENT,
    TERMS,
    Activity,
    Company,
    CompanyName,
    Contact,
    Document,
    DocumentVersion,
    EquityRound,
    Figure,
    StockCode,
    Task,
)
from portfolio.companies.queries import stated_rows
from portfolio.extensions import db
from portfolio.people import queries as people
from portfolio.rulebook.metrics import Metric, dictionary, used_as

MOST_YEARS = 5
MOST_ROWS = 50
CHILDREN: dict[str, Any] = {"names": CompanyName, "stock_codes": StockCode, "contacts": Contact}


def company_as_known(company_id: int, known_at: dt.datetime) -> SimpleNamespace | None:
    """The company with its names, codes and people as they stood in the system at an instant.

    None when it was not entered yet.
    """
    found = past.as_known(Company, [company_id], known_at)
    if not found:
        return None
    company = found[0]
    ids = ids_ever(CHILDREN.values(), company_id)
    for name, model in CHILDREN.items():
        rows = past.as_known(model, ids[model], known_at)
        setattr(company, name, [row for row in rows if row.company_id == company_id])
    company.display_name = company.short_name or company.name_zh
    return company


def ids_ever(models: Iterable[Any], company_id: int) -> dict[Any, set[int]]:
    """The rows of each kind that are or were with a company: more of them than that, since those
    of a company that it was merged into since are among them."""
    kinds = list(models)
    found: dict[Any, set[int]] = {model: set() for model in kinds}
    for owner in merges.owners_since(company_id):
        told_of = past.ids_in_trail(kinds, company_id=owner)
        for model in kinds:
            now = db.session.scalars(sa.select(model.id).where(model.company_id == owner))
            found[model] |= told_of[model].union(now)
    return found


def history_lines(
    company_id: int, terms: bool, known_at: dt.datetime | None = None
) -> list[audit.Line]:
    """The trail about a company, those that were merged into it, and what belongs to them, newest
    first; its terms if wanted."""
    ids = merges.whole(company_id, known_at)
    entries = audit.of_companies(ids, known_at)
    return audit.known_lines(entries, {}, audit.terms_by_type(), dict.fromkeys(ids, terms))


def rounds(company_id: int, known_at: dt.datetime | None = None) -> Sequence[Any]:
    """Financing rounds as stated, newest first."""
    query = (
        sa.select(EquityRound)
        .where(EquityRound.company_id == company_id)
        .order_by(EquityRound.closed_on.desc(), EquityRound.id.desc())
    )
    if known_at is None:
        return db.session.scalars(query.where(EquityRound.superseded_at.is_(None))).all()
    kept = [row for row in _then(EquityRound, company_id, known_at) if row.superseded_at is None]
    return sorted(kept, key=lambda row: (row.closed_on or dt.date.min, row.id), reverse=True)


def _current(model: type[Any], known_at: dt.datetime | None) -> sa.ColumnElement[bool]:
    """The condition that an appended row is current, or was at an instant."""
    if known_at is None:
        return model.superseded_at.is_(None)
    return sa.and_(
        model.recorded_at <= known_at,
        sa.or_(model.superseded_at.is_(None), model.superseded_at > known_at),
    )


@dataclass(frozen=True)
class FigureTable:
    """A company's yearly figures and dated facts, as the page shows them."""

    years: Sequence[int]
    lines: Sequence[tuple[Metric, Sequence[Figure | None]]]
    facts: Sequence[tuple[Metric, Figure]]
    disputed: Sequence[tuple[Metric, Figure, Figure | None]]
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
        cells = next((cells for metric, cells in self.lines if metric.id == used_as("sales")), ())
        known = [row.micro if row else None for row in cells]
        if len(known) - known.count(None) < 2:
            return []
        return [(str(y), fen) for y, fen in zip(self.years, known, strict=True)][::-1]


def figure_table(company_id: int, known_at: dt.datetime | None = None) -> FigureTable:
    """The current figures by metric and the latest fiscal years, and the dated facts."""
    rows, doubted = stated_rows(company_id, known_at)
    known = dictionary()
    by_key = {(row.metric, row.fiscal_year): row for row in rows if row.metric in known}
    years = sorted({year for _, year in by_key if year is not None}, reverse=True)[:MOST_YEARS]
    used = {metric_id for metric_id, year in by_key if year in years}
    lines = [
        (m, [by_key.get((m.id, year)) for year in years]) for m in known.values() if m.id in used
    ]
    facts = [(known[m], row) for (m, year), row in by_key.items() if year is None]
    disputed = [
        (known[r.metric], r, by_key.get((r.metric, r.fiscal_year)))
        for r in doubted
        if r.metric in known
    ]
    everybody = [*by_key.values(), *(row for _, row, _ in disputed)]
    names = people.names_of({row.recorded_by_id for row in everybody if row.recorded_by_id})
    return FigureTable(years, lines, sorted(facts, key=lambda f: f[0].id), disputed, names)


def _own(model: type[Any], company_id: int) -> sa.Select[Any]:
    """Rows of the company itself: those tied to a deal are shown with the deal alone."""
    return sa.select(model).where(model.company_id == company_id, model.deal_id.is_(None))


def _then(model: type[Any], company_id: int, known_at: dt.datetime) -> list[SimpleNamespace]:
    """The rows of the company itself as they stood at an instant, deleted since or not."""
    rows = past.as_known(model, ids_ever([model], company_id)[model], known_at)
    return [
        row
        for row in rows
        if row.company_id == company_id and getattr(row, "deal_id", None) is None
    ]


def activities(company_id: int, known_at: dt.datetime | None = None) -> Sequence[Any]:
    """Contacts and notes about the company itself, newest first."""
    if known_at is None:
        query = _own(Activity, company_id).order_by(Activity.happened_at.desc(), Activity.id.desc())
        return db.session.scalars(query.limit(MOST_ROWS)).all()
    rows = _then(Activity, company_id, known_at)
    return sorted(rows, key=lambda row: (row.happened_at, row.id), reverse=True)[:MOST_ROWS]


def open_tasks(company_id: int, known_at: dt.datetime | None = None) -> Sequence[Any]:
    """What is to be done for the company itself, the soonest first."""
    if known_at is None:
        query = _own(Task, company_id).where(Task.done_at.is_(None))
        query = query.order_by(Task.due_on.asc().nulls_last(), Task.id)
        return db.session.scalars(query.limit(MOST_ROWS)).all()
    return by_due_day(_then(Task, company_id, known_at))[:MOST_ROWS]


def by_due_day(tasks: Sequence[Any]) -> list[Any]:
    """Those of the tasks that were open, the soonest first."""
    waiting = [task for task in tasks if task.done_at is None]
    return sorted(waiting, key=lambda task: (task.due_on or dt.date.max, task.id))


@dataclass(frozen=True)
class Kept:
    """A document with the versions there were, the newest first; one of a register has none."""

    id: int
    title: str
    versions: Sequence[Any]
    terms: bool = False
    kind: str = ""
    dated_on: dt.date | None = None
    link: str = ""
    note: str = ""


def documents(company_id: int, terms: bool, known_at: dt.datetime | None = None) -> Sequence[Kept]:
    """The company's own documents, newest first, its patents behind the others; those with its terms
    if wanted."""
    if known_at is not None:
        return documents_then(_then(Document, company_id, known_at), terms, known_at)
    return kept_documents(_own(Document, company_id), terms)


def kept_documents(chosen: sa.Select[Any], terms: bool) -> list[Kept]:
    """The documents chosen of one owner, newest first, patents behind the others; those with its
    terms if wanted."""
    rows = db.session.scalars(
        chosen.where(papers.open_to(terms))
        .options(selectinload(Document.versions))
        .order_by(sa.case((Document.kind == PATENT, 1), else_=0), Document.id.desc())
        .limit(MOST_ROWS)
    )
    return [_kept(row, row.versions[::-1]) for row in rows]


def _kept(row: Any, versions: Sequence[Any]) -> Kept:
    return Kept(
        row.id, row.title, versions, row.kind == TERMS, row.kind, row.dated_on, row.link, row.note
    )


def documents_then(then: Sequence[Any], terms: bool, known_at: dt.datetime) -> list[Kept]:
    """Documents of one owner at a past instant with the versions there were then, newest first;
    those with its terms if wanted."""
    rows = papers.among(then, terms)
    ids = [row.id for row in rows]
    query = sa.select(DocumentVersion.id).where(DocumentVersion.document_id.in_(ids))
    known = set(db.session.scalars(query))
    for owner in ("company_id", "deal_id"):
        for value in {getattr(row, owner) for row in rows} - {None}:
            known |= past.ids_in_trail([DocumentVersion], **{owner: value})[DocumentVersion]
    versions = past.as_known(DocumentVersion, known, known_at)
    found = []
    for row in sorted(rows, key=lambda row: (row.kind == PATENT, -row.id))[:MOST_ROWS]:
        own = sorted((v for v in versions if v.document_id == row.id), key=lambda v: -v.number)
        # A line of a register has no file.
        if own or row.link or row.note or row.kind == PATENT:
            found.append(_kept(row, own))
    return found


def document_titled(company_id: int, title: str) -> Document | None:
    """The company's own document of this title, which a new file is the next version of."""
    return db.session.scalar(
        _own(Document, company_id).where(Document.title == title).order_by(Document.id).limit(1)
    )


def counts_of(company_id: int, terms: bool) -> dict[str, int]:
    """How many rows of each kind a company has of itself, by the trail's name of the kind: what
    hangs on a deal is not among them, nor are papers with terms for who may not read these."""
    found = {}
    for model in (Figure, StockCode, EquityRound, Contact, Document, Activity, Task):
        query = sa.select(sa.func.count()).where(model.company_id == company_id)
        if hasattr(model, "deal_id"):
            query = query.where(model.deal_id.is_(None))
        if model is Document:
            query = query.where(papers.open_to(terms))
        found[str(model.__audit__)] = db.session.scalar(query) or 0
    return found
