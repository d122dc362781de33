"""A way through the library: what every company's texts claim is suggested, a part at a time so that nobody
who writes waits long."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from portfolio.chokepoint import lease_operations as leases
from portfolio.chokepoint.run_models import SuggestionRun
from portfolio.chokepoint.source_queries import texts_of
from portfolio.chokepoint.suggestion_operations import Read, follow, read
from portfolio.companies.merge_queries import unmerged
from portfolio.companies.models import Company
from portfolio.extensions import Actor, db, serialise, unit_of_work

CHUNK = 400
ACTION = "tag.suggest"
TRIES = 3
KEY = "chokepoint.run"


def last() -> SuggestionRun | None:
    """The latest way through the library, gone or going."""
    return db.session.scalar(sa.select(SuggestionRun).order_by(SuggestionRun.id.desc()).limit(1))


def ask(actor: Actor | None, now: dt.datetime) -> SuggestionRun:
    """Ask for a way through the library; answers with the one that goes on, where one does."""
    serialise(KEY)
    run = db.session.scalar(sa.select(SuggestionRun).where(SuggestionRun.ended_at.is_(None)))
    if run is None:
        total = db.session.scalar(sa.select(sa.func.count(Company.id)).where(unmerged()))
        run = SuggestionRun(asked_at=now, asked_by_id=actor.id if actor else None, total=total or 0)
        db.session.add(run)
        db.session.flush()
    return run


def anything_waits(now: dt.datetime) -> bool:
    """Whether there is a run to take up."""
    return leases.anything_waits(SuggestionRun, now)


def claim(now: dt.datetime) -> int | None:
    """Take up the run that waits; answers its id."""
    return leases.claim(SuggestionRun, ACTION, now)


def go_through(run_id: int, tell: Callable[[SuggestionRun], None] = lambda run: None) -> None:
    """Do a run that was claimed to its end; `tell` hears of it after each part."""
    more = True
    while more:
        more = _part(run_id)
        tell(db.session.get_one(SuggestionRun, run_id))


def _part(run_id: int, tries: int = TRIES) -> bool:
    """The next companies; answers whether more may follow."""
    last_id = db.session.get_one(SuggestionRun, run_id, populate_existing=True).last_id
    ids = _next(last_id)
    texts = texts_of(ids)
    readings = {number: read(said) for number, said in texts.items()}  # while nobody has to wait
    try:
        with unit_of_work(ACTION):
            run = db.session.get_one(SuggestionRun, run_id, populate_existing=True)
            _write(run, ids, readings, dt.datetime.now(dt.UTC))
    except IntegrityError:  # somebody claimed the same at that moment
        if tries == 1:
            raise
        return _part(run_id, tries - 1)
    return bool(ids)


def _write(
    run: SuggestionRun,
    ids: Sequence[int],
    readings: Mapping[int, Read],
    now: dt.datetime,
) -> None:
    if not ids:
        run.ended_at, run.total = now, run.done
        return
    now_said = texts_of(ids)
    same = {i: found for i, found in readings.items() if now_said.get(i) == found.texts}
    found = follow(same, now)
    run.added += found.added
    run.withdrawn += found.withdrawn
    run.last_id, run.done = ids[-1], run.done + len(ids)
    run.lease_until = now + leases.LEASE


def _next(last_id: int) -> Sequence[int]:
    query = sa.select(Company.id).where(Company.id > last_id, unmerged())
    return db.session.scalars(query.order_by(Company.id).limit(CHUNK)).all()
