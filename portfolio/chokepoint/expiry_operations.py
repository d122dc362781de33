"""The morning after the day of its re-check a claim expires, and who looks after the company hears."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence

import sqlalchemy as sa
from flask import current_app

from portfolio.chokepoint import queries
from portfolio.chokepoint.models import Tag
from portfolio.chokepoint.row_operations import append
from portfolio.chokepoint.standing import TagState
from portfolio.chokepoint.taxonomy_queries import TechnologiesInForce
from portfolio.companies.models import Company
from portfolio.companies.operations import add_task
from portfolio.extensions import db, unit_of_work
from portfolio.kernel.dates import local_date
from portfolio.people.models import User

AT_ONCE = 200
TASK = "复核已到期的技术标签：{name}（复核日期 {day}，已不计入统计）"
# The person who looks after each of some companies, where somebody does.
Keepers = Callable[[Iterable[int]], Mapping[int, int]]


def expire_due(now: dt.datetime) -> int:
    """Append that they expired to the claims whose day has passed; answers how many.

    They do not count from that midnight on, whether this ran or not.
    """
    count, today = 0, local_date(now)
    while ids := _due(today):
        with unit_of_work("tag.expire"):
            rows = db.session.scalars(
                sa.select(Tag)
                .where(Tag.id.in_(ids), queries.overdue(today))
                .order_by(Tag.id)
                .with_for_update()
            ).all()
            expired = [append(row, None, now, state=TagState.EXPIRED.value) for row in rows]
            _tell(expired, now)
        count += len(expired)
    return count


def _due(today: dt.date) -> Sequence[int]:
    query = sa.select(Tag.id).where(queries.overdue(today)).order_by(Tag.id).limit(AT_ONCE)
    ids = db.session.scalars(query).all()
    db.session.rollback()  # each part is read as of its own moment
    return ids


def _tell(expired: Sequence[Tag], now: dt.datetime) -> None:
    keepers: Keepers = current_app.extensions["company_keepers"]
    kept = keepers({tag.company_id for tag in expired})
    entered = dict(
        db.session.execute(
            sa.select(Company.id, Company.created_by_id).where(
                Company.id.in_({tag.company_id for tag in expired})
            )
        ).all()
    )
    active = set(db.session.scalars(sa.select(User.id).where(User.active)))
    for tag in expired:
        chosen = (kept.get(tag.company_id), tag.first_reader_id, entered.get(tag.company_id))
        who = next((person for person in chosen if person in active), None)
        if who is None:
            continue
        name = TechnologiesInForce()[tag.technology].zh
        title = TASK.format(name=name, day=tag.recheck_on)
        add_task(title, who, None, now, due_on=local_date(now), company_id=tag.company_id)
