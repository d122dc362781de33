"""Reads of what is foreseen: how many gain and lose under which target, and who."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import sqlalchemy as sa

from portfolio.companies import queries as companies
from portfolio.companies.models import SHOWN_NAME, Company
from portfolio.extensions import db, one_of
from portfolio.readiness.foreseeing import EFFECTS, Effect
from portfolio.readiness.models import ForeseenOutcome, Foresight
from portfolio.readiness.near import Near, near
from portfolio.readiness.stored import read
from portfolio.readiness.successions import Succession, successions
from portfolio.readiness.targets import targets

Condition = sa.ColumnElement[bool]


@dataclass(frozen=True)
class Wanted:
    """The filter of what is foreseen: empty parts ask for nothing."""

    target: str = ""
    effect: str = ""
    industry: str = ""
    text: str = ""


class Row(NamedTuple):
    """A company that will stand otherwise under a target; a side is None where no rulebook applies, or
    where its clauses are others by now."""

    company_id: int
    name: str
    industry: str
    target: str
    effect: Effect
    unverified: bool
    before: Near | None
    after: Near | None


def foresight_of(succession: Succession) -> Foresight | None:
    """What is foreseen of a succession, if anybody asked for it."""
    return db.session.scalar(sa.select(Foresight).where(Foresight.key == succession.key))


def foresights() -> Mapping[str, Foresight]:
    """Everything that is foreseen, by the key of the succession."""
    known = {one.key for one in successions()}
    return {row.key: row for row in db.session.scalars(sa.select(Foresight)) if row.key in known}


def counts(foresight_ids: Iterable[int], whose: Condition) -> dict[int, dict[str, int]]:
    """By foresight and effect how many outcomes change, of the companies under a condition."""
    grouped = (ForeseenOutcome.foresight_id, ForeseenOutcome.effect)
    rows = db.session.execute(
        sa.select(*grouped, sa.func.count())
        .join(Company, Company.id == ForeseenOutcome.company_id)
        .where(ForeseenOutcome.foresight_id.in_(foresight_ids), whose)
        .group_by(*grouped)
    )
    found: dict[int, dict[str, int]] = {}
    for foresight_id, effect, count in rows:
        found.setdefault(foresight_id, {})[effect] = count
    return found


def how_many(foresight: Foresight, whose: Condition) -> int:
    """How many companies under a condition will stand otherwise under some target."""
    found = db.session.scalar(
        sa.select(sa.func.count(ForeseenOutcome.company_id.distinct()))
        .join(Company, Company.id == ForeseenOutcome.company_id)
        .where(ForeseenOutcome.foresight_id == foresight.id, whose)
    )
    return found or 0


def counts_by_target(foresight: Foresight, whose: Condition) -> dict[str, dict[str, int]]:
    """By target, in the order of the plan, and effect how many companies will stand otherwise."""
    grouped = (ForeseenOutcome.target, ForeseenOutcome.effect)
    rows = db.session.execute(
        sa.select(*grouped, sa.func.count())
        .join(Company, Company.id == ForeseenOutcome.company_id)
        .where(ForeseenOutcome.foresight_id == foresight.id, whose)
        .group_by(*grouped)
    )
    found: dict[str, dict[str, int]] = {}
    for target, effect, count in rows:
        found.setdefault(target, {})[effect] = count
    return {target.key: found[target.key] for target in targets() if target.key in found}


def ids_of(foresight: Foresight, asked: Wanted, whose: Condition) -> sa.Select[int]:
    """The rows that a filter asks for, in their order; `whose` says which companies may be among
    them."""
    wanted = {"target": asked.target, "effect": asked.effect}
    parts = [getattr(ForeseenOutcome, name) == value for name, value in wanted.items() if value]
    if asked.text:
        parts.append(companies.matching(asked.text))
    if asked.industry:
        parts.append(Company.industry == asked.industry)
    return (
        sa.select(ForeseenOutcome.id)
        .join(Company, Company.id == ForeseenOutcome.company_id)
        .where(ForeseenOutcome.foresight_id == foresight.id, whose, *parts)
        .order_by(ForeseenOutcome.effect, ForeseenOutcome.target, ForeseenOutcome.company_id)
    )


def rows_of(ids: Sequence[int]) -> list[Row]:
    """Rows with what is shown of them: one query for so many."""
    told = db.session.execute(
        sa.select(ForeseenOutcome, SHOWN_NAME, Company.industry)
        .join(Company, Company.id == ForeseenOutcome.company_id)
        .where(one_of(ForeseenOutcome.id, ids))
    )
    found = {row.id: _row(row, name, industry) for row, name, industry in told}
    return [found[row_id] for row_id in ids if row_id in found]


def _row(row: ForeseenOutcome, name: str, industry: str) -> Row:
    sides = (_near(text) for text in (row.before, row.after))
    effect = EFFECTS[row.effect]
    return Row(row.company_id, name, industry, row.target, effect, row.unverified, *sides)


def _near(text: str) -> Near | None:
    return near(read(text)[0]) if text else None
