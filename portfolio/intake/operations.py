"""Imports: a file is kept, mapped, checked, and then applied in one transaction."""

import datetime as dt
import gc
import hashlib
import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import current_app

from portfolio.extensions import db, serialise, unit_of_work
from portfolio.intake import (
    company_operations,
    deal_operations,
    headings,
    queries,
    record_operations,
    reporting,
)
from portfolio.intake.checks import Tell, doubt_taken, label_of, read_rows, silent
from portfolio.intake.choices import TAKE, Choices, read_choices
from portfolio.intake.described import described
from portfolio.intake.duplicate_queries import among_planned
from portfolio.intake.headings import Target
from portfolio.intake.models import BatchState, ImportBatch, ImportMapping, Kind
from portfolio.intake.plan import Duplicate, Plan, Snapshot, make_plan
from portfolio.intake.reading import Table, folded_label, is_workbook, labels, read_csv
from portfolio.intake.record_checks import read_records
from portfolio.intake.record_plan import RecordPlan
from portfolio.intake.rows import Row
from portfolio.intake.sheets import marked_as_formulas
from portfolio.intake.workbook import read_workbook
from portfolio.kernel.dates import local_date
from portfolio.kernel.errors import InputError
from portfolio.people.models import User
from portfolio.web.sheets import restore


@dataclass
class Prepared:
    """A file that was read and planned: what the preview shows and the confirmation applies. `known`
    are the companies as they stood when the plan was made."""

    kind: str
    table: Table
    targets: list[Target]
    rows: list[Row]
    plan: Plan | RecordPlan
    choices: Choices = field(default_factory=Choices)
    actor: User | None = None
    known: Snapshot | None = None


class RowsRefused(InputError):
    """Rows were refused while the import was written, and nothing of it stays."""

    def __init__(self, plan: Plan | RecordPlan) -> None:
        super().__init__("import.refused", rows=len(plan.refused_rows))
        self.plan = plan


# How often the interpreter looks for cycles: by itself every 700 new objects, which costs a fifth of
# the time of long imports, that make none.
SELDOM = (500_000, 20, 50)


@contextmanager
def seldom_collecting() -> Iterator[None]:
    """Within it the interpreter looks for cycles seldom."""
    usually = gc.get_threshold()
    gc.set_threshold(*SELDOM)
    try:
        yield
    finally:
        if not gc.get_freeze_count():
            gc.freeze()  # counts what is new as old: else all of it were looked through at once
            gc.unfreeze()
        gc.set_threshold(*usually)


def read_table(content: bytes) -> Table:
    """The table in a file's bytes; the kind is told by the content, never by the name."""
    if len(content) > current_app.config["MAX_IMPORT_LENGTH"]:
        raise InputError(
            "file.too_large", most=current_app.config["MAX_IMPORT_LENGTH"] // (1024 * 1024)
        )
    if is_workbook(content):
        return marked_as_formulas(read_workbook(content))
    table = read_csv(content)
    table.rows = [[restore(cell) for cell in row] for row in table.rows]
    return marked_as_formulas(table)


@seldom_collecting()
def prepare(
    content: bytes,
    chosen: Mapping[str, str] | None = None,
    kind: str = Kind.COMPANIES.value,
    choices: Choices | None = None,
    actor: User | None = None,
    tell: Tell = silent,
) -> Prepared:
    """Read a file and plan its import; writes nothing. Raises InputError on a refused file.

    Without an actor, as on the command line, everything may be changed.
    """
    table = read_table(content)
    if choices is not None and choices.formulas == TAKE:
        table.take_values()
    targets = headings.mapped(table.headings, chosen or {}, kind)
    headings.check_targets(table.headings, targets, kind)
    rows = _read(kind, table, targets, tell)
    prepared = Prepared(kind, table, targets, rows, Plan(), choices or Choices(), actor)
    prepared.plan = as_it_stands(prepared)
    return prepared


def _read(kind: str, table: Table, targets: list[Target], tell: Tell) -> list[Row]:
    companies = kind == Kind.COMPANIES.value
    this_year = local_date(dt.datetime.now(dt.UTC)).year
    rows = (
        read_rows(table, targets, this_year, tell)
        if companies
        else read_records(table, targets, kind, tell)
    )
    doubt_taken(rows, targets, table)
    return rows


def as_it_stands(prepared: Prepared) -> Plan | RecordPlan:
    """The plan made anew inside the unit of work that applies it: what others wrote since the
    file was read is known to it."""
    rows, choices = prepared.rows, prepared.choices
    if prepared.kind == Kind.COMPANIES.value:
        known = queries.snapshot([row for row in rows if not row.refusals])
        if known != prepared.known:
            prepared.known, prepared.plan = known, make_plan(rows, known, choices)
        return prepared.plan
    if prepared.kind == Kind.DEALS.value:
        return deal_operations.plan_deals(rows, choices, prepared.actor)
    return record_operations.plan_records(prepared.kind, rows, choices, prepared.actor)


def upload_path(batch: ImportBatch) -> Path:
    """Where an upload lies."""
    return Path(current_app.config["INSTANCE_PATH"]) / "uploads" / batch.stored


def keep_upload(
    content: bytes,
    filename: str,
    actor: User | None,
    now: dt.datetime,
    kind: str = "",
    found: Table | None = None,
) -> ImportBatch:
    """Store an upload under a random name until it is confirmed. Unless said, its kind and its
    mapping are those of the last file of this shape, else what its headings tell."""
    batch = ImportBatch(
        kind=kind or Kind.COMPANIES.value,
        filename=filename[:200],
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        stored=secrets.token_hex(16),
        created_at=now,
        created_by_id=actor.id if actor else None,
    )
    if found is not None:
        _remember(batch, found, kind)
    path = upload_path(batch)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    db.session.add(batch)
    db.session.flush()
    return batch


def _remember(batch: ImportBatch, table: Table, kind: str) -> None:
    batch.shape = headings.shape(table.headings)
    known = queries.mapping_of(batch.shape)
    if known is not None and kind in {"", known.kind}:
        fields = headings.as_remembered(table.headings, json.loads(known.fields))
        batch.kind, batch.remembered = known.kind, True
        batch.mapping = json.dumps(fields, ensure_ascii=False)
    else:
        batch.kind = kind or headings.recognised(table.headings)


def prepared_batch(batch: ImportBatch, actor: User | None, tell: Tell = silent) -> Prepared:
    """The file of an upload, read and planned as it is mapped now."""
    return prepare(
        upload_path(batch).read_bytes(),
        json.loads(batch.mapping),
        batch.kind,
        read_choices(json.loads(batch.choices)),
        actor,
        tell,
    )


def check(batch: ImportBatch, actor: User | None, tell: Tell = silent) -> dict[str, Any]:
    """What the preview shows of an upload, as plain values; writes nothing."""
    try:
        prepared = prepared_batch(batch, actor, tell)
    except InputError as error:
        table = read_table(upload_path(batch).read_bytes())
        shown = {"refusal": {"code": error.code, "params": error.params}}
        return shown | described(table, json.loads(batch.mapping), batch.kind)
    rehearse(prepared)
    found = report(prepared)
    return {
        "report": found,
        **reporting.fresh(prepared.plan, found["duplicates"]),
        "differences": [reporting.difference_row(d) for d in prepared.plan.differences],
        **described(prepared.table, json.loads(batch.mapping), batch.kind),
    }


def rehearse(prepared: Prepared) -> None:
    """Let the pipeline say what it would refuse: deals are opened and moved, and all of it is
    taken back. Its refusals become findings of the plan."""
    if prepared.kind != Kind.DEALS.value or not isinstance(prepared.plan, RecordPlan):
        return
    now = dt.datetime.now(dt.UTC)
    try:
        with unit_of_work("deal.import", actor=prepared.actor):
            batch = ImportBatch(id=0, filename="")
            deal_operations.apply_deals(batch, prepared.plan, prepared.actor, now)
            raise RowsRefused(prepared.plan)
    except RowsRefused:
        db.session.expire_all()


def report(prepared: Prepared, duplicates: list[Duplicate] | None = None) -> dict[str, Any]:
    """The report of what was planned, with the likely duplicates of what would be entered."""
    plan = prepared.plan
    if duplicates is None and isinstance(plan, Plan):
        duplicates = among_planned(plan)
    whole = reporting.report(plan, duplicates or [], _labels(prepared))
    ignored = reporting.ignored_columns(prepared.table.headings, prepared.targets)
    return whole | {"ignored": ignored, "other_sheets": prepared.table.other_sheets}


def _labels(prepared: Prepared) -> dict[int, tuple[str, str]]:
    table = prepared.table
    wanted = {finding.row for finding in (*prepared.plan.refused, *prepared.plan.warnings)}
    return {row: label_of(table.rows[row - table.first_row], prepared.targets) for row in wanted}


@seldom_collecting()
def apply(
    batch: ImportBatch,
    prepared: Prepared,
    actor: User | None,
    now: dt.datetime,
    sound_rows_only: bool = False,
    tell: Tell = silent,
) -> dict[str, Any]:
    """Write what the file adds, as things stand now; answers the report.

    Raises RowsRefused when a row is refused and not only the sound ones were asked for.
    """
    serialise("import")  # a name that two files enter at once is one company
    plan = prepared.plan = as_it_stands(prepared)
    _check_refused(plan, sound_rows_only)
    duplicates: list[Duplicate] = []
    if isinstance(plan, Plan):
        duplicates = company_operations.apply(batch, plan, actor, now, tell)
    elif prepared.kind == Kind.DEALS.value:
        deal_operations.apply_deals(batch, plan, actor, now, tell)
    else:
        record_operations.apply_records(prepared.kind, batch, plan, actor, now, tell)
    _check_refused(plan, sound_rows_only)
    batch.state, batch.applied_at = BatchState.DONE.value, now
    whole = report(prepared, duplicates)
    batch.report = json.dumps(whole, ensure_ascii=False)
    batch.summary = json.dumps(reporting.summary(whole))
    batch.checked = ""
    _keep_mapping(batch, prepared, actor, now)
    db.session.flush()
    return whole


def _check_refused(plan: Plan | RecordPlan, sound_rows_only: bool) -> None:
    if plan.refused and not sound_rows_only:
        raise RowsRefused(plan)


def _keep_mapping(
    batch: ImportBatch, prepared: Prepared, actor: User | None, now: dt.datetime
) -> None:
    """Remember how files of this shape are mapped: as this one was."""
    if not batch.shape:
        return
    headed = prepared.table.headings
    fields = {
        folded_label(label): headings.spelled(target, heading, batch.kind)
        for label, heading, target in zip(labels(headed), headed, prepared.targets, strict=True)
        if target.reason != "column.reasons"
    }
    known = queries.mapping_of(batch.shape) or ImportMapping(shape=batch.shape)
    known.kind, known.fields = batch.kind, json.dumps(fields, ensure_ascii=False)
    known.confirmed_at, known.confirmed_by_id = now, actor.id if actor else None
    db.session.add(known)


def forget_mapping(batch: ImportBatch) -> None:
    """Map the columns by their synonyms again, this file and the next ones of its shape."""
    known = queries.mapping_of(batch.shape)
    if known is not None:
        db.session.delete(known)
    batch.mapping, batch.remembered, batch.choices = "{}", False, "{}"


def clear_away(batch: ImportBatch) -> None:
    """Remove the upload, unless its rejected rows can still be asked for."""
    if not json.loads(batch.summary).get("refused"):
        upload_path(batch).unlink(missing_ok=True)


def discard(batch: ImportBatch) -> None:
    """Give an upload up; its file goes."""
    batch.state = BatchState.DISCARDED.value
    upload_path(batch).unlink(missing_ok=True)
