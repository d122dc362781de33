"""Confidential deals whose company is deleted by somebody who cannot know of them: they let it go.

A refusal would tell that something is there, so nothing refuses: the deal stays without a company,
its owner finds a task, and whoever restores the company gives it back to the deal.
"""

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from portfolio.companies.models import Company, Task
from portfolio.companies.operations import finish_task
from portfolio.extensions import db
from portfolio.journal import image_operations as images
from portfolio.journal.models import Act
from portfolio.kernel.errors import InputError
from portfolio.kernel.parts import in_parts
from portfolio.people.models import User
from portfolio.pipeline import sight_queries as sight
from portfolio.pipeline.models import Deal, DealDetachment, Holding
from portfolio.pipeline.operations import require
from portfolio.pipeline.team_operations import tell_team

DAYS_TO_ACT = 7


def hidden_from(actor: User, company_ids: Iterable[int]) -> list[Deal]:
    """The walled deals of these companies that this person cannot know of, those in the bin too."""
    return _hidden(actor, Deal.company_id, company_ids)


def _hidden(actor: User, column: Any, ids: Iterable[int]) -> list[Deal]:
    wanted, found = list(ids), list[Deal]()
    if wanted:
        seen = (*sight.visible_parts(actor), *sight.visible_parts(actor, deleted=True))
        query = sa.select(Deal).where(Deal.walled, sa.not_(sa.or_(*seen))).order_by(Deal.id)
        for part in in_parts(wanted):
            found += db.session.scalars(query.where(column.in_(part)))
    return found


def let_go(company_ids: Sequence[int], actor: User, now: dt.datetime) -> None:
    """Take companies from the deals that are hidden from who is about to delete them."""
    deals = hidden_from(actor, company_ids)
    told: dict[int, list[int]] = {}
    for deal in deals:
        title = _l(
            "%(name)s, the company of this deal, was deleted: decide what follows",
            name=db.session.get_one(Company, deal.company_id).display_name,
        )
        told[deal.id] = [task.id for task in tell_team(deal, title, actor, now, DAYS_TO_ACT)]
    detach(deals, now, told)


def detach(
    deals: Sequence[Deal], now: dt.datetime, told: Mapping[int, Sequence[int]] | None = None
) -> None:
    """Take deals from their companies, which are about to go; `told` are the tasks of each by
    which its team was asked what follows."""
    for deal in deals:
        company = db.session.get_one(Company, deal.company_id)
        row = DealDetachment(
            deal_id=deal.id,
            former_number=company.id,
            former_name=company.display_name,
            tasks=json.dumps((told or {}).get(deal.id, [])),
            detached_at=now,
        )
        db.session.add(row)
    for part in in_parts([deal.id for deal in deals]):
        images.update_where(Holding, Holding.deal_id.in_(part), {"company_id": None})
        images.update_where(Deal, Deal.id.in_(part), {"company_id": None})


def take_back(company_ids: Sequence[int], now: dt.datetime) -> None:
    """Give companies that are restored back to the deals that had to let them go."""
    for row in db.session.scalars(
        sa.select(DealDetachment).where(DealDetachment.former_number.in_(company_ids))
    ).all():
        _attach(row, row.former_number, now)


def attach(deal: Deal, company: Company, actor: User, now: dt.datetime) -> None:
    """Give a deal that lost its company another one. Raises Refused, or InputError
    `deal.has_company`."""
    require(actor, "deal.write", deal)
    row = detachment_of(deal)
    if row is None:
        raise InputError("deal.has_company")
    _attach(row, company.id, now)


def _attach(row: DealDetachment, company_id: int, now: dt.datetime) -> None:
    told = sa.select(Task).where(Task.id.in_(json.loads(row.tasks)), Task.done_at.is_(None))
    for task in db.session.scalars(told):
        finish_task(task, now)
    images.update_where(
        Holding,
        sa.and_(Holding.deal_id == row.deal_id, Holding.company_id.is_(None)),
        {"company_id": company_id},
    )
    images.update_where(Deal, Deal.id == row.deal_id, {"company_id": company_id})
    db.session.delete(row)
    db.session.flush()


def restorable(row: DealDetachment) -> bool:
    """Whether the bin still has the company."""
    deletion = Act.action == "company.delete", Act.object_id == row.former_number
    return bool(db.session.scalar(sa.select(sa.exists().where(*deletion))))


def detachment_of(deal: Deal) -> DealDetachment | None:
    """That and how a deal lost its company, if it did."""
    return db.session.scalar(sa.select(DealDetachment).where(DealDetachment.deal_id == deal.id))
