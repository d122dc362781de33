"""What is done with a company's records: people, tasks and documents are changed and deleted."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from flask import current_app

from portfolio.companies.merge_queries import whole
from portfolio.companies.models import (
    Activity,
    Company,
    CompanyDistinction,
    CompanyKey,
    CompanyMerge,
    CompanyName,
    CompanySearch,
    Contact,
    Document,
    DocumentVersion,
    EquityRound,
    Figure,
    StockCode,
    Task,
)
from portfolio.extensions import Base, db
from portfolio.journal import image_operations as images
from portfolio.journal import operations as journal
from portfolio.journal.models import Act
from portfolio.journal.operations import Keeping
from portfolio.kernel.errors import InputError
from portfolio.kernel.text import clean
from portfolio.people.models import User

Record = Contact | Task | Document | Activity
CONTACT_FIELDS = frozenset(["name", "position", "founder", "phone", "email", "note"])
TASK_FIELDS = frozenset(["title", "owner_id", "due_on", "promised"])
DOCUMENT_FIELDS = frozenset(["title"])
FIELDS: Mapping[type[Any], frozenset[str]] = {
    Contact: CONTACT_FIELDS,
    Task: TASK_FIELDS,
    Document: DOCUMENT_FIELDS,
    Activity: frozenset(["text", "kind"]),
}
NEEDED = {"name": "name.missing", "title": "title.missing", "text": "text.missing"}
LABEL = 60


def change(record: Record, values: Mapping[str, Any]) -> None:
    """Change a record's own columns. Raises InputError on an unknown field or a missing name."""
    for name, value in values.items():
        if name not in FIELDS[type(record)]:
            raise InputError("field.unknown", value=name)
        given = clean(value) if isinstance(value, str) and name != "text" else value
        if name in NEEDED and not given:
            raise InputError(NEEDED[name])
        setattr(record, name, given)
    db.session.flush()


def label_of(record: Record) -> str:
    """What a person calls the record."""
    text = next(str(getattr(record, n)) for n in ("name", "title", "text") if hasattr(record, n))
    return text if len(text) <= LABEL else text[: LABEL - 1] + "…"


def delete(record: Record, actor: User, now: dt.datetime) -> Act | None:
    """Delete a record with what belongs to it; kept so that it can be restored."""
    kind = str(type(record).__audit__)
    company_id, deal_id = record.company_id, getattr(record, "deal_id", None)
    label, model, number = label_of(record), type(record), record.id
    with journal.keeping(
        f"{kind}.delete", kind, number, actor, now, label, company_id, deal_id
    ) as kept:
        if model is Document:
            images.delete_where(DocumentVersion, DocumentVersion.document_id == number)
        images.delete_where(model, model.id == number)
    return kept.act


# What is part of a company and goes with it, the children first; upper slices add theirs.
PARTS: tuple[type[Any], ...] = (
    CompanyMerge,
    DocumentVersion,
    Document,
    Activity,
    Task,
    Figure,
    EquityRound,
    Contact,
    CompanyName,
    StockCode,
    CompanyDistinction,
    CompanyKey,
    CompanySearch,
)


def parts() -> tuple[type[Any], ...]:
    """The models whose rows go with their company; the composition root adds to ours."""
    return (*current_app.extensions.get("company_parts", ()), *PARTS)


def _of(model: type[Any], ids: Sequence[int]) -> sa.ColumnElement[bool]:
    if model is DocumentVersion:
        own = sa.select(Document.id).where(Document.company_id.in_(ids))
        return DocumentVersion.document_id.in_(own)
    if model is CompanyDistinction:
        return sa.or_(model.one_id.in_(ids), model.other_id.in_(ids))
    column = model.survivor_id if model is CompanyMerge else model.company_id
    condition: sa.ColumnElement[bool] = column.in_(ids)
    return condition


def what_goes_with(company_id: int) -> dict[str, int]:
    """How many rows of each kind would go with the company, by the trail's name of the kind."""
    found = {}
    ids = whole(company_id)
    for model in parts():
        count = sa.select(sa.func.count()).select_from(model).where(_of(model, ids))
        number = db.session.scalar(count) or 0
        if number and hasattr(model, "__audit__"):
            found[str(model.__audit__)] = number
    return found


def require_unreferenced(ids: Sequence[int]) -> None:
    """Raise InputError `company.referenced` when anything but their own parts names a company and
    those that are part of it.

    One sentence for every reason: what refers to it may be hidden from who asks. A table that
    nobody declared a part is a reason too.
    """
    own = {model.__table__.name for model in parts()}
    for column in _pointing_here():
        if column.table.name in own and "deal_id" not in column.table.c:
            continue
        query = sa.select(column.table).where(column.in_(ids))
        if column.table.name in own:
            query = query.where(column.table.c.deal_id.is_not(None))
        if db.session.execute(query.limit(1)).first():
            raise InputError("company.referenced")


def _pointing_here() -> Iterator[sa.Column[Any]]:
    for table in db.metadata.sorted_tables:
        for key in table.foreign_keys:
            if key.column.table.name == Company.__tablename__:
                yield key.parent


def delete_company(company: Company, actor: User, now: dt.datetime) -> Keeping:
    """Delete a company with all its parts and those that were merged into it: alone they would be
    companies again. What is hidden from who deletes it lets it go first, as the composition root
    says. Raises InputError `company.referenced`."""
    number, label, ids = company.id, company.display_name, whole(company.id)
    for let_go in current_app.extensions.get("company_releases", ()):
        let_go(ids, actor, now)
    require_unreferenced(ids)
    with journal.keeping(
        "company.delete", "company", number, actor, now, label, company_id=number
    ) as kept:
        for model in parts():
            images.delete_where(_mapped(model), _of(model, ids))
        images.delete_where(_mapped(Company), Company.id.in_(ids))
    return kept


def _mapped(model: type[Any]) -> type[Base]:
    return model
