"""Taking an import back: possible until somebody changed or used what it wrote."""

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa

from portfolio.audit import operations as audit
from portfolio.chokepoint.models import Tag
from portfolio.companies.models import Company, Figure
from portfolio.companies.operations import refresh_latest_revenue, reindex
from portfolio.companies.signals import figures_stated
from portfolio.extensions import db
from portfolio.intake import closed_operations
from portfolio.intake.models import BatchState, ImportBatch
from portfolio.intake.restore_operations import deal_back, put_back, record_back
from portfolio.intake.undo_queries import (
    ADDED,
    RECORDS,
    Written,
    collected,
    obstacles,
    written_by,
)
from portfolio.intake.use_queries import OWN, UNDECIDED, Obstacle, left_by_undone
from portfolio.kernel.errors import InputError
from portfolio.kernel.parts import in_parts
from portfolio.people.models import User
from portfolio.pipeline.detach_operations import detach, let_go

STATED = (
    *("company_id", "metric", "fiscal_year", "micro", "choice", "as_of", "source"),
    *("evidence", "valid_until", "audited", "disputed", "batch_id"),
)


class Entangled(InputError):
    """Something that the import wrote was changed or used since."""

    def __init__(self, obstacles: Sequence[Obstacle]) -> None:
        super().__init__("import.entangled", count=len(obstacles))
        self.obstacles = obstacles


def undo(batch: ImportBatch, actor: User, now: dt.datetime) -> None:
    """Take back all that the import wrote. Raises Entangled naming what stands against it; what is
    hidden from the person does not: it lets go of the companies, and goes back or stays by itself."""
    if batch.state != BatchState.DONE.value:
        raise InputError("import.not_done")
    written, closed = written_by(batch, actor)
    against = obstacles(batch, written, actor)
    if against:
        raise Entangled(against)
    created = [w.object_id for w in written if w.object_type == "company" and w.created]
    let_go(created, actor, now)
    detach(left_by_undone(created), now)
    _take_figures_back(batch, created, actor, now)
    _restore_companies(written, now)
    _remove_companies(created)
    for change in written:
        if change.object_type in RECORDS:
            record_back(change)
        elif change.object_type == "deal":
            deal_back(change, batch, actor, now)
    closed_operations.take_back(closed, batch, actor, now)
    batch.state, batch.undone_at = BatchState.UNDONE.value, now
    db.session.flush()


def _take_figures_back(
    batch: ImportBatch, created: Sequence[int], actor: User | None, now: dt.datetime
) -> None:
    """Close what the import appended for companies that stay, and state anew what it replaced."""
    going = set(created)
    rows = db.session.scalars(sa.select(Figure).where(Figure.batch_id == batch.id)).all()
    kept = [r for r in rows if r.company_id not in going and r.superseded_at is None]
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
                put_back(company, name, value)
        company.updated_at = now
        db.session.flush()
        reindex(company)


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
        db.session.execute(sa.delete(Tag).where(Tag.company_id.in_(part), UNDECIDED))
        for model in OWN:
            db.session.execute(sa.delete(model).where(model.company_id.in_(part)))
        db.session.execute(sa.delete(Company).where(Company.id.in_(part)))
    db.session.expire_all()
