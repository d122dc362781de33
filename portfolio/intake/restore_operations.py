"""Putting one record back as it was before an import wrote to it."""

import datetime as dt
from typing import Any

from portfolio.extensions import db
from portfolio.intake import deal_operations
from portfolio.intake.lookup_queries import acting
from portfolio.intake.models import ImportBatch
from portfolio.intake.undo_queries import RECORDS, Written
from portfolio.people.models import User
from portfolio.pipeline import operations as deals
from portfolio.pipeline import undo_operations as deal_undo
from portfolio.pipeline.models import Deal

DAYS = frozenset({"founded_on", "listed_on", "due_on", "dated_on", "next_step_on"})


def _value(name: str, value: Any) -> Any:
    if name in DAYS and isinstance(value, str):
        return dt.date.fromisoformat(value)
    return value


def put_back(record: Any, name: str, value: Any) -> None:
    """Put a column back; one that may not be null was blank."""
    column = record.__table__.c[name]
    blank = None if column.nullable else column.type.python_type()
    setattr(record, name, blank if value is None else _value(name, value))


def record_back(change: Written) -> None:
    """Take away a contact, task or document that an import entered; put back one it changed."""
    record = db.session.get_one(RECORDS[change.object_type], change.object_id)
    if change.created:
        db.session.delete(record)
        return
    for name, value in change.before.items():
        put_back(record, name, value)


def deal_back(change: Written, batch: ImportBatch, actor: User | None, now: dt.datetime) -> None:
    """Deals keep their events: one that the import opened goes to the bin, one that it changed
    gets its former values as new ones. Raises what the pipeline refuses."""
    deal = db.session.get_one(Deal, change.object_id)
    if change.created:
        deal_undo.hide(deal, acting(actor), now)
        return
    _restore_deal(deal, dict(change.before), batch, actor, now)


def _restore_deal(
    deal: Deal, before: dict[str, Any], batch: ImportBatch, actor: User | None, now: dt.datetime
) -> None:
    stage = before.pop("stage", None)
    owner_id = before.pop("owner_id", None)
    terms = {name: before.pop(name) for name in deals.TERMS if name in before}
    values = {name: _value(name, value) for name, value in before.items()}
    if stage is not None:
        deal_operations.advance(deal, stage, batch.filename, actor, now)
    deals.change(deal, values, acting(actor), now)
    if terms:
        deals.state_terms(deal, terms, actor, now, source=batch.filename)
    if owner_id is not None:
        deals.set_team(deal, [m.user_id for m in deal.members], owner_id, now)
