"""Reads of scenarios."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from portfolio.extensions import db
from portfolio.people import queries as people
from portfolio.people.models import User
from portfolio.readiness.models import Scenario
from portfolio.readiness.scenarios import MOST_SCENARIOS


def of_company(company_id: int) -> Sequence[Scenario]:
    """The scenarios of a company, the latest changed first."""
    query = sa.select(Scenario).where(Scenario.company_id == company_id)
    newest = query.order_by(Scenario.updated_at.desc(), Scenario.id.desc())
    # Those of a merged company may be more than one alone can have.
    return db.session.scalars(newest.limit(2 * MOST_SCENARIOS)).all()


def find(company_id: int, scenario_id: int) -> Scenario | None:
    """One scenario of a company."""
    query = sa.select(Scenario).where(Scenario.id == scenario_id, Scenario.company_id == company_id)
    return db.session.scalar(query)


def names_in(company_id: int, but: int | None = None) -> set[str]:
    """The names that are taken in a company, by others than one."""
    query = sa.select(Scenario.name).where(Scenario.company_id == company_id)
    return set(db.session.scalars(query.where(Scenario.id != (but or 0))))


def authors_of(found: Sequence[Scenario]) -> Mapping[int, str]:
    """The names of those who made them."""
    return people.names_of({row.created_by_id or 0 for row in found})


def count_of(user: User, company_id: int) -> Mapping[str, int]:
    """How many scenarios a company has."""
    query = sa.select(sa.func.count()).where(Scenario.company_id == company_id)
    return {Scenario.__audit__: db.session.scalar(query) or 0}
