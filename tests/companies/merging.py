"""Pairs of companies to merge, and what a database holds of them."""

import datetime as dt

import sqlalchemy as sa

from portfolio.chokepoint.taxonomy import shipped
from portfolio.companies import duplicate_operations as duplicates
from portfolio.companies import merge_operations as merging
from portfolio.companies import operations
from portfolio.companies.merging import (
    Choices,
)
from portfolio.companies.models import (
    Contact,
    EquityRound,
)
from portfolio.companies.operations import Statement
from portfolio.extensions import Base, db, unit_of_work
from portfolio.journal import operations as journal
from portfolio.journal.models import Act
from portfolio.pipeline.models import Deal, Holding
from portfolio.readiness import scenario_operations as scenarios
from portfolio.readiness.models import ReadinessOwed
from portfolio.readiness.operations import refresh
from tests import factories

DAY = dt.timedelta(days=1)
NOW = dt.datetime.now(dt.UTC) - 10 * DAY
WAN = 10**6
TECHNOLOGY, OTHER = list(shipped().technologies)[:2]
TRAIL = {"audit_entry", "audit_head", "act", "user_session", "suggestion_owed"}
# Rows that go on naming the merged company: how it was merged, and what it was assessed by then.
STAYING = {("company_merge", "merged_id"), ("readiness_state", "company_id")}


def dump() -> dict[str, list]:
    """Every row of every table, the trail, the journal, log-ins and what is to be read again apart."""
    db.session.rollback()
    found = {
        table.name: [tuple(row) for row in db.session.execute(sa.select(table))]
        for table in Base.metadata.sorted_tables
        if table.name not in TRAIL
    }
    db.session.rollback()
    return {name: sorted(rows, key=str) for name, rows in found.items()}


def referring() -> list[sa.Column]:
    """Every column that names a company."""
    return [
        key.parent
        for table in Base.metadata.sorted_tables
        for key in table.foreign_keys
        if key.column.table.name == "company"
    ]


def naming(column: sa.Column, company_id: int) -> int:
    query = sa.select(sa.func.count()).where(column == company_id)
    return db.session.scalar(query) or 0


def furnish(company, actor, year: int, revenue: int, other) -> Deal:
    """Give a company one row of every kind that can name it."""
    deal = factories.deal(actor, now=NOW, company=company)
    with unit_of_work("seed", actor):
        stated = [
            Statement(company.id, "revenue", year, micro=revenue, source="企业填报"),
            Statement(company.id, "revenue", 2024, micro=revenue + WAN),
            Statement(company.id, "share_capital", None, micro=revenue),
        ]
        operations.state_figures(stated, actor, NOW)
        operations.state_figures(
            [Statement(company.id, "revenue", year, micro=revenue + 1)], actor, NOW
        )
        operations.note_activity("见面", "note", actor, NOW, company_id=company.id)
        operations.add_task("补材料", actor.id, actor, NOW, company_id=company.id)
        operations.keep_document(
            b"x%d" % company.id, "a.pdf", "", actor, NOW, company_id=company.id
        )
        db.session.add(Contact(company_id=company.id, name="张三"))
        db.session.add(EquityRound(company_id=company.id, round="angel", recorded_at=NOW))
        holding = Holding(vehicle_id=deal.vehicle_id, company_id=company.id, recorded_at=NOW)
        db.session.add(holding)
        db.session.flush()
        factories.claimed(company.id, TECHNOLOGY, "E2", actor, NOW)
        duplicates.tell_apart(company.id, other.id, actor, NOW)
        refresh([company.id], NOW)
        db.session.add(ReadinessOwed(company_id=company.id))
        scenarios.save(company, "扩产", {"y.revenue.2025": "1亿"}, {}, actor, NOW)
    return deal


def furnished(actor):
    """The three, with all that can name the first two."""
    names = ("青岛海纳传动有限公司", "海纳传动（青岛）股份有限公司", "济南别家有限公司")
    codes = (["430001"], ["830002"], [])
    made = [
        factories.company(
            actor,
            now=NOW,
            name_zh=name,
            stock_codes=code,
            former_names=[f"{name[:3]}旧名", "同一旧名"],
            industry=name[:4],
        )
        for name, code in zip(names, codes, strict=True)
    ]
    furnish(made[0], actor, 2023, 5 * WAN, made[2])
    furnish(made[1], actor, 2025, 7 * WAN, made[2])
    return made


def merge(one, other, actor, choices=None, at=None):
    with unit_of_work("company.merge", actor, at=at):
        versions = (one.version, other.version)
        return merging.merge(
            one, other, choices or Choices(), versions, actor, at or dt.datetime.now(dt.UTC)
        ).act


def undo(act, actor) -> None:
    with unit_of_work("act.undo", actor):
        journal.undo(db.session.get_one(Act, act.id), actor, dt.datetime.now(dt.UTC))
