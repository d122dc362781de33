"""Writing an import of companies: in bulk, with a trail and with what an undo needs."""

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from portfolio.audit import operations as audit
from portfolio.companies.duplicate_operations import insert_keys, rekey_many
from portfolio.companies.likeness import Key
from portfolio.companies.merge_queries import dropped_codes
from portfolio.companies.models import (
    Company,
    CompanyName,
    CompanySearch,
    Figure,
    NameKind,
    StockCode,
)
from portfolio.companies.operations import REVENUE, search_row
from portfolio.companies.signals import figures_stated
from portfolio.extensions import Actor, db, insert_rows, next_ids
from portfolio.intake.checks import Tell, silent
from portfolio.intake.duplicate_queries import among_entered, planned_keys
from portfolio.intake.models import ImportBatch, ImportChange
from portfolio.intake.plan import CompanyPlan, Duplicate, FigureKey, Plan, Value
from portfolio.kernel.records import LeadSource
from portfolio.kernel.stockcode import board_of

BLANK = [
    *("name_en", "short_name", "uscc_missing_reason", "region_code", "place"),
    *("industry", "website", "description", "products", "lead_source_note"),
]


def apply(
    batch: ImportBatch, plan: Plan, actor: Actor | None, now: dt.datetime, tell: Tell = silent
) -> list[Duplicate]:
    """Write what the plan adds; answers the likely duplicates among the companies entered.

    `tell` is told how many of the plan's rows may count as written.
    """
    actor_id = actor.id if actor else None
    fresh = [c for c in plan.companies if c.known is None]
    ids = _insert_companies(fresh, actor_id, now)
    for company in plan.companies:
        if company.known is not None:
            ids[id(company)] = company.known.id
            _complete(company, now)
    tell(plan.rows // 5)
    _insert_codes_and_names(plan, ids)
    keys = _reindex(plan, ids)
    tell(plan.rows * 2 // 5)
    _supersede(plan, ids, now)
    _insert_figures(plan, ids, batch, actor_id, now)
    tell(plan.rows * 3 // 5)
    _keep_changes(plan, ids, batch)
    _record(plan, ids, batch)
    tell(plan.rows * 4 // 5)
    figures_stated.send({ids[id(c)] for c in plan.companies if c.current}, now=now)
    tell(plan.rows)
    return among_entered(keys)


def _insert_companies(
    fresh: Sequence[CompanyPlan], actor_id: int | None, now: dt.datetime
) -> dict[int, int]:
    numbers = next_ids(Company, len(fresh))
    insert_rows(
        Company,
        [
            {"id": number, **_company_row(company, actor_id, now)}
            for number, company in zip(numbers, fresh, strict=True)
        ],
    )
    return dict(zip(map(id, fresh), numbers, strict=True))


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
    figures = {key: value for key, value in company.current.items() if key[0] == REVENUE}
    if company.known:
        known = company.known.figures
        figures = {k: v for k, v in known.items() if k[0] == REVENUE} | figures
    years = [year for (_, year), value in figures.items() if year and value[0] is not None]
    return (figures[(REVENUE, max(years))][0], max(years)) if years else (None, None)


def _complete(company: CompanyPlan, now: dt.datetime) -> None:
    """Fill what was blank of a company that is known, and change what was chosen."""
    assert company.known is not None  # noqa: S101 - only known companies are completed
    revenue, year = _latest_revenue(company)
    values: dict[str, Any] = dict(company.columns)
    if any(key[0] == REVENUE for key in company.current):
        values.update(latest_revenue_fen=revenue, latest_revenue_year=year)
    if values or company.touched:
        db.session.execute(
            sa.update(Company)
            .where(Company.id == company.known.id)
            .values(**values, updated_at=now, version=Company.version + 1)
        )


def _insert_codes_and_names(plan: Plan, ids: dict[int, int]) -> None:
    codes = [
        {"company_id": ids[id(c)], "code": code, "board": board_of(code), "listed_on": day}
        for c in plan.companies
        for code, day in c.codes.items()
    ]
    names = [
        {"company_id": ids[id(c)], "name": name, "kind": NameKind.FORMER.value}
        for c in plan.companies
        for name in c.former_names
    ]
    insert_rows(StockCode, codes)
    insert_rows(CompanyName, names)


def _reindex(plan: Plan, ids: dict[int, int]) -> dict[int, frozenset[Key]]:
    """Make what is entered or changed findable; answers the keys of the companies entered."""
    keys: dict[int, frozenset[Key]] = {}
    fresh: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    dropped = dropped_codes(c.known.id for c in plan.companies if c.known is not None)
    for company in plan.companies:
        known = company.known
        if known is not None and not company.touched:
            continue
        columns = {**(known.columns if known else {}), **company.columns}
        names = [columns.get(name) or "" for name in ("name_zh", "short_name", "name_en")]
        names += [*(known.names if known else ()), *company.former_names]
        codes = [*(known.codes if known else ()), *company.codes]
        credit = [columns["uscc"]] if columns.get("uscc") else []
        codes += [*credit, *dropped.get(ids[id(company)], [])]
        row = search_row(ids[id(company)], names, codes)
        (fresh if known is None else changed).append(row)
        if known is None:
            keys[row["company_id"]] = planned_keys(company)
    insert_rows(CompanySearch, fresh)
    if changed:
        db.session.execute(sa.update(CompanySearch), changed)
    rekey_many(row["company_id"] for row in changed)
    insert_keys(keys.items())
    return keys


def _supersede(plan: Plan, ids: dict[int, int], now: dt.datetime) -> None:
    """Close the current rows that are replaced, and open doubts that the new value settles."""
    keys = [
        {
            "of": ids[id(c)],
            "metric_": key[0],
            "year_": key[1],
            "micro_": value[0],
            "word_": value[1],
        }
        for c in plan.companies
        for key, value in c.replaced.items()
    ]
    for yearly in (True, False):
        wanted = [key for key in keys if (key["year_"] is not None) == yearly]
        if wanted:
            db.session.connection().execute(_closing(yearly, now), wanted)


def _closing(yearly: bool, now: dt.datetime) -> Any:
    table = Figure.__table__
    year = table.c.fiscal_year
    settled = sa.and_(
        table.c.micro.is_not_distinct_from(sa.bindparam("micro_")),
        table.c.choice.is_not_distinct_from(sa.bindparam("word_")),
    )
    return (
        sa.update(Figure)
        .where(
            table.c.company_id == sa.bindparam("of"),
            table.c.metric == sa.bindparam("metric_"),
            year == sa.bindparam("year_") if yearly else year.is_(None),
            table.c.superseded_at.is_(None),
            sa.or_(table.c.disputed.is_(False), settled),
        )
        .values(superseded_at=now)
    )


def _figure_rows(
    plan: Plan, ids: dict[int, int], fixed: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    for company in plan.companies:
        for figures, disputed in ((company.current, False), (company.disputed, True)):
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
    insert_rows(Figure, list(_figure_rows(plan, ids, fixed)))


def _keep_changes(plan: Plan, ids: dict[int, int], batch: ImportBatch) -> None:
    """What an undo takes back: companies entered, columns changed, codes and names added."""
    rows = []
    for company in plan.companies:
        new = company.known is None
        after = {name: audit.plain(value) for name, value in company.columns.items()}
        before = {name: audit.plain(company.before.get(name)) for name in after}
        for name, added in _added(company).items():
            after[name], before[name] = added, []
        if new or after:
            rows.append(change_row(batch, "company", ids[id(company)], new, before, after))
    insert_rows(ImportChange, rows)


def _added(company: CompanyPlan) -> dict[str, list[str]]:
    """The codes and the names that a company gets."""
    added = {"stock_codes": sorted(company.codes), "former_names": company.former_names}
    return {name: values for name, values in added.items() if values}


def change_row(
    batch: ImportBatch,
    object_type: str,
    object_id: int,
    created: bool,
    before: dict[str, Any],
    after: dict[str, Any],
) -> dict[str, Any]:
    """A row of what an import wrote, for its undo."""
    return {
        "batch_id": batch.id,
        "object_type": object_type,
        "object_id": object_id,
        "created": created,
        "before": "{}" if created else json.dumps(before, ensure_ascii=False),
        "after": json.dumps(after, ensure_ascii=False),
    }


def _record(plan: Plan, ids: dict[int, int], batch: ImportBatch) -> None:
    """One entry for each company: what was entered, filled or changed, and which figures came."""
    for company in plan.companies:
        company_id = ids[id(company)]
        if company.touched or company.current or company.disputed:
            _record_columns(company, company_id, batch)
        if company.current or company.disputed:
            _record_figures(company, company_id, batch)


def _record_columns(company: CompanyPlan, company_id: int, batch: ImportBatch) -> None:
    columns = {name: audit.plain(value) for name, value in company.columns.items()}
    held: dict[str, set[str]] = {}
    before: dict[str, Any] = {}
    if company.known is not None:
        before = {name: audit.plain(company.before.get(name)) for name in columns} | {"batch": None}
        held = {"stock_codes": company.known.codes, "former_names": company.known.names}
    said = {**columns, "batch": batch.id}
    for name, added in _added(company).items():
        present = sorted(held.get(name, ()))
        said[name] = "; ".join([*present, *added])
        if company.known is not None:
            before[name] = "; ".join(present)
    audit.record(audit.Entry("company.import", "company", company_id, before, said, company_id))


def _record_figures(company: CompanyPlan, company_id: int, batch: ImportBatch) -> None:
    before: dict[str, Any] = {}
    if company.replaced and company.known is not None:
        before["figures"] = _worded({key: company.known.figures[key] for key in company.replaced})
    figures = _worded(company.current)
    counted = {"batch": batch.id, "figures": figures, "disputed": len(company.disputed)}
    audit.record(audit.Entry("figure.import", "figure", None, before, counted, company_id))


def _worded(figures: dict[FigureKey, Value]) -> dict[str, Any]:
    return {
        f"{metric} {year or ''}".strip(): choice if micro is None else micro
        for (metric, year), (micro, choice) in figures.items()
    }
