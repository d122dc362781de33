"""What a reader has to do: tasks that are due, steps agreed on for their deals."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from portfolio.companies import queries as companies
from portfolio.companies.models import Company, Contact, Task
from portfolio.digest import lines
from portfolio.digest.compose import Part, part_of
from portfolio.digest.shared_queries import Asked
from portfolio.extensions import db
from portfolio.kernel.dates import local_date
from portfolio.pipeline import sight_queries as sight
from portfolio.pipeline.models import Deal, Status

AHEAD = dt.timedelta(days=7)
MOST_READ = 200


def tasks(asked: Asked) -> Part:
    """The reader's open tasks that are overdue or due within seven days, by day. One that names a
    founder of its company is what was promised to them, as is one that says so."""
    user, today = asked.user, local_date(asked.until)
    of_company = sa.and_(*map(companies.visible, asked.eyes))
    known_company = sa.or_(Task.deal_id.is_not(None), Task.company_id.is_(None), of_company)
    rows = db.session.execute(
        sa.select(
            *(Task, Deal.name, Deal.code, Deal.walled, Deal.company_id),
            *(Company.name_zh, Company.short_name),
        )
        .outerjoin(Deal, Deal.id == Task.deal_id)
        .outerjoin(Company, Company.id == Task.company_id)
        .where(
            Task.owner_id == user.id,
            Task.done_at.is_(None),
            Task.created_at <= asked.until,
            Task.due_on <= today + AHEAD,
            *(sight.visible_tied(one, Task) for one in asked.eyes),
            known_company,
        )
        .order_by(Task.due_on, Task.title, Task.id)
        .limit(MOST_READ)
    ).all()
    founders = _founders(
        number
        for task, _, _, _, of_deal, *_ in asked.cut.of(rows)
        if (number := task.company_id or of_deal)
    )
    found = []
    for task, deal, code, walled, of_deal, full, short in rows:
        named = founders.get(task.company_id or of_deal, [])
        founder = next((name for name in named if name in task.title), "")
        line = _task(task, deal or short or full or "", founder, today)
        # Of a confidential deal only its code is told, as in calendars.
        if walled:
            line = replace(line, title=code, about="", founder="", promised=False, walled=True)
        found.append(line)
    return part_of(found, asked.cut, sum(line.overdue for line in found))


def _founders(company_ids: Iterable[int]) -> dict[Any, list[str]]:
    """By company the names of its founders."""
    query = sa.select(Contact.company_id, Contact.name).where(
        Contact.company_id.in_(set(company_ids)), Contact.founder, Contact.name != ""
    )
    found: dict[Any, list[str]] = {}
    for company_id, name in db.session.execute(query):
        found.setdefault(company_id, []).append(name)
    return found


def _task(task: Task, about: str, founder: str, today: dt.date) -> lines.TaskLine:
    due_on = task.due_on or today
    path = f"/deals/{task.deal_id}" if task.deal_id else f"/companies/{task.company_id}"
    if not task.deal_id and not task.company_id:
        path = "/"
    return lines.TaskLine(
        task.title, about, path, due_on, (due_on - today).days, founder, task.promised
    )


def steps(asked: Asked) -> Part:
    """What is agreed on next for the reader's own deals, and held ones to look at again: overdue or
    due within seven days, by day."""
    user, today = asked.user, local_date(asked.until)
    active, held = Status.ACTIVE.value, Status.ON_HOLD.value
    day = sa.case((Deal.status == held, Deal.revisit_on), else_=Deal.next_step_on)
    rows = db.session.execute(
        sa.select(
            *(Deal.id, Deal.name, Deal.code, Deal.walled),
            *(Deal.status, Deal.next_step, day.label("due_on")),
        )
        .where(
            Deal.owner_id == user.id,
            Deal.status.in_((active, held)),
            sa.or_(Deal.status == held, Deal.next_step != ""),
            day <= today + AHEAD,
            *map(sight.visible, asked.eyes),
        )
        .order_by(day, Deal.id)
        .limit(MOST_READ)
    )
    found = [
        lines.StepLine(
            _deal_line(row, user.name),
            "" if row.walled or row.status == held else row.next_step,
            row.due_on,
            (row.due_on - today).days,
            row.status == held,
        )
        for row in rows
    ]
    return part_of(found, asked.cut, sum(line.overdue for line in found))


def _deal_line(row: Any, owner: str) -> lines.DealLine:
    name = row.code if row.walled else row.name
    return lines.DealLine(row.id, name, True, owner, walled=row.walled)
