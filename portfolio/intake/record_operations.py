"""Imports of people, tasks and registers of documents: planned against what is there, written."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from portfolio.audit import operations as audit
from portfolio.companies.models import Contact, Document, Task
from portfolio.extensions import Actor, db
from portfolio.intake.checks import Tell, silent
from portfolio.intake.choices import Choices
from portfolio.intake.company_operations import change_row
from portfolio.intake.lookup_queries import Lookup
from portfolio.intake.models import ImportBatch, ImportChange, Kind
from portfolio.intake.record_plan import Item, RecordPlan, repeated, settle
from portfolio.intake.rows import Finding, Row, refused_by
from portfolio.kernel.errors import InputError
from portfolio.kernel.parts import in_parts
from portfolio.people.models import User

MODELS: dict[str, Any] = {
    Kind.CONTACTS.value: Contact,
    Kind.TASKS.value: Task,
    Kind.DOCUMENTS.value: Document,
}
# What a record is known by beside its company or deal, and what a row may change of one there.
IDENTITY = {
    Kind.CONTACTS.value: ("name",),
    Kind.TASKS.value: ("title", "owner_id"),
    Kind.DOCUMENTS.value: ("title",),
}
SETTABLE = {
    Kind.CONTACTS.value: ("position", "founder", "phone", "email", "note"),
    Kind.TASKS.value: ("due_on",),
    Kind.DOCUMENTS.value: ("kind", "dated_on", "link", "note"),
}


def plan_records(
    kind: str, rows: Sequence[Row], choices: Choices, actor: User | None
) -> RecordPlan:
    """Decide for every sound row whether it enters a record, completes one, or adds nothing."""
    plan = RecordPlan(choices, rows=len(rows))
    lookup = Lookup([row for row in rows if not row.refusals], actor)
    named = [(row, _identity(kind, row, lookup)) for row in rows]
    present = _present(kind, [key for _, key in named if isinstance(key, tuple)])
    against = repeated([(key if isinstance(key, tuple) else None, row) for row, key in named])
    entered: dict[Any, Item] = {}
    for row, key in named:
        plan.warnings += row.warnings
        refusals = [key] if isinstance(key, Finding) else against.get(row.number, [])
        if row.refusals or refusals:
            plan.refused += row.refusals or refusals
        elif isinstance(key, tuple) and key not in entered:
            entered[key] = _item(kind, plan, row, key, present.get(key))
    plan.items = list(entered.values())
    return plan


def _identity(kind: str, row: Row, lookup: Lookup) -> Finding | tuple[Any, ...] | None:
    """What the row's record is known by; a finding when that cannot be told."""
    if row.refusals:
        return None
    try:
        deal = lookup.deal(row)
        if deal is not None and deal.id not in lookup.writable:
            raise InputError("deal.refused")
        company = lookup.company(row) if deal is None else None
        holder = (company.id if company else None, deal.id if deal else None)
        if kind == Kind.CONTACTS.value:
            return (*holder, row.columns["name"])
        if kind == Kind.TASKS.value:
            return (*holder, row.columns["title"], lookup.person(row.columns.get("owner")))
        return (*holder, row.columns["title"])
    except InputError as error:
        return refused_by(error, row.number, _blamed(error.code))


def _blamed(code: str) -> str:
    return {"person": "owner", "deal": "deal"}.get(code.split(".")[0], "company")


def _present(kind: str, keys: Sequence[tuple[Any, ...]]) -> dict[Any, Any]:
    """The records that are there, by what they are known by."""
    model, found = MODELS[kind], {}
    for place, column in enumerate(("company_id", "deal_id")):
        ids = sorted({key[place] for key in keys if key[place] is not None})
        for part in in_parts(ids):
            query = (
                sa.select(model).where(getattr(model, column).in_(part)).order_by(model.id.desc())
            )
            for record in db.session.scalars(query):
                found[_key_of(kind, record)] = record
    return found


def _key_of(kind: str, record: Any) -> tuple[Any, ...]:
    if kind == Kind.CONTACTS.value:
        return record.company_id, None, record.name
    holder = (record.company_id if record.deal_id is None else None, record.deal_id)
    if kind == Kind.TASKS.value:
        return (*holder, record.title, record.owner_id)
    return (*holder, record.title)


def _item(kind: str, plan: RecordPlan, row: Row, key: tuple[Any, ...], record: Any) -> Item:
    said = {name: row.columns[name] for name in SETTABLE[kind] if name in row.columns}
    item = Item(row.number, str(key[2]), record.id if record else None, extra={"key": key})
    if record is None:
        item.values = said
    else:
        held = {name: getattr(record, name) for name in SETTABLE[kind]}
        settle(plan, row, item, held, said, lambda name, value: str(value))
    return item


def apply_records(
    kind: str,
    batch: ImportBatch,
    plan: RecordPlan,
    actor: Actor | None,
    now: dt.datetime,
    tell: Tell = silent,
) -> None:
    """Write what the plan adds and changes; the session's trail keeps each record."""
    changes = []
    for done, item in enumerate(plan.items):
        record = _written(kind, item, actor, now)
        if record is not None:
            changes.append((record, item))
        tell(done)
    db.session.flush()
    rows = [_change(kind, batch, record, item) for record, item in changes]
    if rows:
        db.session.execute(sa.insert(ImportChange), rows)


def _written(kind: str, item: Item, actor: Actor | None, now: dt.datetime) -> Any:
    if item.known is not None:
        if not item.values:
            return None
        record = db.session.get_one(MODELS[kind], item.known)
    else:
        record = _fresh(kind, item.extra["key"], actor, now)
        db.session.add(record)
    for name, value in item.values.items():
        setattr(record, name, value)
    return record


def _fresh(kind: str, key: tuple[Any, ...], actor: Actor | None, now: dt.datetime) -> Any:
    company_id, deal_id, named = key[:3]
    if kind == Kind.CONTACTS.value:
        return Contact(company_id=company_id, name=named)
    holder = {"company_id": company_id, "deal_id": deal_id, "title": named}
    made = {"created_at": now, "created_by_id": actor.id if actor else None}
    if kind == Kind.TASKS.value:
        return Task(**holder, **made, owner_id=key[3])
    return Document(**holder, **made)


def _change(kind: str, batch: ImportBatch, record: Any, item: Item) -> dict[str, Any]:
    names = tuple(item.values) if item.known else (*IDENTITY[kind], *SETTABLE[kind])
    after = {name: audit.plain(getattr(record, name)) for name in names}
    before = {name: audit.plain(value) for name, value in item.before.items()}
    return change_row(batch, MODELS[kind].__audit__, record.id, item.known is None, before, after)
