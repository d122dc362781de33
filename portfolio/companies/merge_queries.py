"""Reads of merges: where a company went, what came to one, and to whom a row belonged on a day."""

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from portfolio.companies.models import (
    Company,
    CompanyMerge,
)
from portfolio.extensions import db
from portfolio.kernel.parts import in_parts


def unmerged() -> sa.ColumnElement[bool]:
    """The condition that a company was not merged into another one."""
    return Company.id.not_in(sa.select(CompanyMerge.merged_id))


def merge_of(company_id: int) -> CompanyMerge | None:
    """How the company was merged into another one, if it was."""
    return db.session.scalar(sa.select(CompanyMerge).where(CompanyMerge.merged_id == company_id))


def survivors(company_ids: Iterable[int]) -> dict[int, int]:
    """For each of these companies that was merged the one that it is part of now, however often
    that was merged on: a query for each time."""
    found = {number: number for number in company_ids}
    into: dict[int, int] = {}
    asked = set(found)
    while asked:
        asked = _merged_on(asked, into) - into.keys()
    for number in found:
        while found[number] in into:
            found[number] = into[found[number]]
    return {number: survivor for number, survivor in found.items() if survivor != number}


def _merged_on(asked: Iterable[int], into: dict[int, int]) -> set[int]:
    """Add where these companies were merged into; answers the companies that they went into."""
    went: set[int] = set()
    for part in in_parts(asked):
        query = sa.select(CompanyMerge.merged_id, CompanyMerge.survivor_id)
        for merged, survivor in db.session.execute(query.where(CompanyMerge.merged_id.in_(part))):
            into[merged] = survivor
            went.add(survivor)
    return went


def parts_of(company_ids: Iterable[int]) -> dict[int, list[CompanyMerge]]:
    """The merges by which others became part of these companies, directly or by way of others: a
    query for each step of the way. What is part of another one has none of its own."""
    wanted = set(company_ids)
    whole = {number: number for number in wanted - survivors(wanted).keys()}
    found: dict[int, list[CompanyMerge]] = {}
    asked = list(whole)
    while asked:
        rows = [row for part in in_parts(asked) for row in _into(part)]
        asked = [row.merged_id for row in rows]
        for row in rows:
            whole[row.merged_id] = whole[row.survivor_id]
            found.setdefault(whole[row.merged_id], []).append(row)
    return {number: sorted(merges, key=lambda m: m.id) for number, merges in found.items()}


def _into(company_ids: Sequence[int]) -> Sequence[CompanyMerge]:
    query = sa.select(CompanyMerge).where(CompanyMerge.survivor_id.in_(company_ids))
    return db.session.scalars(query).all()


def whole(company_id: int, known_at: dt.datetime | None = None) -> list[int]:
    """The company and those that are part of it, or were at an instant."""
    parts = parts_of([company_id]).get(company_id, [])
    return [company_id, *(m.merged_id for m in parts if not known_at or m.merged_at <= known_at)]


def owners_since(company_id: int) -> list[int]:
    """The company and those it went into since: who has today what once was its own."""
    found = [company_id]
    while (merge := merge_of(found[-1])) is not None:
        found.append(merge.survivor_id)
    return found


def dropped_codes(company_ids: Iterable[int]) -> Mapping[int, list[str]]:
    """The credit codes that companies are found by besides their own."""
    parts = parts_of(company_ids)
    return {number: [m.uscc for m in merges if m.uscc] for number, merges in parts.items()}


def holder_of_dropped(code: str) -> int | None:
    """The company that is found by a credit code which it did not take over."""
    row = db.session.scalar(sa.select(CompanyMerge.merged_id).where(CompanyMerge.uscc == code))
    return None if row is None else survivors([row])[row]


def moved_since(
    table: str, company_ids: Iterable[int], known_at: dt.datetime
) -> tuple[dict[int, int], set[int]]:
    """Of a table whose moves are kept with the merge: the rows that were with one of these
    companies at an instant and are elsewhere now, with that company; and the rows that came to
    one of them since."""
    rows = db.session.scalars(sa.select(CompanyMerge).where(CompanyMerge.merged_at > known_at))
    moved = [(row, json.loads(row.moved).get(table, [])) for row in rows]
    wanted = set(company_ids)
    came = {i for row, ids in moved if row.survivor_id in wanted for i in ids}
    gone = {
        i: row.merged_id
        for row, ids in moved
        if row.merged_id in wanted
        for i in ids
        if i not in came
    }
    return gone, came


def owned_then(
    model: Any, company_ids: Iterable[int], known_at: dt.datetime
) -> sa.ColumnElement[bool]:
    """The condition that a row was with one of these companies at an instant."""
    wanted = list(company_ids)
    gone, came = moved_since(model.__tablename__, wanted, known_at)
    now: sa.ColumnElement[bool] = model.company_id.in_(wanted)
    if came:
        now = sa.and_(now, model.id.not_in(came))
    return sa.or_(now, model.id.in_(list(gone))) if gone else now
