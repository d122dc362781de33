"""Assessing companies: outcomes are stored when they change."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from portfolio.companies.merge_queries import unmerged
from portfolio.companies.models import Company
from portfolio.extensions import db, insert_rows, one_of
from portfolio.kernel.dates import local_date
from portfolio.kernel.parts import in_parts
from portfolio.readiness import queries
from portfolio.readiness.many import stored_of_all
from portfolio.readiness.models import Assessment, ReadinessOwed, ReadinessState
from portfolio.readiness.stored import Known, Stored, mark_of, verdicts_of, written
from portfolio.readiness.targets import plan

CHUNK = 4500
AT_ONCE = 2000  # so many companies are assessed within the write that stated their figures
Outcomes = Sequence[Stored]


def refresh(company_ids: Iterable[int], now: dt.datetime) -> int:
    """Assess companies and store what changed; answers how many outcomes did."""
    return sum(_refresh_part(part, now) for part in in_parts(company_ids, CHUNK))


def _refresh_part(ids: list[int], now: dt.datetime) -> int:
    held = sa.select(Company.id).where(one_of(Company.id, ids)).order_by(Company.id)
    db.session.execute(held.with_for_update(key_share=True))  # two writes would store it twice
    day = local_date(now)
    known = queries.known_of(ids, day)
    found = stored_of_all(known, day)
    texts = {company_id: written(outcomes) for company_id, outcomes in found.items()}
    marks = queries.marks_of(ids)
    same = {
        i for i, m in marks.items() if (m.plan, m.outcomes) == (plan().version, mark_of(texts[i]))
    }
    _keep_years(
        {i: known[i].latest_year for i in same if known[i].latest_year != marks[i].latest_year}
    )
    changed = [i for i in ids if i not in same]
    if not changed:
        return 0
    before: dict[int, Outcomes] = {}
    for part in in_parts(i for i in changed if i in marks):
        ended = sa.and_(one_of(ReadinessState.company_id, part), queries.PRESENT)
        before |= queries.outcomes_of(part)
        db.session.execute(sa.update(ReadinessState).where(ended).values(superseded_at=now))
    states = [_state(i, known[i], found[i], texts[i], now) for i in changed]
    insert_rows(ReadinessState, states)
    _clear([i for i in before if marks[i].plan != plan().version])
    comparable = {i: b for i, b in before.items() if marks[i].plan == plan().version}
    return _renew(comparable, {i: found[i] for i in changed})


def _keep_years(years: Mapping[int, int | None]) -> None:
    """A year that says nothing new of any target is the latest one all the same."""
    for year in set(years.values()):
        for part in in_parts(i for i, latest in years.items() if latest == year):
            now = sa.and_(one_of(ReadinessState.company_id, part), queries.PRESENT)
            db.session.execute(sa.update(ReadinessState).where(now).values(latest_year=year))


def _clear(company_ids: Sequence[int]) -> None:
    """What was stored by another plan is no base to change from."""
    for part in in_parts(company_ids):
        db.session.execute(sa.delete(Assessment).where(one_of(Assessment.company_id, part)))


def _renew(before: Mapping[int, Outcomes], found: Mapping[int, Outcomes]) -> int:
    """Put the outcomes that changed in the place of what stood there; answers how many they are."""
    gone: dict[str, list[int]] = {}
    fresh: list[dict[str, Any]] = []
    for company_id, outcomes in found.items():
        was = {one.target: one for one in before.get(company_id, ())}
        changed = [one for one in outcomes if was.pop(one.target, None) != one]
        fresh += [_row(company_id, one) for one in changed]
        for target in {one.target for one in before.get(company_id, ())} & (
            was.keys() | {one.target for one in changed}
        ):
            gone.setdefault(target, []).append(company_id)
    for target, companies in gone.items():
        for part in in_parts(companies):
            rows = sa.and_(Assessment.target == target, one_of(Assessment.company_id, part))
            db.session.execute(sa.delete(Assessment).where(rows))
    insert_rows(Assessment, fresh)
    return len(fresh)


def _row(company_id: int, one: Stored) -> dict[str, Any]:
    return {
        "company_id": company_id,
        "target": one.target,
        "status": one.status,
        "open_tests": one.open_tests,
        "distance": one.distance,
    }


def _state(
    company_id: int, known: Known, found: Sequence[Stored], text: str, now: dt.datetime
) -> dict[str, Any]:
    return {
        "company_id": company_id,
        "plan": plan().version,
        "verdicts": verdicts_of(found),
        "outcomes": text,
        "mark": mark_of(text),
        "region": known.region,
        "latest_year": known.latest_year,
        "inputs": known.mark,
        "as_of": local_date(now),
        "computed_at": now,
        "superseded_at": None,
    }


def every_company() -> list[int]:
    """The ids of all companies."""
    return list(db.session.scalars(sa.select(Company.id).where(unmerged()).order_by(Company.id)))


def when_figures_change(company_ids: Iterable[int], now: dt.datetime) -> None:
    """Listener of `figures_stated`: these companies are assessed anew, in the same transaction.

    Where they are very many the write does not wait for it: their outcomes are owed, and
    `run_operations.settle` stores them after it, in parts.
    """
    ids = list(company_ids)
    if len(ids) <= AT_ONCE:
        refresh(ids, now)
    else:
        insert_rows(ReadinessOwed, [{"company_id": company_id} for company_id in ids])
