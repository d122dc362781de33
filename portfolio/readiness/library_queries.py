"""Reads of the library under all targets: at a glance, and row by row in the order of distance."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

import sqlalchemy as sa

from portfolio.audit import queries as audit
from portfolio.companies import queries as companies
from portfolio.companies.merge_queries import unmerged
from portfolio.companies.models import SHOWN_NAME, Company, CompanyMerge, Figure
from portfolio.extensions import db, one_of
from portfolio.readiness import recognition_queries
from portfolio.readiness.library import NEAR, Asked, Glance, Place, glance_of
from portfolio.readiness.models import Assessment, ReadinessRun, ReadinessState
from portfolio.readiness.near import Near, near
from portfolio.readiness.queries import PRESENT, outcomes_of
from portfolio.readiness.targets import plan
from portfolio.rulebook.engine import MANUAL, UNKNOWN
from portfolio.rulebook.metrics import dictionary

FEW = 800  # so many companies are looked up by their ids
OPEN = (UNKNOWN, MANUAL)
WRITTEN = (Figure.id, ReadinessState.id, ReadinessRun.id)
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
    each target. Where few of all companies lack an input, that is found once until something is
    written; where many do, the next row is soon one of them.
    """
    condition, keys = sa.and_(whose, *_companies(asked)), asked.targets
    if asked.missing:
        lacking = _few_lacking(asked.missing)
        mine = _lacks(asked.missing) if lacking is None else one_of(Company.id, lacking)
        condition = sa.and_(condition, mine)
    few = db.session.scalars(sa.select(Company.id).where(condition).limit(FEW + 1)).all()
    if not few or not keys:
        return []
    if len(few) <= FEW:
        rows = _ranked(asked, behind, one_of(Assessment.company_id, few), keys, limit)
        return [Key(*row) for row in db.session.execute(rows)]
    if asked.missing:
        return _along(
            [
                _ranked(
                    replace(asked, verdict=status), behind, condition, [key], limit, joined=True
                )
                for key in keys
                for status in ([asked.verdict] if asked.verdict else OPEN)
            ],
            limit,
        )
    if asked.far == NEAR or len(keys) < 2:  # there is an index for all targets together
        rows = _ranked(asked, behind, condition, keys, limit, joined=True)
        return [Key(*row) for row in db.session.execute(rows)]
    return _along(
        [_ranked(asked, behind, condition, [key], limit, joined=True) for key in keys], limit
    )


def _along(parts: Iterable[sa.Select[int, str, int]], limit: int) -> Sequence[Key]:
    """The first rows of several parts, each of which is in order."""
    together = sa.union_all(*(sa.select(part.subquery()) for part in parts)).subquery().c
    rows = sa.select(together.company_id, together.target, together.distance).order_by(
        together.distance, together.company_id, together.target
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
    if joined:  # asked of each row that comes: a join would begin with a look at every company
        condition = sa.exists().where(Company.id == Assessment.company_id, condition)
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
        found.append(Assessment.status.in_(OPEN))
    return found


def _few_lacking(metric: str) -> tuple[int, ...] | None:
    """The companies that lack an input, or None where these are more than a few. Looked up anew when
    the audit trail, the figures or what is stored of companies have grown."""
    newest = [sa.select(sa.func.max(column)).scalar_subquery() for column in WRITTEN]
    version = (audit.newest_seq(), *db.session.execute(sa.select(*newest)).one())
    if db.session().info.get("action"):  # the trail does not have yet what is being written
        return _lackers(metric)
    return _lackers_at(metric, db.engine, FEW, version)


@lru_cache(maxsize=128)  # what was written last, and where, are part of the key alone
def _lackers_at(
    metric: str, engine: sa.Engine, few: int, version: tuple[object, ...]
) -> tuple[int, ...] | None:
    return _lackers(metric)


def _lackers(metric: str) -> tuple[int, ...] | None:
    rows = sa.select(ReadinessState.company_id).where(PRESENT, ~_stated(metric)).limit(FEW + 1)
    found = tuple(db.session.scalars(rows))
    return found if len(found) <= FEW else None


def _lacks(metric: str) -> Condition:
    """Whether a company that was assessed has no such fact, and no such figure of its latest fiscal
    year."""
    mine = ReadinessState.company_id == Company.id
    return sa.exists().where(mine, PRESENT, ~_stated(metric))


def _stated(metric: str) -> Condition:
    yearly = dictionary()[metric].yearly
    year = Figure.fiscal_year == ReadinessState.latest_year
    return sa.exists().where(
        Figure.company_id == ReadinessState.company_id,
        Figure.metric == metric,
        sa.or_(Figure.fiscal_year.is_(None), year) if yearly else Figure.fiscal_year.is_(None),
        sa.or_(Figure.micro.is_not(None), Figure.choice.is_not(None)),
        Figure.superseded_at.is_(None),
        Figure.disputed.is_(False),
    )


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
        sa.select(Company.id, SHOWN_NAME, Company.industry).where(one_of(Company.id, ids))
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
