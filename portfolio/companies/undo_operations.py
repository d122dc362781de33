"""How edits and deletions of companies and their records are taken back."""

import datetime as dt
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

import sqlalchemy as sa
from flask import current_app

from portfolio.companies import operations, queries
from portfolio.companies.merge_queries import survivors
from portfolio.companies.models import Company, Figure, Task
from portfolio.companies.operations import Statement
from portfolio.companies.signals import figures_stated
from portfolio.extensions import db
from portfolio.journal import image_operations as images
from portfolio.journal import operations as journal
from portfolio.journal.models import Act
from portfolio.journal.operations import Keeping
from portfolio.kernel.errors import InputError
from portfolio.people.models import User

FACT = ("micro", "choice", "as_of", "source", "evidence", "valid_until", "audited")
DAYS = ("as_of", "valid_until")


def finishing(task: Task, actor: User, now: dt.datetime) -> AbstractContextManager[Keeping]:
    """Keep that a task is ticked off."""
    return journal.keeping(
        "task.finish", "task", task.id, actor, now, task.title, task.company_id, task.deal_id
    )


def keep_stated(
    company: Company,
    rows: Sequence[Figure],
    former: dict[tuple[int, str, int | None], Figure],
    actor: User,
    now: dt.datetime,
) -> Act | None:
    """Keep that figures were stated, so that what was current before can be stated again; None
    where nothing was."""
    if not rows:
        return None
    told = [[row.id, _facts(known) if (known := former.get(_key(row))) else None] for row in rows]
    name = company.display_name
    return journal.keep(
        "figure.state", "company", company.id, {"figures": told}, actor, now, name, company.id
    )


def _key(row: Figure) -> tuple[int, str, int | None]:
    return row.company_id, row.metric, row.fiscal_year


def _facts(row: Figure) -> dict[str, Any]:
    told = {name: getattr(row, name) for name in FACT}
    return {**told, **{name: str(told[name]) for name in DAYS if told[name]}}


def check_figures(act: Act, payload: Any, actor: User) -> None:
    """Raise InputError with who stated one of the figures anew."""
    for row_id, _former in payload["figures"]:
        row = db.session.get(Figure, row_id)
        if row is None or row.superseded_at is not None:
            raise _restated_since(row, row_id)


def undo_figures(act: Act, payload: Any, actor: User, now: dt.datetime) -> None:
    """State the former values again, or close what was the first statement of its kind."""
    again: list[Statement] = []
    for row_id, former in payload["figures"]:
        row = db.session.get_one(Figure, row_id)
        if former is None:
            row.superseded_at = now
            continue
        days = {n: dt.date.fromisoformat(former[n]) for n in DAYS if former.get(n)}
        told = {**former, **days}
        again.append(Statement(row.company_id, row.metric, row.fiscal_year, **told))
    db.session.flush()
    operations.state_figures(again, actor, now)
    # By the rows themselves: the company may have been merged into another one since.
    wanted = sa.select(Figure.company_id).where(Figure.id.in_([i for i, _ in payload["figures"]]))
    companies = set(db.session.scalars(wanted))
    operations.refresh_latest_revenue(companies)
    figures_stated.send(companies, now=now)


def _restated_since(row: Figure | None, row_id: int) -> InputError:
    """Who stated the figure anew: the row that is current in its place."""
    newest = queries.current_rows([row.company_id]).get(_key(row)) if row else None
    if newest is None:
        return images.Changed("figure", row_id)
    author = db.session.get(User, newest.recorded_by_id) if newest.recorded_by_id else None
    return journal.ChangedBy(author.name if author else "", newest.recorded_at)


def check_company(act: Act, payload: Any, actor: User) -> None:
    """Raise InputError when a code of a deleted company was taken meanwhile."""
    for table, _, was, _ in payload["steps"]:
        _check_free(table, was or {})
    images.require_unchanged(payload["steps"])


def restore(act: Act, payload: Any, actor: User, now: dt.datetime) -> None:
    """Put a deleted company back with its relations, search index included."""
    images.put_back(payload["steps"])
    back = [row_id for table, row_id, *_ in payload["steps"] if table == Company.__tablename__]
    for take_back in current_app.extensions.get("company_returns", ()):
        take_back(back, now)


def _check_free(table: str, row: dict[str, Any]) -> None:
    coded = {"company", "company_merge"}  # and the codes by which a merged company is found
    if table in coded and row.get("uscc") and queries.holder_of_uscc(row["uscc"]):
        raise InputError("uscc.taken", value=row["uscc"])
    if table == "stock_code" and queries.holder_of_stock_code(row["code"]):
        raise InputError("stock_code.taken", value=row["code"])


def check_record(act: Act, payload: Any, actor: User) -> None:
    """Raise InputError `undo.parent_gone` when the company of a record is in the bin itself."""
    if act.company_id is not None:
        there = sa.select(Company.id).where(Company.id == act.company_id)
        if db.session.scalar(there) is None:
            raise InputError("undo.parent_gone")
    images.require_unchanged(payload["steps"])


def restore_record(act: Act, payload: Any, actor: User, now: dt.datetime) -> None:
    """Put a deleted contact, note, task or document back."""
    images.put_back([_as_belongs(step) for step in payload["steps"]])


def _as_belongs(step: Sequence[Any]) -> Sequence[Any]:
    """A step that puts a row of a merged company back to the one that it is part of now."""
    table, row_id, was, digest = step
    number = (was or {}).get("company_id")
    if number is None:
        return step
    return [table, row_id, {**was, "company_id": survivors([number]).get(number, number)}, digest]
