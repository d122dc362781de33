"""Reads of the library under all targets: at a glance, and row by row in the order of distance."""

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import sqlalchemy as sa

from portfolio.companies import queries as companies
from portfolio.companies.merge_queries import unmerged
from portfolio.companies.models import Company, CompanyMerge, Figure
from portfolio.extensions import db, one_of
from portfolio.readiness import recognition_queries
from portfolio.readiness.library import NEAR, Asked, Glance, Place, glance_of
from portfolio.readiness.models import Assessment, ReadinessState
from portfolio.readiness.near import Near, near
from portfolio.readiness.queries import PRESENT, outcomes_of
from portfolio.readiness.targets import plan
from portfolio.rulebook.engine import MANUAL, UNKNOWN

FEW = 800  # so many companies are looked up by their ids
NAME = sa.func.coalesce(sa.func.nullif(Company.short_name, ""), Company.name_zh)
Condition = sa.ColumnElement[bool]


class Key(NamedTuple):
    """Which company under which target, and how far away."""

    company_id: int
    target: str
    distance: int


class Row(NamedTuple):
    """A row of the library: the company, and how near it is; None where its rulebook is gone."""

    key: Key
    name: str
    industry: str
    near: Near | None


def glance(condition: Condition) -> Glance:
    """How the companies under a condition stand under each target: one query."""
    rows = db.session.execute(
        sa.select(Company.industry, ReadinessState.verdicts)
        .join(Company, Company.id == ReadinessState.company_id)
        .where(PRESENT, ReadinessState.plan == plan().version, condition)
    )
    return glance_of((industry, verdicts, 1) for industry, verdicts in rows)


def glance_of_all(day: dt.date) -> tuple[Glance, Mapping[str, int]]:
    """How all companies stand, and how many hold what an authority grants, by target: each counted
    anew only when something was written that it goes by."""
    newest, stated, changed = (
        sa.select(sa.func.max(column)).scalar_subquery()
        for column in (ReadinessState.id, Figure.id, Company.updated_at)
    )
    there, merged = (
        sa.select(sa.func.count()).select_from(model).scalar_subquery()
        for model in (Company, CompanyMerge)
    )
    row = db.session.execute(sa.select(newest, stated, changed, there, merged)).one()
    whose = (str(db.engine.url), row[2], row[3], row[4])
    return _glance_at((row[0], *whose)), _granted_at((row[1], *whose), day)


@lru_cache(maxsize=4)
def _glance_at(version: tuple[object, ...]) -> Glance:
    return glance(unmerged())


@lru_cache(maxsize=4)
def _granted_at(version: tuple[object, ...], day: dt.date) -> Mapping[str, int]:
    return recognition_queries.counts(unmerged(), day)


def keys_of(
    asked: Asked, whose: Condition, limit: int, behind: Place | None = None
) -> Sequence[Key]:
    """The first rows of the library that a filter asks for, or those behind a place; `whose` says
    which companies may be among them.

    A few companies are looked up by their ids; of many the nearest are read along the index of
    each target. Which of them lack an input is found once, and not asked of every row.
    """
    condition = sa.and_(whose, *_companies(asked))
    among = sa.select(Company.id).where(condition)
    if asked.missing:
        among = _lacking(asked.missing, among)
    few, keys = db.session.scalars(among.limit(FEW + 1)).all(), asked.targets
    if asked.missing or len(few) <= FEW:
        column = Assessment.company_id
        mine = one_of(column, few) if len(few) <= FEW else column.in_(among)
        rows = _ranked(asked, behind, mine, keys, limit)
        return [Key(*row) for row in db.session.execute(rows)]
    if asked.far == NEAR or len(keys) < 2:  # there is an index for all targets together
        rows = _ranked(asked, behind, condition, keys, limit, joined=True)
        return [Key(*row) for row in db.session.execute(rows)]
    parts = [
        _ranked(asked, behind, condition, [key], limit, joined=True).subquery() for key in keys
    ]
    together = sa.union_all(*(sa.select(part) for part in parts)).subquery()
    columns = together.c
    rows = sa.select(columns.company_id, columns.target, columns.distance).order_by(
        columns.distance, columns.company_id, columns.target
    )
    return [Key(*row) for row in db.session.execute(rows.limit(limit))]


def _ranked(
    asked: Asked,
    behind: Place | None,
    condition: Condition,
    keys: Sequence[str],
    limit: int,
    joined: bool = False,
) -> sa.Select[int, str, int]:
    query = sa.select(Assessment.company_id, Assessment.target, Assessment.distance)
    if joined:
        query = query.join(Company, Company.id == Assessment.company_id)
    if asked.target or asked.missing:
        query = query.where(Assessment.target.in_(keys))
    elif len(keys) == 1:
        query = query.where(Assessment.target == keys[0])
    query = query.where(condition, *_outcomes(asked))
    if behind is not None:
        order = sa.tuple_(Assessment.distance, Assessment.company_id, Assessment.target)
        values = (behind.distance, behind.company_id, behind.target)
        query = query.where(Assessment.distance >= behind.distance, order > sa.tuple_(*values))
    return query.order_by(Assessment.distance, Assessment.company_id, Assessment.target).limit(
        limit
    )


def _outcomes(asked: Asked) -> list[Condition]:
    found = []
    if asked.verdict:
        found.append(Assessment.status == asked.verdict)
    if asked.far == NEAR:
        found.append(sa.literal_column("open_tests") == sa.literal_column("1"))
    if asked.most is not None:
        found.append(Assessment.distance.between(1, asked.most))
    if asked.missing:
        found.append(Assessment.status.in_([UNKNOWN, MANUAL]))
    return found


def _lacking(metric: str, among: sa.Select[int]) -> sa.Select[int]:
    """The companies among some that have no such fact, and no such figure of their latest fiscal
    year."""
    stated = sa.exists().where(
        Figure.company_id == ReadinessState.company_id,
        Figure.metric == metric,
        sa.or_(Figure.fiscal_year.is_(None), Figure.fiscal_year == ReadinessState.latest_year),
        sa.or_(Figure.micro.is_not(None), Figure.choice.is_not(None)),
        Figure.superseded_at.is_(None),
        Figure.disputed.is_(False),
    )
    mine = ReadinessState.company_id.in_(among)
    return sa.select(ReadinessState.company_id).where(PRESENT, ~stated, mine)


def _companies(asked: Asked) -> list[Condition]:
    found: list[Condition] = []
    if asked.text:
        found.append(companies.matching(asked.text))
    if asked.industry:
        found.append(Company.industry == asked.industry)
    return found


def rows_of(keys: Sequence[Key]) -> list[Row]:
    """Rows with what is shown of them: two queries for so many."""
    ids = {key.company_id for key in keys}
    told = db.session.execute(
        sa.select(Company.id, NAME, Company.industry).where(one_of(Company.id, ids))
    )
    names = {row[0]: (row[1], row[2]) for row in told}
    stored = {
        (company_id, one.target): one
        for company_id, outcomes in outcomes_of(ids).items()
        for one in outcomes
    }
    found = []
    for key in keys:
        one = stored.get((key.company_id, key.target))
        found.append(Row(key, *names[key.company_id], near(one) if one else None))
    return found
