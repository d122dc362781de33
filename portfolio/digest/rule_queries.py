"""Which rulebooks change while companies do not, and which companies that moves: as it is foreseen."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from portfolio.companies.merge_queries import unmerged
from portfolio.companies.models import SHOWN_NAME, Company
from portfolio.digest import company_lines
from portfolio.digest.company_queries import own_first
from portfolio.digest.compose import Part, part_of
from portfolio.digest.shared_queries import Asked
from portfolio.extensions import db
from portfolio.kernel.dates import local_date
from portfolio.readiness.foreseeing import EFFECTS
from portfolio.readiness.foresight_queries import foresights
from portfolio.readiness.models import ForeseenOutcome
from portfolio.readiness.successions import Succession, successions
from portfolio.rulebook.loader import library

HORIZON = dt.timedelta(days=30)  # a coming rulebook is told when it comes this near
MOST_NAMED = 3


def rules(asked: Asked) -> Part:
    """The rulebooks that came into force or ended in the window, and those that came within thirty
    days of it."""
    first, last = local_date(asked.since), local_date(asked.until)
    found = asked.shared.once(("rules", first, last), lambda: _told(first, last))
    return part_of([_line(one, last, rows, asked) for one, rows in found], asked.cut)


def _told(first: dt.date, last: dt.date) -> Sequence[tuple[Succession, Sequence[Any] | None]]:
    near = [
        one
        for one in successions()
        if first < one.day <= last or max(first + HORIZON, last) < one.day <= last + HORIZON
    ]
    rows = foresights() if near else {}
    known = {one: rows.get(one.key) for one in near}
    asked = {
        row.id: _foreseen(row.id) for row in known.values() if row is not None and row.known_at
    }
    return [(one, asked.get(row.id) if row is not None else None) for one, row in known.items()]


def _foreseen(foresight_id: int) -> Sequence[Any]:
    query = (
        sa.select(ForeseenOutcome.company_id, ForeseenOutcome.effect, SHOWN_NAME.label("name"))
        .join(Company, Company.id == ForeseenOutcome.company_id)
        .where(ForeseenOutcome.foresight_id == foresight_id, unmerged())
        .order_by(ForeseenOutcome.effect, ForeseenOutcome.company_id)
    )
    return db.session.execute(query).all()


def _line(
    one: Succession, today: dt.date, rows: Sequence[Any] | None, asked: Asked
) -> company_lines.RuleLine:
    mine = own_first(asked, rows or ())
    names = {row.company_id: row.name for row in mine}
    shown = dict([*names.items()][:MOST_NAMED])
    effects = Counter({(row.company_id, row.effect): 1 for row in mine})
    by_effect = Counter(effect for _, effect in effects)
    return company_lines.RuleLine(
        *(f"/readiness/versions/{one.key}", library()[one.book], one.day, one.begins),
        one.day > today,
        tuple(one.concerned),
        None if rows is None else len(names),
        tuple((EFFECTS[key], by_effect[key]) for key in EFFECTS if by_effect[key]),
        tuple(shown.values()),
        frozenset(shown),
    )
