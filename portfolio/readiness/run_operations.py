"""Looking through the library: everybody, or those whom the days since the last time may have changed."""

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa

from portfolio.companies.merge_queries import unmerged
from portfolio.companies.models import Company, Figure
from portfolio.extensions import db, one_of, unit_of_work
from portfolio.kernel.dates import local_date
from portfolio.kernel.parts import in_parts
from portfolio.readiness.inputs import REGION_IN_CODE
from portfolio.readiness.models import ReadinessOwed, ReadinessRun, ReadinessState
from portfolio.readiness.operations import CHUNK, every_company, refresh
from portfolio.readiness.queries import PRESENT
from portfolio.readiness.targets import plan
from portfolio.readiness.turning import turned

ACTION = "readiness.refresh"


def last_run() -> ReadinessRun | None:
    """The last time that the library was looked through by the present plan."""
    runs = sa.select(ReadinessRun).where(ReadinessRun.plan == plan().version)
    return db.session.scalar(runs.order_by(ReadinessRun.id.desc()).limit(1))


def look_through(company_ids: Sequence[int], now: dt.datetime) -> ReadinessRun:
    """Assess companies, a part at a time so that nobody who writes waits long, and note the day."""
    changed = 0
    for part in in_parts(company_ids, CHUNK):
        with unit_of_work(ACTION):
            changed += refresh(part, now)
    with unit_of_work(ACTION) as session:
        run = ReadinessRun(
            day=local_date(now),
            plan=plan().version,
            ended_at=dt.datetime.now(dt.UTC),
            companies=len(company_ids),
            changed=changed,
        )
        session.add(run)
    return run


def owed(most: int = CHUNK) -> list[int]:
    """Companies whose outcomes are still to be stored, those first that wait longest."""
    waiting = sa.select(ReadinessOwed.company_id).order_by(ReadinessOwed.id).limit(most)
    return list(dict.fromkeys(db.session.scalars(waiting)))


def owing() -> int:
    """How many companies wait for their outcomes."""
    number = sa.select(sa.func.count(sa.distinct(ReadinessOwed.company_id)))
    return db.session.scalars(number).one()


def settle(most: int = CHUNK) -> int:
    """Store what is owed, a part at a time; answers how many companies were looked through.

    A company that somebody is writing to at the moment waits for the next time.
    """
    count = 0
    while ids := owed(most):
        with unit_of_work(ACTION):
            free = sa.select(Company.id).where(one_of(Company.id, ids), unmerged())
            held = free.order_by(Company.id).with_for_update(key_share=True, skip_locked=True)
            ready = list(db.session.scalars(held))
            merged = sa.select(Company.id).where(one_of(Company.id, ids), ~unmerged())
            done = [*ready, *db.session.scalars(merged)]
            for part in in_parts(done):
                gone = one_of(ReadinessOwed.company_id, part)
                db.session.execute(sa.delete(ReadinessOwed).where(gone))
            refresh(ready, dt.datetime.now(dt.UTC))
        count += len(ready)
        if not done:
            break
    db.session.rollback()  # what comes next does not read as of this last look
    return count


def due(now: dt.datetime) -> Sequence[int] | None:
    """The companies that the days since the last run may have changed; None where it was today."""
    last, today = last_run(), local_date(now)
    if last is None or turned(last.day, today):
        return every_company()
    if last.day >= today:
        return None
    return list(
        db.session.scalars(sa.select(Company.id).where(unmerged(), _moved(last.day, today)))
    )


def _moved(last: dt.date, today: dt.date) -> sa.ColumnElement[bool]:
    """Companies of which something expired, or whose region or state is not what was stored."""
    expired = sa.select(Figure.company_id).where(
        Figure.superseded_at.is_(None), Figure.valid_until >= last, Figure.valid_until < today
    )
    code = sa.func.substr(
        Company.uscc, REGION_IN_CODE.start + 1, REGION_IN_CODE.stop - REGION_IN_CODE.start
    )
    region = sa.func.coalesce(sa.func.nullif(Company.region_code, ""), sa.func.nullif(code, ""))
    settled = sa.select(ReadinessState.company_id).where(
        PRESENT,
        ReadinessState.plan == plan().version,
        ReadinessState.company_id == Company.id,
        ReadinessState.region.is_not_distinct_from(region),
    )
    return sa.or_(Company.id.in_(expired), ~settled.exists())
