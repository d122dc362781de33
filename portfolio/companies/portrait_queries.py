"""What the page of one company shows, now or as the system knew it on a past day."""

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from portfolio.audit import queries as audit
from portfolio.audit.models import AuditEntry
from portfolio.companies.models import (
    Activity,
    Company,
    Document,
    DocumentVersion,
    EquityRound,
    Figure,
    Task,
)
from portfolio.companies.queries import current_rows
from portfolio.extensions import db
from portfolio.people import queries as people
from portfolio.rulebook.metrics import Metric, dictionary

MOST_YEARS = 5
MOST_ROWS = 50
CHILDREN = {"names": "company_name", "stock_codes": "stock_code", "contacts": "contact"}


def company_as_known(company_id: int, known_at: dt.datetime) -> SimpleNamespace | None:
    """The company with its names, codes and people as they stood in the system at an instant.

    Read from the audit trail. None when it was not entered yet.
    """
    kept = _replayed(company_id, known_at, {"company", *CHILDREN.values()})
    own = kept["company"].get(company_id)
    if own is None:
        return None
    blank = {
        c.key: ""
        for c in sa.inspect(Company).column_attrs
        if isinstance(c.columns[0].type, sa.Text)
    }
    values = {**blank, "uscc": None, "founded_on": None, **own, "id": company_id}
    for key, read in (
        ("founded_on", dt.date.fromisoformat),
        ("created_at", dt.datetime.fromisoformat),
    ):
        values[key] = read(values[key]) if values.get(key) else None
    children = {name: _children(kept[kind]) for name, kind in CHILDREN.items()}
    display = values["short_name"] or values["name_zh"]
    return SimpleNamespace(**values, **children, display_name=display)


def _children(rows: Mapping[int, Mapping[str, Any]]) -> list[SimpleNamespace]:
    empty = {"name": "", "code": "", "board": "", "position": "", "phone": "", "email": ""}
    return [
        SimpleNamespace(**{**empty, "founder": False, **row}) for _, row in sorted(rows.items())
    ]


def _replayed(
    company_id: int, known_at: dt.datetime, kinds: Iterable[str]
) -> dict[str, dict[int, dict[str, Any]]]:
    """Objects of these kinds by id, as the trail up to the instant leaves them."""
    kept: dict[str, dict[int, dict[str, Any]]] = {kind: {} for kind in kinds}
    entries = db.session.scalars(
        sa.select(AuditEntry)
        .where(
            AuditEntry.company_id == company_id,
            AuditEntry.object_type.in_(list(kept)),
            AuditEntry.at <= known_at,
        )
        .order_by(AuditEntry.seq)
    )
    for entry in entries:
        objects = kept[entry.object_type]
        after = json.loads(entry.after)
        if after:
            objects.setdefault(entry.object_id or 0, {}).update(after)
        else:
            objects.pop(entry.object_id or 0, None)
    return kept


def history_lines(company_id: int, known_at: dt.datetime | None = None) -> list[audit.Line]:
    """The trail about a company and what belongs to it, newest first."""
    entries = audit.of_company(company_id, known_at)
    return audit.lines(entries, {}, audit.terms_by_type())


def _current(model: type[Any], known_at: dt.datetime | None) -> sa.ColumnElement[bool]:
    """The condition that an appended row is current, or was at an instant."""
    if known_at is None:
        return model.superseded_at.is_(None)
    return sa.and_(
        model.recorded_at <= known_at,
        sa.or_(model.superseded_at.is_(None), model.superseded_at > known_at),
    )


def rounds(company_id: int, known_at: dt.datetime | None = None) -> Sequence[EquityRound]:
    """Financing rounds as stated, newest first."""
    return db.session.scalars(
        sa.select(EquityRound)
        .where(EquityRound.company_id == company_id, _current(EquityRound, known_at))
        .order_by(EquityRound.closed_on.desc(), EquityRound.id.desc())
    ).all()


def disputed_rows(company_id: int, known_at: dt.datetime | None = None) -> Sequence[Figure]:
    """Differing values that nobody has decided on yet."""
    return db.session.scalars(
        sa.select(Figure)
        .where(
            Figure.company_id == company_id, Figure.disputed.is_(True), _current(Figure, known_at)
        )
        .order_by(Figure.fiscal_year, Figure.metric)
    ).all()


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
        cells = next((cells for metric, cells in self.lines if metric.id == "revenue"), ())
        known = [row.micro if row else None for row in cells]
        if len(known) - known.count(None) < 2:
            return []
        return [(str(y), fen) for y, fen in zip(self.years, known, strict=True)][::-1]


def figure_table(company_id: int, known_at: dt.datetime | None = None) -> FigureTable:
    """The current figures by metric and the latest fiscal years, and the dated facts."""
    rows = current_rows([company_id], known_at)
    known = dictionary()
    by_key = {(key[1], key[2]): row for key, row in rows.items() if key[1] in known}
    years = sorted({year for _, year in by_key if year is not None}, reverse=True)[:MOST_YEARS]
    used = {metric_id for metric_id, year in by_key if year in years}
    lines = [
        (m, [by_key.get((m.id, year)) for year in years]) for m in known.values() if m.id in used
    ]
    facts = [(known[m], row) for (m, year), row in by_key.items() if year is None]
    doubted = disputed_rows(company_id, known_at)
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


def activities(company_id: int, known_at: dt.datetime | None = None) -> Sequence[Activity]:
    """Contacts and notes about the company itself, newest first."""
    query = _own(Activity, company_id).order_by(Activity.happened_at.desc(), Activity.id.desc())
    if known_at is not None:
        query = query.where(Activity.recorded_at <= known_at)
    return db.session.scalars(query.limit(MOST_ROWS)).all()


def open_tasks(company_id: int, known_at: dt.datetime | None = None) -> Sequence[Task]:
    """What is to be done for the company itself, the soonest first."""
    query = _own(Task, company_id).order_by(Task.due_on.asc().nulls_last(), Task.id)
    if known_at is None:
        query = query.where(Task.done_at.is_(None))
    else:
        query = query.where(
            Task.created_at <= known_at, sa.or_(Task.done_at.is_(None), Task.done_at > known_at)
        )
    return db.session.scalars(query.limit(MOST_ROWS)).all()


@dataclass(frozen=True)
class Kept:
    """A document with the versions there were, the newest first."""

    title: str
    versions: Sequence[DocumentVersion]


def documents(company_id: int, known_at: dt.datetime | None = None) -> Sequence[Kept]:
    """The company's own documents, newest first."""
    rows = db.session.scalars(
        _own(Document, company_id)
        .options(selectinload(Document.versions))
        .order_by(Document.id.desc())
        .limit(MOST_ROWS)
    )
    kept = (Kept(row.title, _versions(row, known_at)) for row in rows)
    return [document for document in kept if document.versions]


def _versions(document: Document, known_at: dt.datetime | None) -> list[DocumentVersion]:
    there = [v for v in document.versions if known_at is None or v.uploaded_at <= known_at]
    return there[::-1]


def document_titled(company_id: int, title: str) -> Document | None:
    """The company's own document of this title, which a new file is the next version of."""
    return db.session.scalar(
        _own(Document, company_id).where(Document.title == title).order_by(Document.id).limit(1)
    )
