"""Company and deal as known on any past day, compared with a plain model of what was said when."""

import datetime as dt

import pytest
import sqlalchemy as sa

from portfolio.audit import past_queries as past
from portfolio.chokepoint.queries import tags_of as known_tags
from portfolio.companies import operations as companies
from portfolio.companies import queries
from portfolio.companies.models import Company
from portfolio.companies.operations import Statement
from portfolio.extensions import db, unit_of_work
from portfolio.pipeline import queries as deals
from tests import factories

DAY = dt.timedelta(days=1)


def revenue(company_id: int, known_at: dt.datetime | None = None) -> int | None:
    rows = queries.current_rows([company_id], known_at)
    row = rows.get((company_id, "revenue", 2025))
    return row.micro if row else None


def test_figures_stages_and_names_read_back_as_they_stood(cast) -> None:
    manager = cast["manager"]
    start = dt.datetime.now(dt.UTC) - 10 * DAY
    with unit_of_work("company.register", manager, at=start):
        company = companies.register({"name_zh": "青岛旧名科技有限公司"}, manager, start)
    deal = factories.deal(manager, now=start, company=company)
    model = {}
    for step, (micro, name) in enumerate([(100, "甲"), (200, "乙"), (300, "丙")]):
        now = start + step * DAY + dt.timedelta(hours=1)
        with unit_of_work("company.change", manager, at=now):
            companies.state_figures(
                [Statement(company.id, "revenue", 2025, micro=micro, source="审计报告")],
                manager,
                now,
            )
            companies.update(company, {"short_name": name}, now)
            factories.advance(deal, manager, now=now)
            factories.claimed(company.id, "uv-led", f"E{step}", manager, now)
        model[now] = (micro, name, deal.stage, f"E{step}")
    for instant, (micro, name, stage, level) in model.items():
        later = instant + dt.timedelta(hours=1)
        tags = known_tags([company.id], later)[company.id]
        assert [(tag.technology, tag.level) for tag in tags] == [("uv-led", level)]
        assert revenue(company.id, later) == micro
        known = past.as_known(Company, [company.id], later)[0]
        assert (known.short_name, known.name_zh) == (name, "青岛旧名科技有限公司")
        assert deals.history(deal.id, later)[-1].to_stage == stage
    assert revenue(company.id, start) is None
    assert past.as_known(Company, [company.id], start - DAY) == []
    assert revenue(company.id) == 300


def test_a_figure_once_stated_cannot_be_rewritten(cast) -> None:
    company = factories.company(cast["manager"])
    now = dt.datetime.now(dt.UTC)
    with unit_of_work("figure.state"):
        companies.state_figures([Statement(company.id, "revenue", 2025, micro=1)], None, now)
    with pytest.raises(sa.exc.DatabaseError, match="append-only"), unit_of_work("cheat"):
        db.session.execute(sa.text("UPDATE figure SET micro = 2"))


def test_a_disputed_value_stands_beside_the_current_one(cast) -> None:
    company = factories.company(cast["manager"])
    now = dt.datetime.now(dt.UTC)
    with unit_of_work("figure.state"):
        companies.state_figures([Statement(company.id, "roe_weighted", 2025, micro=1)], None, now)
        companies.state_figures(
            [Statement(company.id, "roe_weighted", 2025, micro=2, disputed=True)], None, now
        )
    rows = queries.current_rows([company.id])
    assert rows[(company.id, "roe_weighted", 2025)].micro == 1
    assert [row.micro for row in queries.stated_rows(company.id)[1]] == [2]


def test_the_same_statement_twice_adds_nothing(cast) -> None:
    company = factories.company(cast["manager"])
    now = dt.datetime.now(dt.UTC)
    said = Statement(company.id, "revenue", 2025, micro=5, source="年报", audited=True)
    with unit_of_work("figure.state"):
        assert len(companies.state_figures([said], None, now)) == 1
        assert companies.state_figures([said, said], None, now) == []
    assert company.id and db.session.get_one(type(company), company.id).version == 1
