"""Deleting any record and setting one of its fields back, through the operations of its slice."""

import datetime as dt
import json
from typing import Any

import sqlalchemy as sa

from portfolio.audit.models import AuditEntry
from portfolio.companies import operations as companies
from portfolio.companies import record_operations
from portfolio.companies.models import Activity, Company, Document, Task
from portfolio.companies.operations import check_version
from portfolio.extensions import db
from portfolio.journal.models import Act
from portfolio.kernel.errors import InputError
from portfolio.people.models import User
from portfolio.pipeline import operations as pipeline
from portfolio.pipeline import undo_operations
from portfolio.pipeline.models import Deal, DealTerms, StageEvent
from portfolio.records.queries import restorable

# What hangs on a deal and is hidden with it.
TIED: tuple[Any, ...] = (Task, Activity, Document, StageEvent, DealTerms)


def delete(kind: str, row: Any, actor: User, now: dt.datetime) -> Act | None:
    """Delete a record so that it can be restored. Raises InputError when it may not be."""
    if isinstance(row, Company):
        return record_operations.delete_company(row, actor, now).act
    if isinstance(row, Deal):
        return undo_operations.delete(row, actor, now)
    return record_operations.delete(row, actor, now)


def against_deleting(row: Any, actor: User) -> InputError | None:
    """What stands against deleting a record whatever else there is; it can be said beforehand."""
    if isinstance(row, Deal):
        try:
            undo_operations.require_deletable(actor, row)
        except InputError as error:
            return error
    return None


def set_back(
    row: Any, entry: AuditEntry, column: str, actor: User, now: dt.datetime, version: int | None
) -> None:
    """Give a field the value it had before an entry. Raises Conflict, Refused or InputError."""
    before = json.loads(entry.before)
    if column not in before or column not in restorable(entry.object_type):
        raise InputError("field.unknown", value=column)
    values = {column: typed(type(row), column, before[column])}
    if isinstance(row, Company):
        companies.update(row, values, now, version)
    elif isinstance(row, Deal) and column in pipeline.TERMS:
        _state_term_again(row, values, actor, now, version)
    elif isinstance(row, Deal):
        pipeline.change(row, values, actor, now, version)
    else:
        seen = version if hasattr(row, "version") else None
        check_version(getattr(row, "version", 0), seen, row.__audit__, row.id)
        record_operations.change(row, values)


def _state_term_again(
    deal: Deal, values: dict[str, Any], actor: User, now: dt.datetime, version: int | None
) -> None:
    """State a former term anew: terms are appended. Raises Refused to who may not read and write
    them, Conflict, and InputError when our part became more than the whole."""
    for permission in ("deal.write", "deal.terms"):
        pipeline.require(actor, permission, deal)
    check_version(deal.version, version, "deal", deal.id)
    whole, ours = (values.get(n, getattr(deal, n)) for n in ("round_size_fen", "amount_fen"))
    if whole is not None and ours is not None and ours > whole:
        raise InputError("deal.amount_over_whole")
    pipeline.state_terms(deal, values, actor, now)


def typed(model: type[Any], column: str, value: Any) -> Any:
    """A plain value of the trail as the column takes it; texts that were none are empty."""
    kind = sa.inspect(model).columns[column].type.python_type
    if value is None:
        nullable = sa.inspect(model).columns[column].nullable
        return None if nullable else kind()
    if issubclass(kind, dt.date) and isinstance(value, str):
        return dt.date.fromisoformat(value)
    return value


def version_of(row: Any) -> int | None:
    """The version a page shows, where the record has one."""
    return getattr(row, "version", None)


def what_goes_with(kind: str, row: Any) -> dict[str, int]:
    """How many rows of each kind vanish together with the record."""
    if isinstance(row, Company):
        return record_operations.what_goes_with(row.id)
    if isinstance(row, Deal):
        return _tied_to(row.id)
    return {"document_version": len(row.versions)} if kind == "document" else {}


def _tied_to(deal_id: int) -> dict[str, int]:
    found = {}
    for model in TIED:
        count = sa.select(sa.func.count()).select_from(model).where(model.deal_id == deal_id)
        if number := db.session.scalar(count):
            found[str(model.__audit__)] = number
    return found
