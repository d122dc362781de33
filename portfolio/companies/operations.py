"""What is done with companies: registering, changing, stating figures, keeping documents."""

import datetime as dt
import hashlib
import os
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import current_app

from portfolio.audit import queries as audit
from portfolio.audit.models import AuditEntry
from portfolio.companies import queries
from portfolio.companies.duplicate_operations import rekey
from portfolio.companies.merge_queries import dropped_codes
from portfolio.companies.models import (
    Activity,
    Company,
    CompanyName,
    CompanySearch,
    Document,
    DocumentVersion,
    Figure,
    StockCode,
    Task,
)
from portfolio.companies.signals import figures_stated
from portfolio.extensions import Actor, db
from portfolio.kernel import stockcode, tokens, uscc
from portfolio.kernel.errors import InputError
from portfolio.kernel.text import clean, folded
from portfolio.rulebook.metrics import used_as
from portfolio.web.formatting import local_dt

FIELDS = frozenset(
    [
        "name_zh",
        "name_en",
        "short_name",
        "uscc",
        "uscc_missing_reason",
        "region_code",
        "place",
        "industry",
        "founded_on",
        "website",
        "description",
        "products",
        "lead_source",
        "lead_source_note",
    ]
)
REVENUE = used_as("sales")


class Conflict(InputError):
    """Somebody else saved the record since it was read: says who and when, where that is known."""

    def __init__(self, last: AuditEntry | None = None) -> None:
        if last is None or not last.actor_name:
            super().__init__("record.conflict")
        else:
            super().__init__("record.conflict_by", name=last.actor_name, at=local_dt(last.at))


def check_version(found: int, expected: int | None, kind: str = "", number: int = 0) -> None:
    """Refuse to overwrite what the editor has not seen. Raises Conflict, naming who saved the object
    of this kind and number."""
    if expected is not None and found != expected:
        raise Conflict(audit.last_change(kind, number) if kind else None)


def register(
    values: Mapping[str, Any],
    actor: Actor | None,
    now: dt.datetime,
    former_names: Iterable[str] = (),
    stock_codes: Iterable[str] = (),
) -> Company:
    """Enter a company. Raises InputError on an unknown field, a bad or a known credit code."""
    company = Company(created_at=now, updated_at=now, created_by_id=actor.id if actor else None)
    _assign(company, values)
    company.names = [CompanyName(name=clean(name)) for name in former_names if clean(name)]
    company.stock_codes = [
        _listing(code) for code in dict.fromkeys(stockcode.normalise(c) for c in stock_codes)
    ]
    db.session.add(company)
    db.session.flush()
    reindex(company)
    return company


def update(
    company: Company,
    values: Mapping[str, Any],
    now: dt.datetime,
    expected_version: int | None = None,
    former_names: Iterable[str] | None = None,
    stock_codes: Iterable[str] | None = None,
) -> Company:
    """Change a company's own columns and names. Raises Conflict when it was changed meanwhile."""
    check_version(company.version, expected_version, "company", company.id)
    with db.session.no_autoflush:  # one save is one version
        _assign(company, values)
    if former_names is not None:
        _replace_names(company, former_names)
    if stock_codes is not None:
        _replace_codes(company, stock_codes)
    place = sa.inspect(company).attrs
    moved = place.region_code.history.has_changes() or place.uscc.history.has_changes()
    if db.session.is_modified(company) or former_names is not None or stock_codes is not None:
        company.updated_at = now
        db.session.flush()
        reindex(company)
    if moved:  # another region may have other standards
        figures_stated.send({company.id}, now=now)
    return company


def _assign(company: Company, values: Mapping[str, Any]) -> None:
    unknown = set(values) - FIELDS
    if unknown:
        raise InputError("field.unknown", value=sorted(unknown)[0])
    for name, value in values.items():
        setattr(company, name, clean(value) if isinstance(value, str) else value)
    if not company.name_zh:
        raise InputError("name.missing")
    company.uscc = uscc.checked(company.uscc) if company.uscc else None
    if company.uscc and queries.holder_of_uscc(company.uscc, but=company.id):
        raise InputError("uscc.taken", value=company.uscc)


def _listing(code: str) -> StockCode:
    digits = stockcode.normalise(code)
    if queries.holder_of_stock_code(digits):
        raise InputError("stock_code.taken", value=digits)
    return StockCode(code=digits, board=stockcode.board_of(digits))


def _replace_names(company: Company, wanted: Iterable[str]) -> None:
    kept = list(dict.fromkeys(clean(name) for name in wanted if clean(name)))
    company.names = [n for n in company.names if n.name in kept] + [
        CompanyName(name=name) for name in kept if name not in {n.name for n in company.names}
    ]


def _replace_codes(company: Company, wanted: Iterable[str]) -> None:
    kept = list(dict.fromkeys(stockcode.normalise(code) for code in wanted))
    present = {listing.code for listing in company.stock_codes}
    company.stock_codes = [c for c in company.stock_codes if c.code in kept] + [
        _listing(code) for code in kept if code not in present
    ]


def search_row(company_id: int, names: Iterable[str], codes: Iterable[str]) -> dict[str, Any]:
    """The row of the search index for a company with these names and codes."""
    named = [name for name in names if name]
    return {
        "company_id": company_id,
        "folded": "|".join(folded(text) for text in (*named, *codes)),
        "tokens": tokens.index_text(named, list(codes)),
    }


def reindex(company: Company) -> None:
    """Make the company findable by its present names and codes, and its likely duplicates too."""
    names = [company.name_zh, company.short_name, company.name_en]
    names += [name.name for name in company.names]
    codes = [code for code in (company.uscc, *(c.code for c in company.stock_codes)) if code]
    codes += dropped_codes([company.id]).get(company.id, [])
    row = search_row(company.id, names, codes)
    db.session.merge(CompanySearch(**row))
    rekey(company)
    db.session.flush()


@dataclass(frozen=True)
class Statement:
    """One figure as somebody states it: `micro` or `choice`, in the dictionary's unit."""

    company_id: int
    metric: str
    fiscal_year: int | None
    micro: int | None = None
    choice: str | None = None
    as_of: dt.date | None = None
    source: str = ""
    evidence: str = ""
    valid_until: dt.date | None = None
    audited: bool | None = None
    disputed: bool = False
    batch_id: int | None = None

    @property
    def key(self) -> tuple[int, str, int | None]:
        """What the statement is about."""
        return self.company_id, self.metric, self.fiscal_year


def state_figures(
    statements: Iterable[Statement], actor: Actor | None, now: dt.datetime
) -> list[Figure]:
    """Append figures; each closes the row that was current, unless it is disputed.

    A statement that repeats the current one, with its source and evidence, adds nothing.
    """
    wanted = list(statements)
    current = queries.current_rows({s.company_id for s in wanted})
    latest: dict[tuple[int, str, int | None], Figure] = {}
    added: list[Figure] = []
    for statement in wanted:
        known = latest.get(statement.key) or current.get(statement.key)
        if known is not None and _repeats(known, statement):
            continue
        row = _figure(statement, actor, now)
        added.append(row)
        if not statement.disputed:
            if known is not None:
                known.superseded_at = now
            latest[statement.key] = row
    _close_disputes({row.key_of() for row in added if not row.disputed}, now)
    db.session.flush()  # the closed rows first: one row at a time is current
    db.session.add_all(added)
    db.session.flush()
    refresh_latest_revenue({row.company_id for row in added if row.metric == REVENUE})
    if added:
        figures_stated.send({row.company_id for row in added}, now=now)
    return added


def _close_disputes(keys: set[tuple[int, str, int | None]], now: dt.datetime) -> None:
    """Who states a figure has decided: the differing values kept beside it are closed."""
    for row in queries.open_disputes({company_id for company_id, _, _ in keys}):
        if row.key_of() in keys:
            row.superseded_at = now


def answer_dispute(row: Figure, take: bool, actor: Actor, now: dt.datetime) -> None:
    """Decide on a differing value: it takes the current one's place, or is closed.

    Raises InputError `figure.answered` when somebody has decided already.
    """
    if not row.disputed or row.superseded_at is not None:
        raise InputError("figure.answered")
    row.superseded_at = now
    db.session.flush()
    if take:
        kept = {name: getattr(row, name) for name in Statement.__dataclass_fields__}
        state_figures([Statement(**{**kept, "disputed": False})], actor, now)


def _repeats(known: Figure, stated: Statement) -> bool:
    said = ("micro", "choice", "audited", "source", "as_of", "evidence", "valid_until")
    return all(getattr(known, name) == getattr(stated, name) for name in said)


def _figure(stated: Statement, actor: Actor | None, now: dt.datetime) -> Figure:
    return Figure(
        **{name: getattr(stated, name) for name in stated.__dataclass_fields__},
        recorded_at=now,
        recorded_by_id=actor.id if actor else None,
    )


def refresh_latest_revenue(company_ids: set[int]) -> None:
    """Repeat the newest current revenue on the companies' own rows, for sorting."""
    for company_id in company_ids:
        newest = db.session.execute(
            queries.current_figures_of({company_id})
            .where(Figure.metric == REVENUE, Figure.micro.is_not(None))
            .order_by(Figure.fiscal_year.desc())
            .limit(1)
        ).scalar()
        db.session.execute(
            sa.update(Company)
            .where(Company.id == company_id)
            .values(
                latest_revenue_fen=newest.micro if newest else None,
                latest_revenue_year=newest.fiscal_year if newest else None,
            )
        )


def note_activity(
    text: str,
    kind: str,
    actor: Actor | None,
    now: dt.datetime,
    company_id: int | None = None,
    deal_id: int | None = None,
    happened_at: dt.datetime | None = None,
) -> Activity:
    """Write down a contact or a note."""
    if not text.strip():
        raise InputError("text.missing")
    activity = Activity(
        company_id=company_id,
        deal_id=deal_id,
        kind=kind,
        text=text.strip(),
        happened_at=happened_at or now,
        recorded_at=now,
        recorded_by_id=actor.id if actor else None,
    )
    db.session.add(activity)
    db.session.flush()
    return activity


def add_task(
    title: str,
    owner_id: int,
    actor: Actor | None,
    now: dt.datetime,
    due_on: dt.date | None = None,
    company_id: int | None = None,
    deal_id: int | None = None,
    promised: bool = False,
) -> Task:
    """Give somebody something to do; `promised` to the founder."""
    if not clean(title):
        raise InputError("title.missing")
    task = Task(
        title=clean(title),
        owner_id=owner_id,
        due_on=due_on,
        promised=promised,
        company_id=company_id,
        deal_id=deal_id,
        created_at=now,
        created_by_id=actor.id if actor else None,
    )
    db.session.add(task)
    db.session.flush()
    return task


def finish_task(task: Task, now: dt.datetime) -> None:
    """Tick a task off."""
    task.done_at = now


def keep_document(
    content: bytes,
    filename: str,
    media_type: str,
    actor: Actor | None,
    now: dt.datetime,
    title: str = "",
    kind: str = "",
    company_id: int | None = None,
    deal_id: int | None = None,
    document: Document | None = None,
) -> DocumentVersion:
    """Store a file under its hash, as a new document or as the next version of one.

    The content that is the latest version already makes no other. Raises InputError `file.empty`.
    """
    if not content:
        raise InputError("file.empty")
    digest = hashlib.sha256(content).hexdigest()
    if document is not None and document.versions and document.versions[-1].sha256 == digest:
        return document.versions[-1]
    if document is None:
        document = Document(
            title=clean(title) or clean(filename),
            kind=kind,
            company_id=company_id,
            deal_id=deal_id,
            created_at=now,
            created_by_id=actor.id if actor else None,
        )
        db.session.add(document)
    _write_whole(document_path(digest), content)
    version = DocumentVersion(
        number=len(document.versions) + 1,
        sha256=digest,
        size=len(content),
        filename=clean(filename)[:200],
        media_type=media_type or "application/octet-stream",
        uploaded_at=now,
        uploaded_by_id=actor.id if actor else None,
    )
    document.versions.append(version)
    db.session.flush()
    return version


def _write_whole(path: Path, content: bytes) -> None:
    """The file is there whole or not at all, whenever the machine stops."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as part:
        part.write(content)
        part.flush()
        os.fsync(part.fileno())
    os.replace(part.name, path)


def document_path(digest: str) -> Path:
    """Where the content with this hash lies, outside of anything that is served."""
    return Path(current_app.config["INSTANCE_PATH"]) / "documents" / digest[:2] / digest
