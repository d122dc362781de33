"""Who may work on a deal, and where their tasks go when they no longer may."""

import datetime as dt
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from portfolio.companies.models import Task
from portfolio.companies.operations import add_task
from portfolio.extensions import db
from portfolio.kernel.dates import local_date
from portfolio.kernel.errors import InputError
from portfolio.people import queries as people
from portfolio.people.models import User
from portfolio.pipeline.models import Deal, DealMember
from portfolio.pipeline.recusal_queries import recused_pairs
from portfolio.web.formatting import listed
from portfolio.web.i18n import speaking, spoken


def require_unrecused(deal: Deal, user_ids: Collection[int]) -> None:
    """Raise InputError `recusal.not_for_team` when one of these people is recused of the deal."""
    if not user_ids:
        return
    if barred := {user_id for _deal, user_id in recused_pairs([deal.id], user_ids)}:
        names = people.names_of(barred).values()
        raise InputError("recusal.not_for_team", names=listed(sorted(names)))


def leave_tasks(deal: Deal, user_id: int) -> int:
    """Let the owner of a deal do what a person had still to do about it; answers how many tasks."""
    tasks = db.session.scalars(
        sa.select(Task).where(
            Task.deal_id == deal.id, Task.owner_id == user_id, Task.done_at.is_(None)
        )
    ).all()
    for task in tasks:
        task.owner_id = deal.owner_id
    return len(tasks)


def tell(
    person: User, deal: Deal, title: Any, actor: User, now: dt.datetime, days: int = 0
) -> Task:
    """A task about a deal, due in so many days; its title is lazy, and in the person's language."""
    with speaking(spoken(person.locale)):
        said = str(title)
    due = local_date(now) + dt.timedelta(days=days)
    return add_task(said, person.id, actor, now, due_on=due, deal_id=deal.id)


def tell_team(deal: Deal, title: Any, actor: User, now: dt.datetime, days: int) -> list[Task]:
    """A task for the owner of a deal, or for the whole team where the owner has left."""
    owner = db.session.get_one(User, deal.owner_id)
    team = sa.select(User).join(DealMember, DealMember.user_id == User.id)
    rest = team.where(DealMember.deal_id == deal.id, User.active).order_by(User.id)
    told = [owner] if owner.active else db.session.scalars(rest).all()
    return [tell(person, deal, title, actor, now, days) for person in told]
