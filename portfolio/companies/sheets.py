"""Files of companies: the columns, and the rows in the order of a list."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from portfolio.companies import queries
from portfolio.companies.merge_queries import unmerged
from portfolio.companies.models import Company, Figure
from portfolio.extensions import db
from portfolio.kernel.numbers import from_micro
from portfolio.kernel.records import LeadSource
from portfolio.kernel.titles import titled
from portfolio.rulebook.metrics import Metric, dictionary
from portfolio.web.sheets import Column, Kind

CHUNK = 500


def _codes(company: Company) -> str:
    return ";".join(code.code for code in company.stock_codes)


COMPANY_COLUMNS = (
    Column("company_id", "企业编号", "Company ID", Kind.INTEGER, lambda c: c.id),
    Column("uscc", "统一社会信用代码", "Credit code", Kind.CODE, lambda c: c.uscc),
    Column("stock_code", "证券代码", "Stock code", Kind.CODE, lambda c: _codes(c) or None),
    Column("name", "企业全称", "Company", Kind.TEXT, lambda c: c.name_zh),
    Column("short_name", "企业简称", "Short name", Kind.TEXT, lambda c: c.short_name or None),
    Column("name_en", "英文名称", "English name", Kind.TEXT, lambda c: c.name_en or None),
    Column(
        "former_names",
        "曾用名",
        "Former names",
        Kind.TEXT,
        lambda c: ";".join(n.name for n in c.names) or None,
    ),
    Column("place", "所在地", "Place", Kind.TEXT, lambda c: c.place or None),
    Column(
        "region_code", "行政区划代码", "Region code", Kind.CODE, lambda c: c.region_code or None
    ),
    Column("industry", "行业", "Industry", Kind.TEXT, lambda c: c.industry or None),
    Column("founded_on", "成立日期", "Founded", Kind.DATE, lambda c: c.founded_on),
    Column("website", "网站", "Website", Kind.TEXT, lambda c: c.website or None),
    Column("lead_source", "线索来源", "Lead source", Kind.TEXT, lambda c: c.lead_source or None),
    Column("description", "业务描述", "Description", Kind.TEXT, lambda c: c.description or None),
    Column("products", "主要产品", "Main products", Kind.TEXT, lambda c: c.products or None),
    Column(
        "latest_revenue",
        "最近一年营业收入（万元，计算列）",
        "Latest revenue (10,000 CNY, computed)",
        Kind.WAN,
        lambda c: c.latest_revenue_fen,
    ),
    Column(
        "latest_revenue_year",
        "最近营业收入年度（计算列）",
        "Year of latest revenue (computed)",
        Kind.INTEGER,
        lambda c: c.latest_revenue_year,
    ),
)


def company_columns(header: str) -> Sequence[Column]:
    """The columns of a company: what is one of a list stands by its title, in a file for machines
    by its key."""
    if header == "machine":
        return COMPANY_COLUMNS
    return [
        replace(column, value=lambda c: _source(c, header))
        if column.key == "lead_source"
        else column
        for column in COMPANY_COLUMNS
    ]


def _source(company: Company, header: str) -> str | None:
    known = LeadSource._value2member_map_.get(company.lead_source)
    return titled(known, header) if known else company.lead_source or None


def companies_in_order(chosen: Sequence[int]) -> Iterator[Company]:
    """Companies by their ids, a chunk at a time, so that memory does not grow with the list."""
    for start in range(0, len(chosen), CHUNK):
        part = chosen[start : start + CHUNK]
        rows = db.session.scalars(
            sa.select(Company)
            .where(Company.id.in_(part))
            .options(selectinload(Company.stock_codes), selectinload(Company.names))
        )
        found = {row.id: row for row in rows}
        yield from (found[company_id] for company_id in part if company_id in found)
        db.session.expunge_all()


@dataclass(frozen=True)
class YearRow:
    """One company in one fiscal year with its current figures; facts stand in every year."""

    company: Company
    year: int
    figures: dict[str, Figure]


def year_rows(chosen: Sequence[int]) -> Iterator[YearRow]:
    """A row for each company and fiscal year that has figures, in the order of the ids."""
    for start in range(0, len(chosen), CHUNK):
        part = chosen[start : start + CHUNK]
        current = queries.current_rows(part)
        by_company: dict[int, dict[tuple[str, int | None], Figure]] = {}
        for (company_id, metric, year), figure in current.items():
            by_company.setdefault(company_id, {})[(metric, year)] = figure
        companies = {c.id: c for c in queries.by_ids(part)}
        for company_id in part:
            figures = by_company.get(company_id, {})
            yield from _years(companies[company_id], figures)
        db.session.expunge_all()


def _years(company: Company, figures: dict[tuple[str, int | None], Figure]) -> Iterator[YearRow]:
    facts = {metric: figure for (metric, year), figure in figures.items() if year is None}
    for year in sorted({year for _, year in figures if year is not None}):
        own = {metric: figure for (metric, y), figure in figures.items() if y == year}
        yield YearRow(company, year, facts | own)


def figure_columns() -> Sequence[Column]:
    """Who, which year, then every metric of the dictionary in its unit."""
    head = (
        Column("company_id", "企业编号", "Company ID", Kind.INTEGER, lambda r: r.company.id),
        Column("uscc", "统一社会信用代码", "Credit code", Kind.CODE, lambda r: r.company.uscc),
        Column(
            "stock_code", "证券代码", "Stock code", Kind.CODE, lambda r: _codes(r.company) or None
        ),
        Column("name", "企业全称", "Company", Kind.TEXT, lambda r: r.company.name_zh),
        Column("fiscal_year", "年度", "Fiscal year", Kind.INTEGER, lambda r: r.year),
    )
    return (*head, *(_metric_column(metric) for metric in dictionary().values()))


def _metric_column(metric: Metric) -> Column:
    def value(row: YearRow) -> Any:
        figure = row.figures.get(metric.id)
        if figure is None:
            return None
        if metric.money:
            return figure.micro
        return figure.choice if figure.micro is None else from_micro(figure.micro)

    return Column(
        metric.id,
        metric.heading("zh"),
        metric.heading("en"),
        Kind.WAN if metric.money else Kind.DECIMAL if metric.numeric else Kind.TEXT,
        value,
    )


def every_company() -> Sequence[int]:
    """All companies by number: what the command line exports."""
    return db.session.scalars(sa.select(Company.id).where(unmerged()).order_by(Company.id)).all()
