"""What taking an import back would do, and what stands against it."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased, selectinload

from portfolio.audit import operations as audit
from portfolio.audit.titles import kind_title
from portfolio.companies.merge_queries import survivors
from portfolio.companies.models import (
    Company,
    Contact,
    Document,
    Figure,
    Task,
)
from portfolio.companies.operations import FIELDS
from portfolio.companies.paper_queries import known
from portfolio.extensions import db
from portfolio.intake import use_queries as uses
from portfolio.intake.models import ImportBatch, ImportChange
from portfolio.intake.use_queries import Obstacle
from portfolio.kernel.parts import in_parts
from portfolio.kernel.records import LeadSource
from portfolio.people.models import User
from portfolio.pipeline.models import Deal
from portfolio.pipeline.sight_queries import unknown_ids
from portfolio.web.i18n import language

RECORDS: dict[str, Any] = {"contact": Contact, "task": Task, "document": Document}
# What a company gets more of: the collection, and the column that holds the text.
ADDED = {"stock_codes": ("stock_codes", "code"), "former_names": ("names", "name")}
KINDS = ("company", "figure", "deal", *RECORDS)


@dataclass(frozen=True)
class Written:
    """What an import wrote of one record."""

    object_type: str
    object_id: int
    created: bool
    before: Mapping[str, Any]
    after: Mapping[str, Any]


def written_by(batch: ImportBatch, user: User) -> tuple[list[Written], dict[int, list[Written]]]:
    """Everything but figures that an import wrote, in its order; apart from it, by deal, what this
    person may not know of by now."""
    rows = db.session.scalars(
        sa.select(ImportChange).where(ImportChange.batch_id == batch.id).order_by(ImportChange.id)
    )
    found = [
        Written(r.object_type, r.object_id, r.created, json.loads(r.before), json.loads(r.after))
        for r in rows
    ]
    deal_of = _deals_of(found)
    hidden = unknown_ids(user, deal_of.values())
    seen, closed = list[Written](), dict[int, list[Written]]()
    for change in found:
        deal_id = deal_of.get((change.object_type, change.object_id))
        if deal_id in hidden:
            closed.setdefault(deal_id, []).append(change)
        else:
            seen.append(change)
    return seen, closed


def _deals_of(written: Sequence[Written]) -> dict[tuple[str, int], int]:
    """Which deal a record hangs on today, by its kind and number; a deal is its own."""
    found = {("deal", w.object_id): w.object_id for w in written if w.object_type == "deal"}
    for kind, model in RECORDS.items():
        wanted = [w.object_id for w in written if w.object_type == kind]
        if hasattr(model, "deal_id"):
            for part in in_parts(wanted):
                of_deal = sa.select(model.id, model.deal_id).where(
                    model.id.in_(part), model.deal_id.is_not(None)
                )
                found |= {(kind, row.id): row.deal_id for row in db.session.execute(of_deal)}
    return found


@dataclass(frozen=True)
class Going:
    """How many records of a kind an undo takes away, and how many it puts back as they were."""

    kind: str
    entered: int
    changed: int


def going(batch: ImportBatch) -> list[Going]:
    """What taking an import back would do, by kind; kinds that it does not touch are left out."""
    counted = sa.select(ImportChange.object_type, ImportChange.created, sa.func.count())
    of_batch = counted.where(ImportChange.batch_id == batch.id)
    number: Counter[tuple[str, bool]] = Counter()
    grouped = of_batch.group_by(ImportChange.object_type, ImportChange.created)
    for kind, created, count in db.session.execute(grouped):
        number[(kind, created)] = count
    stated, replacing = _figures_going(batch)
    number["figure", True], number["figure", False] = stated - replacing, replacing
    found = [Going(kind, number[kind, True], number[kind, False]) for kind in KINDS]
    return [one for one in found if one.entered or one.changed]


def _figures_going(batch: ImportBatch) -> tuple[int, int]:
    """How many figures an import stated, and how many of these replaced an earlier one."""
    former = aliased(Figure)
    replaced = sa.exists().where(
        former.company_id == Figure.company_id,
        former.metric == Figure.metric,
        former.fiscal_year.is_not_distinct_from(Figure.fiscal_year),
        former.superseded_at == batch.applied_at,
        former.batch_id.is_distinct_from(batch.id),
    )
    own = Figure.batch_id == batch.id, Figure.recorded_at == batch.applied_at
    stated = sa.select(sa.func.count()).where(*own)
    whole, part = (db.session.scalars(q).one() for q in (stated, stated.where(replaced)))
    return whole, part


def obstacles(batch: ImportBatch, written: Sequence[Written], user: User) -> list[Obstacle]:
    """What stands against taking an import back, of what this person may know of."""
    found = list(_changed_companies(written))
    entered = [w.object_id for w in written if w.object_type == "company" and w.created]
    found += uses.used_companies(batch, entered, user)
    found += _newer_figures(batch)
    found += _changed_records(written, user)
    found += _changed_deals(written)
    return list(dict.fromkeys(found))


def _changed_companies(written: Sequence[Written]) -> Iterator[Obstacle]:
    wanted = {w.object_id: w for w in written if w.object_type == "company"}
    merged = survivors(wanted)
    for part in in_parts(wanted):
        rows = db.session.scalars(
            sa.select(Company)
            .where(Company.id.in_(part))
            .options(selectinload(Company.stock_codes), selectinload(Company.names))
            .execution_options(populate_existing=True)
        )
        present = {row.id: row for row in rows}
        for company_id in part:
            change, row = wanted[company_id], present.get(company_id)
            if row is None:
                yield Obstacle(str(change.after.get("name_zh", company_id)), "gone")
            elif (
                company_id in merged or not _as_written(change, row) or not _as_entered(change, row)
            ):
                yield Obstacle(row.name_zh, "changed")


def _as_written(change: Written, row: Any) -> bool:
    for name, value in change.after.items():
        if name in ADDED:
            if not set(value) <= {text for _, text in collected(row, name)}:
                return False
        elif audit.plain(getattr(row, name)) != value:
            return False
    return True


def _as_entered(change: Written, company: Company) -> bool:
    """Whether a company that the import entered has nothing more than what it wrote: another
    import that was taken back since leaves a later date, and changed nothing."""
    if not change.created:
        return True
    blank = FIELDS - change.after.keys() - {"lead_source"}
    own = all(set(change.after.get(n, ())) == {t for _, t in collected(company, n)} for n in ADDED)
    source = change.after.get("lead_source", LeadSource.IMPORT.value)
    return own and company.lead_source == source and not any(getattr(company, n) for n in blank)


def collected(company: Company, name: str) -> list[tuple[Any, str]]:
    """The listings or other names of a company, each with its text."""
    attribute, text = ADDED[name]
    return [(one, getattr(one, text)) for one in getattr(company, attribute)]


def _newer_figures(batch: ImportBatch) -> Iterator[Obstacle]:
    """Companies of which a figure was replaced, unless the same one was stated again when what
    replaced it was taken back."""
    again = aliased(Figure)
    restated = sa.exists().where(
        again.batch_id == batch.id,
        again.company_id == Figure.company_id,
        again.metric == Figure.metric,
        again.fiscal_year.is_not_distinct_from(Figure.fiscal_year),
        again.disputed == Figure.disputed,
        again.superseded_at.is_(None),
    )
    rows = db.session.scalars(
        sa.select(Company.name_zh)
        .join(Figure, Figure.company_id == Company.id)
        .where(Figure.batch_id == batch.id, Figure.superseded_at.is_not(None), ~restated)
        .distinct()
    )
    return (Obstacle(name, "changed") for name in rows)


def _changed_records(written: Sequence[Written], user: User) -> Iterator[Obstacle]:
    for kind, model in RECORDS.items():
        wanted = {w.object_id: w for w in written if w.object_type == kind}
        found = list(_rows(model, wanted))
        present = [row for _, row in found if row is not None]
        named = {row.id for row in (known(user, present) if model is Document else present)}
        for change, row in found:
            called = _title(row) if row and row.id in named else _numbered(change)
            if what := against_record(change, row):
                yield Obstacle(called, what)


def against_record(change: Written, row: Any) -> str:
    """What stands against taking back what was written of a contact, task or document: nothing,
    or `gone`, `changed` or `used`."""
    if row is None:
        return "gone"
    if not _as_written(change, row) or getattr(row, "done_at", None):
        return "changed"
    return "used" if change.created and getattr(row, "versions", None) else ""


def _numbered(change: Written) -> str:
    return f"{kind_title(change.object_type, language())} {change.object_id}"


def _rows(model: Any, wanted: Mapping[int, Written]) -> Iterator[tuple[Written, Any]]:
    """What was written of each record, with its row as it stands now."""
    options = [selectinload(Document.versions)] if model is Document else []
    for part in in_parts(wanted):
        query = sa.select(model).where(model.id.in_(part)).options(*options)
        fresh = query.execution_options(populate_existing=True)
        present = {row.id: row for row in db.session.scalars(fresh)}
        yield from ((wanted[one], present.get(one)) for one in part)


def _title(row: Any) -> str:
    return str(row.name if isinstance(row, Contact) else row.title)


def _changed_deals(written: Sequence[Written]) -> Iterator[Obstacle]:
    wanted = {w.object_id: w for w in written if w.object_type == "deal"}
    used = uses.used_deals([w.object_id for w in wanted.values() if w.created])
    for change, deal in _rows(Deal, wanted):
        if deal is None or deal.deleted_at is not None:
            binned = {"by": deal.name, "deal_id": deal.id, "binned": True} if deal else {}
            yield Obstacle(deal.code if deal else str(change.object_id), "gone", **binned)
        elif deal.version != change.after["version"]:
            yield Obstacle(deal.code, "changed")
        elif deal.id in used:
            yield Obstacle(deal.code, "used")
