"""Imports: a file is read and planned, then applied in one transaction."""

import datetime as dt
import hashlib
import json
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import current_app

from portfolio.audit import operations as audit
from portfolio.companies.models import (
    Company,
    CompanyName,
    CompanySearch,
    Figure,
    LeadSource,
    StockCode,
)
from portfolio.companies.operations import REVENUE, search_row
from portfolio.companies.signals import figures_stated
from portfolio.extensions import Actor, db
from portfolio.intake import headings, queries
from portfolio.intake.checks import read_rows
from portfolio.intake.headings import Target
from portfolio.intake.models import BatchState, ImportBatch
from portfolio.intake.plan import CompanyPlan, Duplicate, Plan, likely_duplicates, make_plan
from portfolio.intake.reading import Table, is_workbook, read_csv
from portfolio.intake.rows import Row
from portfolio.intake.workbook import read_workbook
from portfolio.kernel.errors import InputError
from portfolio.kernel.stockcode import board_of
from portfolio.web.sheets import restore

BATCH = 2000
BLANK = [
    *("name_en", "short_name", "uscc_missing_reason", "region_code", "place"),
    *("industry", "website", "description", "lead_source_note"),
]


@dataclass
class Prepared:
    """A file that was read and planned: what the preview shows and the confirmation applies."""

    table: Table
    targets: list[Target]
    rows: list[Row]
    plan: Plan


def read_table(content: bytes) -> Table:
    """The table in a file's bytes; the kind is told by the content, never by the name."""
    if len(content) > current_app.config["MAX_IMPORT_LENGTH"]:
        raise InputError(
            "file.too_large", most=current_app.config["MAX_IMPORT_LENGTH"] // (1024 * 1024)
        )
    if is_workbook(content):
        return read_workbook(content)
    table = read_csv(content)
    table.rows = [[restore(cell) for cell in row] for row in table.rows]
    return table


def as_it_stands(prepared: Prepared) -> Plan:
    """The plan made anew inside the unit of work that applies it: what others wrote since the
    file was read is known to it."""
    sound = [row for row in prepared.rows if not row.refusals]
    return make_plan(prepared.rows, queries.snapshot(sound))


def prepare(content: bytes, chosen: dict[str, str] | None = None) -> Prepared:
    """Read a file and plan its import; writes nothing. Raises InputError on a refused file."""
    table = read_table(content)
    targets = headings.mapped(table.headings, chosen or {})
    headings.check_targets(table.headings, targets)
    rows = read_rows(table, targets)
    prepared = Prepared(table, targets, rows, Plan())
    prepared.plan = as_it_stands(prepared)
    return prepared


def keep_upload(
    content: bytes, filename: str, actor: Actor | None, now: dt.datetime
) -> ImportBatch:
    """Store an upload under a random name until it is confirmed."""
    batch = ImportBatch(
        filename=filename[:200],
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        stored=secrets.token_hex(16),
        created_at=now,
        created_by_id=actor.id if actor else None,
    )
    path = upload_path(batch)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    db.session.add(batch)
    db.session.flush()
    return batch


def upload_path(batch: ImportBatch) -> Path:
    """Where an upload lies."""
    return Path(current_app.config["INSTANCE_PATH"]) / "uploads" / batch.stored


def discard(batch: ImportBatch) -> None:
    """Give an upload up; its file goes."""
    batch.state = BatchState.DISCARDED.value
    upload_path(batch).unlink(missing_ok=True)


def apply(batch: ImportBatch, plan: Plan, actor: Actor | None, now: dt.datetime) -> list[Duplicate]:
    """Write what the plan adds; answers the likely duplicates among the companies entered."""
    actor_id = actor.id if actor else None
    fresh = [c for c in plan.companies if c.known is None]
    ids = _insert_companies(fresh, actor_id, now)
    for company in plan.companies:
        if company.known is not None:
            ids[id(company)] = company.known.id
            _complete(company, now)
    _insert_codes(plan, ids)
    _reindex(plan, ids)
    _insert_figures(plan, ids, batch, actor_id, now)
    _record(plan, ids, batch)
    figures_stated.send({ids[id(c)] for c in plan.companies if c.figures}, now=now)
    batch.state, batch.applied_at = BatchState.DONE.value, now
    duplicates = _duplicates([ids[id(company)] for company in fresh])
    batch.report = json.dumps(report(plan, duplicates), ensure_ascii=False)
    db.session.flush()
    return duplicates


def _insert_companies(
    fresh: Sequence[CompanyPlan], actor_id: int | None, now: dt.datetime
) -> dict[int, int]:
    ids: dict[int, int] = {}
    for start in range(0, len(fresh), BATCH):
        part = fresh[start : start + BATCH]
        found = db.session.scalars(
            sa.insert(Company).returning(Company.id, sort_by_parameter_order=True),
            [_company_row(company, actor_id, now) for company in part],
        ).all()
        ids.update(zip(map(id, part), found, strict=True))
    return ids


def _company_row(company: CompanyPlan, actor_id: int | None, now: dt.datetime) -> dict[str, Any]:
    revenue, year = _latest_revenue(company)
    blank = dict.fromkeys(BLANK, "")
    return {
        **blank,
        "uscc": None,
        "founded_on": None,
        "lead_source": LeadSource.IMPORT.value,
        **company.columns,
        "latest_revenue_fen": revenue,
        "latest_revenue_year": year,
        "created_at": now,
        "updated_at": now,
        "created_by_id": actor_id,
        "version": 1,
    }


def _latest_revenue(company: CompanyPlan) -> tuple[int | None, int | None]:
    figures = {key: value for key, value in company.figures.items() if key[0] == REVENUE}
    if company.known:
        known = company.known.figures
        figures = {k: v for k, v in known.items() if k[0] == REVENUE} | figures
    years = [year for (_, year), value in figures.items() if year and value[0] is not None]
    return (figures[(REVENUE, max(years))][0], max(years)) if years else (None, None)


def _complete(company: CompanyPlan, now: dt.datetime) -> None:
    """Fill what was blank of a company that is known; nothing is overwritten."""
    assert company.known is not None  # noqa: S101 - only known companies are completed
    revenue, year = _latest_revenue(company)
    values: dict[str, Any] = dict(company.columns)
    if any(key[0] == REVENUE for key in company.figures):
        values.update(latest_revenue_fen=revenue, latest_revenue_year=year)
    if values:
        db.session.execute(
            sa.update(Company)
            .where(Company.id == company.known.id)
            .values(**values, updated_at=now, version=Company.version + 1)
        )


def _insert_codes(plan: Plan, ids: dict[int, int]) -> None:
    codes = [
        {"company_id": ids[id(c)], "code": code, "board": board_of(code), "listed_on": day}
        for c in plan.companies
        for code, day in c.codes.items()
    ]
    names = [
        {"company_id": ids[id(c)], "name": name, "kind": "former"}
        for c in plan.companies
        if c.known is None
        for name in c.former_names
    ]
    for model, rows in ((StockCode, codes), (CompanyName, names)):
        _insert(model, rows)


def _insert(model: Any, rows: Sequence[dict[str, Any]]) -> None:
    for start in range(0, len(rows), BATCH):
        db.session.execute(sa.insert(model), rows[start : start + BATCH])


def _reindex(plan: Plan, ids: dict[int, int]) -> None:
    fresh: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    for company in plan.companies:
        known = company.known
        if known is not None and not (company.columns or company.codes):
            continue
        columns = {**(known.columns if known else {}), **company.columns}
        names = [columns.get(name) or "" for name in ("name_zh", "short_name", "name_en")]
        codes = [*(known.codes if known else ()), *company.codes]
        credit = [columns["uscc"]] if columns.get("uscc") else []
        row = search_row(ids[id(company)], [*names, *company.former_names], [*credit, *codes])
        (fresh if known is None else changed).append(row)
    _insert(CompanySearch, fresh)
    if changed:
        db.session.execute(sa.update(CompanySearch), changed)


def _figure_rows(
    plan: Plan, ids: dict[int, int], fixed: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    for company in plan.companies:
        for figures, disputed in ((company.figures, False), (company.disputed, True)):
            for (metric, year), (micro, choice) in figures.items():
                yield {
                    **fixed,
                    "company_id": ids[id(company)],
                    "metric": metric,
                    "fiscal_year": year,
                    "micro": micro,
                    "choice": choice,
                    "disputed": disputed,
                }


def _insert_figures(
    plan: Plan, ids: dict[int, int], batch: ImportBatch, actor_id: int | None, now: dt.datetime
) -> None:
    fixed = {
        "source": batch.filename,
        "evidence": "",
        "audited": None,
        "as_of": None,
        "batch_id": batch.id,
        "recorded_at": now,
        "recorded_by_id": actor_id,
        "superseded_at": None,
    }
    _insert(Figure, list(_figure_rows(plan, ids, fixed)))


def _record(plan: Plan, ids: dict[int, int], batch: ImportBatch) -> None:
    """One entry for each company: what was entered or filled, and how many figures came."""
    for company in plan.companies:
        if not (company.columns or company.codes or company.figures or company.disputed):
            continue
        company_id = ids[id(company)]
        new = company.known is None
        columns = {name: audit.plain(value) for name, value in company.columns.items()}
        said: dict[str, Any] = {**columns, "batch": batch.id}
        before = {} if new else {**dict.fromkeys(columns), "batch": None}
        audit.record(audit.Entry("company.import", "company", company_id, before, said, company_id))
        if company.figures or company.disputed:
            figures = {
                f"{metric} {year or ''}".strip(): choice if micro is None else micro
                for (metric, year), (micro, choice) in company.figures.items()
            }
            counted = {"batch": batch.id, "figures": figures, "disputed": len(company.disputed)}
            audit.record(audit.Entry("figure.import", "figure", None, {}, counted, company_id))


def _duplicates(fresh: Sequence[int]) -> list[Duplicate]:
    if not fresh:
        return []
    everybody = {str(key): name for key, name in queries.everybodys_names().items()}
    return likely_duplicates({str(key): everybody[str(key)] for key in fresh}, everybody)


def report(plan: Plan, duplicates: Sequence[Duplicate]) -> dict[str, Any]:
    """The report of an import, as the command prints it and the page shows it."""
    fresh = [c for c in plan.companies if c.known is None]
    changed = [c for c in plan.companies if c.known is not None and (c.columns or c.codes)]
    figures = sum(len(c.figures) for c in plan.companies)
    return {
        "rows": plan.rows,
        "created": {"companies": len(fresh), "figures": figures},
        "updated": {"companies": len(changed), "figures": 0},
        "unchanged": {
            "companies": len(plan.companies) - len(fresh) - len(changed),
            "figures": sum(c.unchanged for c in plan.companies),
        },
        "disputed": sum(len(c.disputed) for c in plan.companies),
        "refused": [finding_row(f) for f in plan.refused],
        "warnings": [finding_row(f) for f in plan.warnings],
        "duplicates": [{"one": d.one, "other": d.other, "reason": d.reason} for d in duplicates],
    }


def finding_row(finding: Any) -> dict[str, Any]:
    """A finding as plain values."""
    return {
        "row": finding.row,
        "field": finding.field,
        "code": finding.code,
        "params": dict(finding.params),
    }
