"""Handing over in one step: deals, places on teams, tasks; digests end and the account closes."""

import datetime as dt
from collections.abc import Mapping

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from portfolio.companies.models import Task
from portfolio.digest import operations as digest_operations
from portfolio.digest import schedule_queries as digests
from portfolio.extensions import db
from portfolio.handover import queries
from portfolio.handover.plan import Choice, Door, Plan
from portfolio.kernel.errors import InputError
from portfolio.people import operations as people
from portfolio.people.models import User
from portfolio.pipeline.models import Deal
from portfolio.pipeline.operations import Refused, set_team
from portfolio.pipeline.recusal_queries import recused_pairs
from portfolio.pipeline.team_operations import leave_tasks, tell


def faults(plan: Plan, choice: Choice, leaver: User) -> dict[str, InputError]:
    """What stands in the way, by field: `successor`, or `deal-<id>`."""
    candidates = queries.candidates(leaver)
    found: dict[str, InputError] = {}
    if choice.successor_id is None and not plan.empty:
        found["successor"] = InputError("handover.successor_missing")
    if choice.successor_id is not None and choice.successor_id not in candidates:
        found["successor"] = InputError("handover.successor_unfit")
    taken = {item.deal_id: choice.successor_of(item.deal_id) for item in plan.items}
    recused = recused_pairs(taken, choice.chosen(plan.items))
    for deal_id, person in taken.items():
        if person is None:
            continue
        if person not in candidates:
            if deal_id in choice.by_deal:
                found[f"deal-{deal_id}"] = InputError("handover.successor_unfit")
        elif (deal_id, person) in recused:
            found[f"deal-{deal_id}"] = InputError("handover.recused", name=candidates[person])
    return found


def hand_over(
    plan: Plan, choice: Choice, door: Door, actor: User, leaver: User, now: dt.datetime
) -> None:
    """Move everything of the plan. Raises Refused without the right, InputError on a fault.

    Called inside one unit of work: all of it holds or nothing.
    """
    if not door.open or (choice.close and not door.closes):
        raise Refused
    for fault in faults(plan, choice, leaver).values():
        raise fault
    _move_deals(plan, choice, leaver, now)
    _move_tasks(plan, choice)
    if choice.end_digests or choice.close:
        for schedule in digests.schedules_of(leaver):
            digest_operations.choose(schedule.id, leaver.id, now, False, "handover")
    if choice.close:
        _take_into_care(actor, leaver, now)
        people.disable(leaver)


def _move_deals(plan: Plan, choice: Choice, leaver: User, now: dt.datetime) -> None:
    for deal in queries.with_teams(item.deal_id for item in plan.items):
        successor = choice.successor_of(deal.id)
        if successor is not None:
            owner = successor if deal.owner_id == leaver.id else deal.owner_id
            set_team(deal, [*_team_without(deal, leaver), successor], owner, now)


def _team_without(deal: Deal, leaver: User) -> list[int]:
    return [member.user_id for member in deal.members if member.user_id != leaver.id]


def _move_tasks(plan: Plan, choice: Choice) -> None:
    tasks = db.session.scalars(sa.select(Task).where(Task.id.in_(plan.task_ids))).all()
    team_of = _places({task.deal_id for task in tasks if task.deal_id is not None})
    for task in tasks:
        successor = choice.successor_of(task.deal_id)
        if task.deal_id is not None and successor not in team_of[task.deal_id][1]:
            # They would not see a confidential deal's task: its owner does.
            owner, _team, walled = team_of[task.deal_id]
            successor = owner if walled else successor
        if successor is not None:
            task.owner_id = successor
    db.session.flush()


def _places(deal_ids: set[int]) -> Mapping[int, tuple[int, set[int], bool]]:
    """Owner, team and wall of deals, as they are after the move."""
    return {
        deal.id: (deal.owner_id, {m.user_id for m in deal.members}, deal.walled)
        for deal in queries.with_teams(deal_ids)
    }


def _take_into_care(actor: User, leaver: User, now: dt.datetime) -> None:
    """What is left are confidential deals that nobody with the right has handed over: a partner of
    the team takes them into care, else the partner who is here longest, and is told to name an
    owner. Whoever closes the account learns nothing of it (docs/decisions)."""
    for deal in queries.left_behind(leaver):
        rest = _team_without(deal, leaver)
        owner = deal.owner_id
        if owner == leaver.id:
            keeper = _keeper(deal, rest, leaver)
            if keeper is None:
                continue  # without any partner it stays as it is, rather than with somebody else
            owner = keeper.id
            title = _l(
                "%(name)s has left: say who owns this confidential deal now", name=leaver.name
            )
            tell(keeper, deal, title, actor, now)
        set_team(deal, rest, owner, now)
        leave_tasks(deal, leaver.id)


def _keeper(deal: Deal, team: list[int], leaver: User) -> User | None:
    able = [p for p in queries.partners() if p.id != leaver.id]
    recused = recused_pairs([deal.id], [p.id for p in able])
    able = [p for p in able if (deal.id, p.id) not in recused]
    return next((p for p in able if p.id in team), able[0] if able else None)
