"""Ways through the library are taken up for a while each: by whoever comes next, when who did one is
gone. A run is a row with `lease_until` and `ended_at`."""

import datetime as dt
from typing import Any

import sqlalchemy as sa

from portfolio.extensions import db, unit_of_work

LEASE = dt.timedelta(minutes=2)


def waits(model: Any, now: dt.datetime) -> sa.ColumnElement[bool]:
    """The condition of runs that somebody may take up."""
    free = sa.or_(model.lease_until.is_(None), model.lease_until < now)
    return sa.and_(model.ended_at.is_(None), free)


def anything_waits(model: Any, now: dt.datetime) -> bool:
    """Whether there is a run to take up."""
    return db.session.scalar(sa.select(model.id).where(waits(model, now)).limit(1)) is not None


def claim(model: Any, action: str, now: dt.datetime, *first: Any) -> int | None:
    """Take up the run that waits longest, by `first` before that; answers its id."""
    with unit_of_work(action):
        query = sa.select(model).where(waits(model, now)).order_by(*first, model.id).limit(1)
        run = db.session.scalar(
            query.with_for_update(skip_locked=True).execution_options(populate_existing=True)
        )
        if run is None:
            return None
        run.lease_until = now + LEASE
        return int(run.id)
