"""Merging two companies: one stays with everything that belonged to either, the other leads to it."""

import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from flask import current_app

from portfolio.audit import operations as audit
from portfolio.companies import queries
from portfolio.companies.merge_queries import merge_of
from portfolio.companies.merge_undo_operations import state_of
from portfolio.companies.merging import (
    BOTH,
    FIELDS,
    MINE,
    THEIRS,
    Choices,
    merged_values,
    names_kept,
)
from portfolio.companies.models import (
    Activity,
    Company,
    CompanyDistinction,
    CompanyKey,
    CompanyMerge,
    CompanyName,
    CompanySearch,
    Contact,
    Document,
    EquityRound,
    Figure,
    StockCode,
    Task,
)
from portfolio.companies.operations import check_version, refresh_latest_revenue, reindex
from portfolio.extensions import Base, db, serialise
from portfolio.journal import image_operations as images
from portfolio.journal import operations as journal
from portfolio.journal.operations import Keeping
from portfolio.kernel.errors import InputError
from portfolio.people.models import User

# (merged, survivor, now, choices) -> by table the ids that went over, of what is kept by time.
Mover = Callable[[int, int, dt.datetime, Choices], Mapping[str, Sequence[int]]]
# Raises InputError when a person may not let go over what would go over from a company.
MoveCheck = Callable[[User, int], None]
PLAIN: tuple[type[Base], ...] = (
    CompanyName,
    StockCode,
    Contact,
    EquityRound,
    Document,
    Activity,
    Task,
)
COPIED = (
    *("metric", "fiscal_year", "micro", "choice", "as_of", "source", "evidence"),
    *("valid_until", "audited"),
)


def require_two(survivor_id: int, merged_id: int) -> None:
    """Raise InputError `company.itself`, or `company.merged_already` when one of the two is part
    of another company: then there is no circle either."""
    if survivor_id == merged_id:
        raise InputError("company.itself")
    for number in (survivor_id, merged_id):
        if (merge := merge_of(number)) is not None:
            names = [db.session.get_one(Company, i).name_zh for i in (number, merge.survivor_id)]
            raise InputError("company.merged_already", one=names[0], other=names[1])


def require_movable(actor: User, merged_id: int) -> None:
    """Raise InputError when something of a company is not for this person to move."""
    checks: Sequence[MoveCheck] = current_app.extensions["company_move_checks"]
    for check in checks:
        check(actor, merged_id)


def merge(
    survivor: Company,
    merged: Company,
    choices: Choices,
    versions: tuple[int | None, int | None],
    actor: User,
    now: dt.datetime,
) -> Keeping:
    """Make one company of two. `versions` are those of the survivor and of the other one that the
    choices were made on.

    Raises InputError `company.itself` or `company.merged_already`, as `require_movable` does,
    `merge.no_choice` for a choice that is none, and Conflict when either was changed meanwhile.
    """
    serialise("company.merge")
    require_two(survivor.id, merged.id)
    if unfit := choices.unfit():
        raise InputError("merge.no_choice", value=unfit[0])
    require_movable(actor, merged.id)
    for company, version in zip((survivor, merged), versions, strict=True):
        db.session.refresh(company, with_for_update=True)
        check_version(company.version, version)
    label = f"{merged.display_name} → {survivor.display_name}"
    with journal.keeping(
        "company.merge", "company", survivor.id, actor, now, label, company_id=survivor.id
    ) as kept:
        _join(survivor, merged, choices, actor, now)
        kept.said = {"merged": merged.id, "state": state_of([survivor.id, merged.id])}
    return kept


def _join(
    survivor: Company, merged: Company, choices: Choices, actor: User, now: dt.datetime
) -> None:
    moved = {"figure": _move_figures(survivor.id, merged.id, choices, actor, now)}
    for model in PLAIN:
        images.update_where(model, _of(model, merged.id), {"company_id": survivor.id})
    _move_distinctions(survivor.id, merged.id)
    for index in (CompanyKey, CompanySearch):
        images.delete_where(index, _of(index, merged.id))
    # First of all, for a region decides what the company is assessed by.
    dropped = _join_columns(survivor, merged, choices, now)
    movers: Sequence[Mover] = current_app.extensions["company_movers"]
    for move in movers:
        gone = move(merged.id, survivor.id, now, choices)
        moved |= {name: list(ids) for name, ids in gone.items()}
    db.session.add(
        CompanyMerge(
            merged_id=merged.id,
            survivor_id=survivor.id,
            uscc=dropped,
            moved=json.dumps(moved),
            merged_at=now,
            merged_by_id=actor.id,
        )
    )
    db.session.flush()
    reindex(survivor)
    _refresh_revenue(survivor.id, merged.id)
    told = {"merged_into": survivor.name_zh}
    audit.record(audit.Entry("company.merge", "company", merged.id, {}, told, merged.id))


def _of(model: Any, company_id: int) -> sa.ColumnElement[bool]:
    condition: sa.ColumnElement[bool] = model.company_id == company_id
    return condition


def columns_of(company: Company) -> dict[str, Any]:
    """The fields of a company that one chooses between."""
    return {name: getattr(company, name) for name in FIELDS}


def _join_columns(
    survivor: Company, merged: Company, choices: Choices, now: dt.datetime
) -> str | None:
    """Give the survivor the values chosen; answers the credit code that was not taken over."""
    db.session.expire(survivor, ["names"])
    mine, theirs = columns_of(survivor), columns_of(merged)
    after = merged_values(mine, theirs, choices.fields)
    codes = {mine["uscc"], theirs["uscc"]} - {None, after["uscc"]}
    _join_names(survivor, mine, theirs, after)
    merged.uscc, merged.updated_at = None, now
    db.session.flush()  # a code has one holder at a time
    for name, value in after.items():
        setattr(survivor, name, value)
    survivor.updated_at = now
    db.session.flush()
    return codes.pop() if codes else None


def _join_names(
    survivor: Company, mine: Mapping[str, Any], theirs: Mapping[str, Any], after: Mapping[str, Any]
) -> None:
    known: set[str] = set()
    for row in list(survivor.names):
        if row.name in known or row.name == after["name_zh"]:
            survivor.names.remove(row)
        known.add(row.name)
    for name, kind in names_kept(mine, theirs, after, known):
        survivor.names.append(CompanyName(name=name, kind=kind))
    db.session.flush()


def _move_figures(
    survivor_id: int, merged_id: int, choices: Choices, actor: User, now: dt.datetime
) -> list[int]:
    """All rows go over. Of two that are current one is closed, and where nobody has chosen the
    other's value is stated beside the survivor's as disputed."""
    current = queries.current_rows([survivor_id, merged_id])
    closed: list[int] = []
    beside: list[Figure] = []
    for (owner, metric, year), theirs in current.items():
        mine = current.get((survivor_id, metric, year))
        if owner != merged_id or mine is None:
            continue
        same = (mine.micro, mine.choice) == (theirs.micro, theirs.choice)
        choice = MINE if same else choices.figures.get((metric, year), BOTH)
        closed.append(mine.id if choice == THEIRS else theirs.id)
        if choice == BOTH:
            beside.append(_disputed(theirs, survivor_id, actor, now))
    ids = list(db.session.scalars(sa.select(Figure.id).where(_of(Figure, merged_id))))
    with images.watching(Figure, Figure.company_id.in_([survivor_id, merged_id])):
        _rewrite(closed, {"superseded_at": now})
        _rewrite(ids, {"company_id": survivor_id})
    db.session.add_all(beside)
    db.session.flush()
    return ids


def _rewrite(ids: Sequence[int], values: Mapping[str, Any]) -> None:
    for start in range(0, len(ids), images.CHUNK):
        part = ids[start : start + images.CHUNK]
        db.session.execute(sa.update(Figure).where(Figure.id.in_(part)).values(**values))


def _disputed(theirs: Figure, survivor_id: int, actor: User, now: dt.datetime) -> Figure:
    return Figure(
        **{name: getattr(theirs, name) for name in COPIED},
        company_id=survivor_id,
        disputed=True,
        recorded_at=now,
        recorded_by_id=actor.id,
    )


def _move_distinctions(survivor_id: int, merged_id: int) -> None:
    """Who was told apart from the one is told apart from the survivor; the two are so no more."""
    row = CompanyDistinction
    rows = db.session.scalars(
        sa.select(row).where(sa.or_(row.one_id == merged_id, row.other_id == merged_id))
    )
    own = sa.select(row.one_id, row.other_id).where(
        sa.or_(row.one_id == survivor_id, row.other_id == survivor_id)
    )
    kept = {(one, other) for one, other in db.session.execute(own)}
    for said in rows.all():
        other = said.other_id if said.one_id == merged_id else said.one_id
        pair = (min(other, survivor_id), max(other, survivor_id))
        if other == survivor_id or pair in kept:
            db.session.delete(said)
        else:
            said.one_id, said.other_id = pair
    db.session.flush()


def _refresh_revenue(survivor_id: int, merged_id: int) -> None:
    both = {survivor_id, merged_id}
    with images.watching(Company, Company.id.in_(both)):
        refresh_latest_revenue(both)
