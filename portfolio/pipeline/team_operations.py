"""Who may work on a deal, and where their tasks go when they no longer may."""

from collections.abc import Collection

import sqlalchemy as sa

from portfolio.companies.models import Task
from portfolio.extensions import db
from portfolio.kernel.errors import InputError
from portfolio.people import queries as people
from portfolio.pipeline.models import Deal
from portfolio.pipeline.recusal_queries import recused_pairs
from portfolio.web.formatting import listed


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
