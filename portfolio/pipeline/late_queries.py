"""Which deals stand in their stage longer than usual, by the targets of their own version."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from portfolio.extensions import db
from portfolio.people.models import User
from portfolio.pipeline.flow import Pipeline
from portfolio.pipeline.models import Deal, Status
from portfolio.pipeline.sight_queries import visible
from portfolio.pipeline.stages import Stage
from portfolio.web.past import end_of

# What the list of deals is asked for to show those alone.
LATE = "yes"


def entered_until(
    flows: Mapping[int, Pipeline], last_day: Callable[[Stage], dt.date | None]
) -> sa.ColumnElement[bool]:
    """The condition that a deal of these versions entered its stage on the day `last_day` says for
    the stage or before; of a stage without a day none did. Days are those of the readers' clock."""
    # One part a version: SQLite reads a flat list of all stages of all versions as too deep a tree.
    parts = [
        sa.and_(Deal.pipeline_id == version_id, sa.or_(sa.false(), *_in_stages(flow, last_day)))
        for version_id, flow in flows.items()
    ]
    return sa.or_(sa.false(), *parts)


def _in_stages(
    flow: Pipeline, last_day: Callable[[Stage], dt.date | None]
) -> list[sa.ColumnElement[bool]]:
    return [
        sa.and_(Deal.stage == stage.key, Deal.stage_entered_at <= end_of(day))
        for stage in flow.stages
        if (day := last_day(stage)) is not None
    ]


@dataclass(frozen=True)
class Lateness:
    """Of the active deals in a stage, how many stand longer than usual, and past the limit."""

    due: int = 0
    overdue: int = 0


def lateness(user: User, flows: Mapping[int, Pipeline], today: dt.date) -> dict[str, Lateness]:
    """By stage how many of the active deals that the person may see are late."""
    due = entered_until(flows, lambda stage: stage.late_until(today))
    overdue = entered_until(flows, lambda stage: stage.overdue_until(today))
    rows = db.session.execute(
        sa.select(Deal.stage, sa.func.count(), sa.func.sum(sa.case((overdue, 1), else_=0)))
        .where(visible(user), Deal.status == Status.ACTIVE.value, due)
        .group_by(Deal.stage)
    )
    return {stage: Lateness(count - past, past) for stage, count, past in rows}
