"""Rows that are written many at a time are those that the session would have written."""

import datetime as dt

import pytest
import sqlalchemy as sa

from portfolio.companies.models import Company, Figure
from portfolio.extensions import db, insert_rows, next_ids, unit_of_work
from portfolio.readiness.models import Assessment
from tests import factories

NOW = dt.datetime(2026, 11, 23, 9, 30, 1, 123456, tzinfo=dt.timezone(dt.timedelta(hours=8)))


def columns(row) -> dict:
    names = [a.key for a in sa.inspect(type(row)).column_attrs if a.key != "id"]
    return {name: getattr(row, name) for name in names}


def test_values_of_every_type_come_back_as_the_session_would_keep_them(cast) -> None:
    company = factories.company(cast["manager"])
    rows = [
        {
            "company_id": company.id,
            "metric": "revenue",
            "fiscal_year": year,
            "micro": micro,
            "choice": None,
            "as_of": day,
            "source": "年报 100% :x %s ?",
            "evidence": "\\N a\tb\nc\\d\r\\.\n\\.",
            "audited": audited,
            "disputed": False,
            "batch_id": None,
            "recorded_at": NOW,
            "recorded_by_id": cast["manager"].id,
            "superseded_at": None,
        }
        for year, micro, day, audited in (
            (2023, 9 * 10**18, dt.date(2026, 3, 31), True),
            (2024, -1, None, False),
            (2025, None, None, None),
        )
    ]
    with unit_of_work("figure.state"):
        insert_rows(Figure, rows)
        db.session.add_all(Figure(**(row | {"metric": "net_profit"})) for row in rows)
    db.session.expire_all()
    by_metric = {}
    for figure in db.session.scalars(sa.select(Figure).order_by(Figure.fiscal_year)):
        by_metric.setdefault(figure.metric, []).append(columns(figure) | {"metric": ""})
    assert by_metric["revenue"] == by_metric["net_profit"]
    assert by_metric["revenue"][0]["recorded_at"] == NOW
    text = sa.cast(sa.literal_column("recorded_at"), sa.Text)
    stored = db.session.scalars(sa.select(text).select_from(Figure).distinct()).all()
    assert stored == ["2026-11-23 01:30:01.123456"]


def test_no_rows_are_no_statement(app) -> None:
    insert_rows(Assessment, [])


def test_numbers_for_new_rows_are_given_once(cast) -> None:
    first = factories.company(cast["manager"])
    with unit_of_work("company.import"):
        numbers = next_ids(Company, 3)
        row = columns(first) | {"uscc": None}
        insert_rows(Company, [row | {"id": number} for number in numbers])
        assert set(next_ids(Company, 2)).isdisjoint({*numbers, first.id})
    after = factories.company(cast["manager"])
    assert len({first.id, *numbers, after.id}) == 5


def test_a_fault_in_one_row_leaves_none(cast) -> None:
    company = factories.company(cast["manager"])
    row = columns(company) | {"uscc": None}
    with pytest.raises(sa.exc.IntegrityError), unit_of_work("company.import"):
        numbers = next_ids(Company, 2)
        insert_rows(
            Company,
            [row | {"id": n, "name_zh": x} for n, x in zip(numbers, ("甲", None), strict=True)],
        )
    assert db.session.query(Company).count() == 1
