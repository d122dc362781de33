"""What happened in the last days of the story, for the digest to tell: figures stated anew, leads, files
taken out."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from portfolio.audit import operations as audit
from portfolio.companies import operations as companies
from portfolio.companies import queries
from portfolio.companies.models import Company
from portfolio.companies.operations import Statement
from portfolio.extensions import db, unit_of_work
from portfolio.people.models import User
from portfolio.readiness.models import ReadinessState
from portfolio.readiness.operations import refresh
from portfolio.readiness.queries import PRESENT

DAY = dt.timedelta(days=1)
Rows = Sequence[Mapping[str, Any]]


def assess_anew(at: dt.datetime) -> None:
    """Assess, as the clock did then, the companies that were looked at before: days alone change how
    some of them stand, such as the one from which a year's figures count."""
    seen_before = sa.select(ReadinessState.company_id).where(
        PRESENT, ReadinessState.computed_at < at
    )
    with unit_of_work("demo.load", at=at):
        refresh(db.session.scalars(seen_before).all(), at)


def restate(rows: Rows, firms: Sequence[Company], now: dt.datetime) -> None:
    """State a figure of each row anew: so many percent of the newest that is known."""
    by_name = {firm.short_name: firm for firm in firms}
    for row in rows:
        firm, at = by_name[row["of"]], now - row["days_ago"] * DAY
        known = queries.current_rows([firm.id]).values()
        found = [one for one in known if one.metric == row["metric"] and one.micro is not None]
        newest = max(found, key=lambda one: one.fiscal_year or 0)
        kept = Statement(**{name: getattr(newest, name) for name in Statement.__dataclass_fields__})
        micro = (newest.micro or 0) * row["percent"] // 100
        owner = db.session.get_one(User, firm.created_by_id)
        with unit_of_work("figure.state", owner, at=at):
            companies.state_figures([replace(kept, micro=micro, source=row["source"])], owner, at)


def enter_leads(rows: Rows, managers: Sequence[User], now: dt.datetime) -> int:
    """Enter the companies of the rows; answers how many."""
    for number, row in enumerate(rows):
        owner, at = managers[number % len(managers)], now - row["days_ago"] * DAY
        values = {
            "name_zh": row["name"],
            "uscc_missing_reason": "企业尚未提供",
            "place": row["place"],
            "industry": row["industry"],
            "lead_source": row["source"],
        }
        with unit_of_work("company.register", owner, at=at):
            companies.register(values, owner, at)
    return len(rows)


def take_files(rows: Rows, cast: Sequence[User], now: dt.datetime) -> None:
    """Note that people of the cast took files out."""
    by_email = {user.email: user for user in cast}
    for row in rows:
        with unit_of_work(row["action"], by_email[row["by"]], at=now - row["days_ago"] * DAY):
            audit.record(audit.Entry(row["action"], "company", None, after={"rows": 12}))
