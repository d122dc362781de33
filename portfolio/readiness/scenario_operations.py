"""Keeping scenarios by name, so that each act is traced and can be taken back. They alter no figure."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import sqlalchemy as sa

from portfolio.companies.models import Company
from portfolio.companies.operations import check_version
from portfolio.extensions import db
from portfolio.journal import image_operations as images
from portfolio.journal import operations as journal
from portfolio.journal.operations import Keeping
from portfolio.kernel.errors import InputError
from portfolio.people.models import User
from portfolio.readiness import scenario_queries as queries
from portfolio.readiness.models import Scenario
from portfolio.readiness.scenarios import MOST_SCENARIOS, checked_name, free_name, written

Texts = Mapping[str, str]


def save(
    company: Company, name: str, changes: Texts, growth: Texts, actor: User, now: dt.datetime
) -> tuple[Scenario, Keeping]:
    """Keep a scenario under a new name. Raises InputError `scenario.unnamed`, `scenario.taken`,
    `scenario.too_many`, `scenario.empty` or `text.too_long`."""
    name = _free(company.id, name)
    if not changes and not growth:
        raise InputError("scenario.empty")
    if len(queries.names_in(company.id)) >= MOST_SCENARIOS:
        raise InputError("scenario.too_many", most=MOST_SCENARIOS)
    with _keeping("scenario.save", None, company.id, name, actor, now) as kept:
        row = Scenario(
            company_id=company.id,
            name=name,
            changes=written(changes),
            growth=written(growth),
            created_by_id=actor.id,
            created_at=now,
            updated_at=now,
        )
        db.session.add(row)
        db.session.flush()
    return row, kept


def revise(
    row: Scenario, changes: Texts, growth: Texts, version: int, actor: User, now: dt.datetime
) -> Keeping:
    """Keep other changes under the same name. Raises Conflict when somebody did meanwhile, and
    InputError `scenario.empty`."""
    check_version(row.version, version)
    if not changes and not growth:
        raise InputError("scenario.empty")
    with _keeping("scenario.change", row.id, row.company_id, row.name, actor, now) as kept:
        row.changes, row.growth, row.updated_at = written(changes), written(growth), now
        db.session.flush()
    return kept


def rename(row: Scenario, name: str, actor: User, now: dt.datetime) -> Keeping:
    """Give a scenario another name. Raises InputError as `save` does."""
    name = _free(row.company_id, name, row.id)
    with _keeping("scenario.rename", row.id, row.company_id, name, actor, now) as kept:
        if name != row.name:
            row.name, row.updated_at = name, now
        db.session.flush()
    return kept


def delete(row: Scenario, actor: User, now: dt.datetime) -> Keeping:
    """Delete a scenario; it can be restored."""
    with _keeping("scenario.delete", row.id, row.company_id, row.name, actor, now) as kept:
        images.delete_where(Scenario, Scenario.id == row.id)
    return kept


def move_company(merged_id: int, survivor_id: int) -> Mapping[str, Sequence[int]]:
    """The scenarios of a merged company go over; where a name is taken they get a number."""
    rows = db.session.scalars(sa.select(Scenario).where(Scenario.company_id == merged_id)).all()
    taken = queries.names_in(survivor_id)
    for row in rows:
        row.name = free_name(row.name, taken)
        row.company_id = survivor_id
        taken.add(row.name)
    db.session.flush()
    return {}


def _free(company_id: int, name: str, but: int | None = None) -> str:
    checked = checked_name(name)
    if checked in queries.names_in(company_id, but):
        raise InputError("scenario.taken", value=checked)
    return checked


@contextmanager
def _keeping(
    action: str,
    scenario_id: int | None,
    company_id: int,
    label: str,
    actor: User,
    now: dt.datetime,
) -> Iterator[Keeping]:
    with journal.keeping(
        action, Scenario.__audit__, scenario_id, actor, now, label, company_id
    ) as kept:
        yield kept
