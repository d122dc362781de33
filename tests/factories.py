"""Valid objects for tests, made through the slices' own operations."""

import datetime as dt
import itertools
from typing import Any

from portfolio.companies import operations as companies
from portfolio.companies.models import Company
from portfolio.extensions import db, unit_of_work
from portfolio.kernel.uscc import check_character
from portfolio.people.models import User
from portfolio.pipeline import operations as pipeline
from portfolio.pipeline import queries
from portfolio.pipeline.models import Deal, Vehicle

_numbers = itertools.count(1)
NOW = dt.datetime(2026, 11, 23, 1, 0, tzinfo=dt.UTC)


def credit_code(number: int) -> str:
    """A valid, invented credit code."""
    body = f"91370200MA{number:07d}"
    return body + check_character(body)


def company(actor: User | None = None, now: dt.datetime = NOW, **values: Any) -> Company:
    """A registered company."""
    number = next(_numbers)
    names = values.pop("former_names", ())
    codes = values.pop("stock_codes", ())
    given = {"name_zh": f"青岛测试{number}号科技有限公司", "uscc": credit_code(number)} | values
    with unit_of_work("company.register", actor):
        return companies.register(given, actor, now, names, codes)


def vehicle() -> Vehicle:
    """The mother fund, entered once per database."""
    found = db.session.query(Vehicle).first()
    if found:
        return found
    with unit_of_work("vehicle.enter"):
        row = Vehicle(
            kind="mother", name_zh="青岛天使母基金", name_en="Qingdao Angel Fund of Funds"
        )
        db.session.add(row)
    return row


def deal(owner: User, now: dt.datetime = NOW, **values: Any) -> Deal:
    """An open direct deal in the first stage."""
    pipeline_row = queries.current_pipeline(values.pop("pipeline", "direct"))
    assert pipeline_row is not None
    target = values.pop("company", None) or company(owner, now)
    investor = vehicle()
    with unit_of_work("deal.open", owner):
        return pipeline.open_deal(
            name=values.pop("name", f"{target.display_name} 天使轮"),
            pipeline=pipeline_row,
            vehicle_id=investor.id,
            owner_id=owner.id,
            actor=owner,
            now=now,
            company_id=target.id,
            **values,
        )
