"""Reads of readiness: a company's figures as the engine takes them, and stored outcomes."""

import datetime as dt
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

import sqlalchemy as sa

from portfolio.companies import merge_queries as merges
from portfolio.companies import queries as companies
from portfolio.companies.models import Company, Figure
from portfolio.extensions import db, one_of
from portfolio.kernel.parts import in_parts
from portfolio.readiness.inputs import Stated, figures_from, region_of
from portfolio.readiness.models import Assessment, ReadinessState
from portfolio.readiness.near import Near, near
from portfolio.readiness.stored import Known, Stored, known_on, read
from portfolio.readiness.targets import listed_targets, targets
from portfolio.rulebook.values import Figures

PRESENT = ReadinessState.superseded_at.is_(None)


def stated_of(
    company_ids: Iterable[int], known_at: dt.datetime | None = None
) -> dict[int, list[Stated]]:
    """The current figures of each company, or those known at an instant. One query."""
    ids = list(company_ids)
    found: dict[int, list[Stated]] = {company_id: [] for company_id in ids}
    gone = merges.moved_since(Figure.__tablename__, ids, known_at)[0] if known_at else {}
    columns = (
        *(Figure.id, Figure.company_id),
        *(Figure.metric, Figure.fiscal_year, Figure.micro, Figure.choice, Figure.audited),
        Figure.valid_until,
    )
    query = companies.current_figures_of(ids, known_at).with_only_columns(*columns)
    for figure_id, company_id, *row in db.session.execute(query):
        found[gone.get(figure_id, company_id)].append(Stated._make(row))
    return found


def figures_of(
    company_id: int, day: dt.date, known_at: dt.datetime | None = None
) -> tuple[Figures, bool]:
    """A company's figures as the engine takes them, and whether the latest fiscal year is
    audited."""
    return figures_from(stated_of([company_id], known_at)[company_id], day)


def known_of(company_ids: Sequence[int], day: dt.date) -> dict[int, Known]:
    """What each company is assessed by on a day: two queries for so many."""
    found: dict[int, Known] = {}
    for part in in_parts(company_ids):
        stated = stated_of(part)
        rows = db.session.execute(
            sa.select(Company.id, Company.region_code, Company.uscc).where(one_of(Company.id, part))
        )
        regions = {company_id: region_of(code, uscc) for company_id, code, uscc in rows}
        found |= {i: known_on(day, stated[i], regions.get(i)) for i in part}
    return found


class Mark(NamedTuple):
    """Of what is stored of a company: the version of the plan, the mark of its outcomes, its latest
    fiscal year."""

    plan: int
    outcomes: str
    latest_year: int | None


def marks_of(company_ids: Iterable[int]) -> dict[int, Mark]:
    """What tells whether anything is to be stored of a company, by its id."""
    state = ReadinessState
    columns = (state.company_id, state.plan, state.mark, state.latest_year)
    found: dict[int, Mark] = {}
    for part in in_parts(company_ids):
        now = sa.and_(one_of(ReadinessState.company_id, part), PRESENT)
        for company_id, version, mark, year in db.session.execute(sa.select(*columns).where(now)):
            found[company_id] = Mark(version, mark, year)
    return found


def outcomes_of(company_ids: Iterable[int]) -> dict[int, list[Stored]]:
    """By company its outcomes as they are stored."""
    columns = (ReadinessState.company_id, ReadinessState.outcomes)
    found: dict[int, list[Stored]] = {}
    for part in in_parts(company_ids):
        now = sa.and_(one_of(ReadinessState.company_id, part), PRESENT)
        rows = db.session.execute(sa.select(*columns).where(now))
        found |= {company_id: read(text) for company_id, text in rows}
    return found


def statuses(company_ids: Iterable[int]) -> dict[int, dict[str, str]]:
    """By company the verdict of each target that lists show."""
    keys = [target.key for target in listed_targets()]
    found: dict[int, dict[str, str]] = {}
    rows = db.session.execute(
        sa.select(Assessment.company_id, Assessment.target, Assessment.status).where(
            one_of(Assessment.company_id, company_ids),
            Assessment.target.in_(keys),
        )
    )
    for company_id, target, status in rows:
        found.setdefault(company_id, {})[target] = status
    return found


def company_filter(chosen: Sequence[str]) -> sa.ColumnElement[bool]:
    """Companies whose current outcome is one of `target:status`."""
    clauses = []
    for text in chosen:
        target, _, status = text.partition(":")
        clauses.append(sa.and_(Assessment.target == target, Assessment.status == status))
    found = sa.select(Assessment.company_id).where(sa.or_(sa.false(), *clauses))
    return Company.id.in_(found)


def nearest_standard(company_ids: Iterable[int]) -> dict[int, Near]:
    """For each company the standard that it meets, or is nearest to meeting: one query."""
    query = sa.select(ReadinessState.company_id, ReadinessState.outcomes)
    mine = sa.and_(one_of(ReadinessState.company_id, company_ids), PRESENT)
    rows = db.session.execute(query.where(mine))
    return {i: told for i, text in rows if (told := _nearest(text)) is not None}


@lru_cache(maxsize=2000)
def _nearest(outcomes: str) -> Near | None:
    standards = {target.key for target in targets() if target.standard}
    ways = [one for one in read(outcomes) if one.target in standards]
    told = map(near, sorted(ways, key=lambda way: (way.distance, way.target)))
    return next((one for one in told if one), None)
