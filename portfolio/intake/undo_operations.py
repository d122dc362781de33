"""Taking an import back: possible until somebody changed or used what it wrote."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from portfolio.audit import operations as audit
from portfolio.companies.models import Company, Figure
from portfolio.companies.operations import refresh_latest_revenue, reindex
from portfolio.companies.signals import figures_stated
from portfolio.extensions import db
from portfolio.intake import deal_operations
from portfolio.intake.lookup_queries import acting
from portfolio.intake.models import BatchState, ImportBatch
from portfolio.intake.undo_queries import (
    ADDED,
    OWN,
    RECORDS,
    Obstacle,
    Written,
    collected,
    obstacles,
    written_by,
)
from portfolio.kernel.errors import InputError
from portfolio.kernel.parts import in_parts
from portfolio.people.models import User
from portfolio.pipeline import operations as deals
from portfolio.pipeline import undo_operations as deal_undo
from portfolio.pipeline.detach_operations import let_go
from portfolio.pipeline.models import Deal

STATED = (
    *("company_id", "metric", "fiscal_year", "micro", "choice", "as_of", "source"),
    *("evidence", "valid_until", "audited", "disputed", "batch_id"),
)
DAYS = frozenset({"founded_on", "listed_on", "due_on", "dated_on", "next_step_on"})


class Entangled(InputError):
    """Something that the import wrote was changed or used since."""

    def __init__(self, obstacles: Sequence[Obstacle]) -> None:
        super().__init__("import.entangled", count=len(obstacles))
        self.obstacles = obstacles


def undo(batch: ImportBatch, actor: User, now: dt.datetime) -> None:
    """Take back all that the import wrote. Raises Entangled naming what stands against it; what is
    hidden from the person does not: it stays, and lets go of the companies."""
    if batch.state != BatchState.DONE.value:
        raise InputError("import.not_done")
    written = written_by(batch, actor)
    against = obstacles(batch, written, actor)
    if against:
        raise Entangled(against)
    created = [w.object_id for w in written if w.object_type == "company" and w.created]
    let_go(created, actor, now)
    _take_figures_back(batch, created, actor, now)
    _restore_companies(written, now)
    _remove_companies(created)
    _undo_records(written, actor)
    _undo_deals(written, batch, actor, now)
    batch.state, batch.undone_at = BatchState.UNDONE.value, now
    db.session.flush()


def _take_figures_back(
    batch: ImportBatch, created: Sequence[int], actor: User | None, now: dt.datetime
) -> None:
    """Close what the import appended for companies that stay, and state anew what it replaced."""
    going = set(created)
    rows = db.session.scalars(sa.select(Figure).where(Figure.batch_id == batch.id)).all()
    kept = [row for row in rows if row.company_id not in going]
    keys = {(row.company_id, row.metric, row.fiscal_year) for row in kept}
    former = _replaced(batch, {key[0] for key in keys}, keys)
    for row in kept:
        row.superseded_at = now
    db.session.flush()  # the closed rows first: one row at a time is current
    db.session.add_all(_stated_anew(row, actor, now) for row in former)
    db.session.flush()
    companies = {key[0] for key in keys}
    refresh_latest_revenue(companies)
    if companies:
        figures_stated.send(companies, now=now)


def _replaced(
    batch: ImportBatch, companies: set[int], keys: set[tuple[int, str, int | None]]
) -> list[Figure]:
    found: list[Figure] = []
    for part in in_parts(companies):
        rows = db.session.scalars(
            sa.select(Figure).where(
                Figure.company_id.in_(part),
                Figure.superseded_at == batch.applied_at,
                Figure.batch_id.is_distinct_from(batch.id),
            )
        )
        found += [row for row in rows if (row.company_id, row.metric, row.fiscal_year) in keys]
    return found


def _stated_anew(row: Figure, actor: User | None, now: dt.datetime) -> Figure:
    values = {name: getattr(row, name) for name in STATED}
    return Figure(**values, recorded_at=now, recorded_by_id=actor.id if actor else None)


def _value(name: str, value: Any) -> Any:
    if name in DAYS and isinstance(value, str):
        return dt.date.fromisoformat(value)
    return value


def _restore_companies(written: Sequence[Written], now: dt.datetime) -> None:
    for change in written:
        if change.object_type != "company" or change.created:
            continue
        company = db.session.get_one(Company, change.object_id)
        for name, value in change.before.items():
            if name in ADDED:
                added = set(change.after[name])
                kept = [one for one, text in collected(company, name) if text not in added]
                setattr(company, ADDED[name][0], kept)
            else:
                _restore(company, name, value)
        company.updated_at = now
        db.session.flush()
        reindex(company)


def _restore(record: Any, name: str, value: Any) -> None:
    """Put a column back; one that may not be null was blank."""
    column = record.__table__.c[name]
    blank = None if column.nullable else column.type.python_type()
    setattr(record, name, blank if value is None else _value(name, value))


def _remove_companies(created: Sequence[int]) -> None:
    """Companies that the import entered and nobody used go with their rows."""
    for part in in_parts(created):
        rows = db.session.scalars(sa.select(Company).where(Company.id.in_(part))).all()
        audit.record_many(
            audit.Entry(
                "import.undo",
                "company",
                row.id,
                {"name_zh": row.name_zh, "uscc": row.uscc},
                {},
                row.id,
            )
            for row in rows
        )
        for model in OWN:
            db.session.execute(sa.delete(model).where(model.company_id.in_(part)))
        db.session.execute(sa.delete(Company).where(Company.id.in_(part)))
    db.session.expire_all()


def _undo_records(written: Sequence[Written], actor: User | None) -> None:
    for change in written:
        model = RECORDS.get(change.object_type)
        if model is None:
            continue
        record = db.session.get_one(model, change.object_id)
        if change.created:
            db.session.delete(record)
        else:
            for name, value in change.before.items():
                _restore(record, name, value)


def _undo_deals(
    written: Sequence[Written], batch: ImportBatch, actor: User | None, now: dt.datetime
) -> None:
    """Deals keep their events: one that the import opened goes to the bin, one that it changed
    gets its former values as new ones."""
    for change in written:
        if change.object_type != "deal":
            continue
        deal = db.session.get_one(Deal, change.object_id)
        if change.created:
            deal_undo.hide(deal, acting(actor), now)
            continue
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
