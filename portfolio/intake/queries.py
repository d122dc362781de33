"""Reads for imports: the companies a file may mean, and the batches so far."""

from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from sqlalchemy import orm

from portfolio.companies import merge_queries as merges
from portfolio.companies.models import Company, CompanyMerge, CompanyName, Figure, StockCode
from portfolio.extensions import db
from portfolio.intake.models import BatchState, ImportBatch, ImportJob, ImportMapping, JobState
from portfolio.intake.plan import FILLED, Known, Snapshot
from portfolio.intake.rows import Row
from portfolio.kernel.parts import in_parts


def snapshot(rows: Sequence[Row], figures: bool = True) -> Snapshot:
    """The companies that the rows may mean, with their codes and other names and, unless not asked
    for, figures."""
    codes = {code for row in rows for code in row.columns.get("stock_code") or []}
    credits = {row.columns["uscc"] for row in rows if row.columns.get("uscc")}
    names = {row.columns["name_zh"] for row in rows if row.columns.get("name_zh")}
    known = _companies(codes, credits, names)
    _add_codes(known)
    _add_names(known)
    if figures:
        _add_figures(known)
        _add_answers(known)
    found = Snapshot()
    _add_merged(found, known, credits, names)
    for company in known.values():
        found.by_code.update(dict.fromkeys(company.codes, company))
        if company.columns["uscc"]:
            found.by_uscc[company.columns["uscc"]] = company
        found.by_name.setdefault(company.columns["name_zh"], []).append(company)
    return found


def _companies(codes: set[str], credits: set[str], names: set[str]) -> dict[int, Known]:
    ids: set[int] = set()
    for wanted, column, owner in (
        (codes, StockCode.code, StockCode.company_id),
        (credits, Company.uscc, Company.id),
        (names, Company.name_zh, Company.id),
    ):
        for part in in_parts(wanted):
            ids.update(db.session.scalars(sa.select(owner).where(column.in_(part))))
    for part in in_parts(credits):
        rows = sa.select(CompanyMerge.merged_id).where(CompanyMerge.uscc.in_(part))
        ids.update(db.session.scalars(rows))
    survivors = merges.survivors(ids)
    ids = {survivors.get(company_id, company_id) for company_id in ids}
    columns = [getattr(Company, name) for name in ("id", "name_zh", *FILLED)]
    known = {}
    for some in in_parts(ids):
        for row in db.session.execute(sa.select(*columns).where(Company.id.in_(some))):
            values = dict(row._mapping)
            company_id = values.pop("id")
            known[company_id] = Known(company_id, values)
    return known


def _add_merged(
    found: Snapshot, known: dict[int, Known], credits: set[str], names: set[str]
) -> None:
    """A merged company's code and name mean the one that it is part of."""
    columns = (CompanyMerge.merged_id, CompanyMerge.uscc, Company.name_zh)
    query = sa.select(*columns).join(Company, Company.id == CompanyMerge.merged_id)
    meant: dict[int, tuple[str | None, str]] = {}
    for wanted, column in ((credits, CompanyMerge.uscc), (names, Company.name_zh)):
        for part in in_parts(wanted):
            rows = db.session.execute(query.where(column.in_(part)))
            meant |= {merged_id: (code, name) for merged_id, code, name in rows}
    survivors = merges.survivors(meant)
    for merged_id, (code, name) in sorted(meant.items()):
        company = known.get(survivors[merged_id])
        if company is None:
            continue
        if code in credits:
            found.by_uscc[code] = company
        same = found.by_name.setdefault(name, [])
        if name in names and name != company.columns["name_zh"] and company not in same:
            same.append(company)


def _add_codes(known: dict[int, Known]) -> None:
    for part in in_parts(known):
        rows = sa.select(StockCode.company_id, StockCode.code).where(StockCode.company_id.in_(part))
        for company_id, code in db.session.execute(rows):
            known[company_id].codes.add(code)


def _add_names(known: dict[int, Known]) -> None:
    for part in in_parts(known):
        rows = sa.select(CompanyName.company_id, CompanyName.name)
        for company_id, name in db.session.execute(rows.where(CompanyName.company_id.in_(part))):
            known[company_id].names.add(name)


def _add_figures(known: dict[int, Known]) -> None:
    columns = (
        Figure.company_id,
        Figure.metric,
        Figure.fiscal_year,
        Figure.micro,
        Figure.choice,
        Figure.disputed,
    )
    for part in in_parts(known):
        query = sa.select(*columns).where(
            Figure.company_id.in_(part), Figure.superseded_at.is_(None)
        )
        for company_id, metric, year, micro, choice, disputed in db.session.execute(query):
            company = known[company_id]
            if disputed:
                company.disputed.add((metric, year, (micro, choice)))
            else:
                company.figures[(metric, year)] = (micro, choice)


def _add_answers(known: dict[int, Known]) -> None:
    """Values that somebody has decided on: those that were kept beside and are so no more, and the
    current ones that such a value replaced. Taking an import back decides nothing."""
    beside = orm.aliased(Figure)
    taken_back = sa.select(ImportBatch.id).where(ImportBatch.state == BatchState.UNDONE.value)
    columns = (Figure.company_id, Figure.metric, Figure.fiscal_year, Figure.micro, Figure.choice)
    decided = sa.and_(
        beside.company_id == Figure.company_id,
        beside.metric == Figure.metric,
        beside.fiscal_year.is_not_distinct_from(Figure.fiscal_year),
        beside.superseded_at == Figure.superseded_at,
        beside.disputed,
        sa.func.coalesce(beside.batch_id, 0).not_in(taken_back),
    )
    for part in in_parts(known):
        query = sa.select(*columns).join(beside, decided).where(Figure.company_id.in_(part))
        for company_id, metric, year, micro, choice in db.session.execute(query):
            known[company_id].answered.add((metric, year, (micro, choice)))


def codes_of(company_ids: Iterable[int]) -> dict[int, str]:
    """The stock codes of companies, as one text each."""
    found: dict[int, list[str]] = {}
    for part in in_parts(company_ids):
        rows = sa.select(StockCode.company_id, StockCode.code).where(StockCode.company_id.in_(part))
        for company_id, code in db.session.execute(rows):
            found.setdefault(company_id, []).append(code)
    return {company_id: ", ".join(codes) for company_id, codes in found.items()}


def recent_batches() -> Sequence[ImportBatch]:
    """The latest imports, newest first."""
    return db.session.scalars(
        sa.select(ImportBatch).order_by(ImportBatch.id.desc()).limit(50)
    ).all()


def locked(batch_id: int) -> ImportBatch:
    """An import as it stands now, held until the unit of work ends."""
    return db.session.get_one(ImportBatch, batch_id, populate_existing=True, with_for_update=True)


def same_file(sha256: str) -> ImportBatch | None:
    """The import of the very same file, when there was one."""
    return db.session.scalar(
        sa.select(ImportBatch)
        .where(ImportBatch.sha256 == sha256, ImportBatch.state == BatchState.DONE.value)
        .order_by(ImportBatch.id.desc())
        .limit(1)
    )


def names_of(company_ids: Iterable[int]) -> dict[int, str]:
    """Names by id, for the companies on a page."""
    found: dict[int, str] = {}
    for part in in_parts(company_ids):
        rows = sa.select(Company.id, Company.name_zh).where(Company.id.in_(part))
        found.update((row[0], row[1]) for row in db.session.execute(rows))
    return found


def mapping_of(shape: str) -> ImportMapping | None:
    """How files of this shape were last mapped."""
    return db.session.scalar(sa.select(ImportMapping).where(ImportMapping.shape == shape))


def open_job(batch_id: int) -> ImportJob | None:
    """The long run over a file that waits or runs."""
    states = (JobState.WAITING.value, JobState.RUNNING.value)
    return db.session.scalar(
        sa.select(ImportJob).where(ImportJob.batch_id == batch_id, ImportJob.state.in_(states))
    )


def latest_job(batch_id: int) -> ImportJob | None:
    """The newest long run over a file."""
    return db.session.scalar(
        sa.select(ImportJob)
        .where(ImportJob.batch_id == batch_id)
        .order_by(ImportJob.id.desc())
        .limit(1)
    )


def busy(batch_ids: Iterable[int]) -> set[int]:
    """The files on a page over which a long run waits or goes on."""
    states = (JobState.WAITING.value, JobState.RUNNING.value)
    return set(
        db.session.scalars(
            sa.select(ImportJob.batch_id).where(
                ImportJob.batch_id.in_(list(batch_ids)), ImportJob.state.in_(states)
            )
        )
    )
