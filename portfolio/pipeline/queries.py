"""Reads of deals: pipelines, deals now and as known on a past day, and what hangs on one."""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import sqlalchemy as sa

from portfolio.companies.models import Activity, Company, Document, Task
from portfolio.companies.portrait_queries import Kept, kept_documents
from portfolio.extensions import db, remembered
from portfolio.holidays import queries as holidays
from portfolio.kernel.calendar import WorkCalendar
from portfolio.people.models import User
from portfolio.pipeline.flow import Pipeline
from portfolio.pipeline.models import (
    Deal,
    PipelineVersion,
    StageEvent,
    Vehicle,
)
from portfolio.pipeline.sight_queries import visible_tied
from portfolio.pipeline.stages import Stage


@cache  # versions are few and kept for ever; a page walks all of them
def _parsed(definition: str, calendar: WorkCalendar) -> Pipeline:
    return Pipeline(json.loads(definition), calendar)


def pipeline_of(row: PipelineVersion) -> Pipeline:
    """The parsed definition of a pipeline version, counting the working days in force."""
    return _parsed(row.definition, holidays.calendar())


def _versions() -> Sequence[PipelineVersion]:
    """Every version of every pipeline, the oldest first: a page asks for them several times."""
    rows = sa.select(PipelineVersion).order_by(PipelineVersion.id)
    return remembered("pipeline.versions", lambda: db.session.scalars(rows).all())


def pipelines() -> dict[int, Pipeline]:
    """Every version of every pipeline, by row id."""
    return {row.id: pipeline_of(row) for row in _versions()}


def current_pipelines() -> list[Pipeline]:
    """The versions that new deals begin in, the oldest pipeline first."""
    keys = list(dict.fromkeys(row.key for row in _versions()))
    current = [row for row in _versions() if row.current]
    return [pipeline_of(row) for row in sorted(current, key=lambda row: keys.index(row.key))]


def versions_in_use(key: str) -> list[int]:
    """The row ids of a pipeline's current version and of those that deals still stand in."""
    # Asked as the lowest from there on, which an index answers at once: where nearly all deals stand
    # in one version, SQLite takes reading all of them for the quicker way to find none in another.
    lowest = sa.select(sa.func.min(Deal.pipeline_id)).where(Deal.pipeline_id >= PipelineVersion.id)
    held = lowest.correlate(PipelineVersion).scalar_subquery() == PipelineVersion.id
    return list(
        db.session.scalars(
            sa.select(PipelineVersion.id)
            .where(PipelineVersion.key == key, sa.or_(PipelineVersion.current, held))
            .order_by(PipelineVersion.id)
        )
    )


def current_pipeline(key: str) -> PipelineVersion | None:
    """The version that new deals of this pipeline begin in."""
    return next((row for row in _versions() if row.key == key and row.current), None)


def newest_first(key: str = "") -> list[Pipeline]:
    """The versions of a pipeline, or of all of them: the oldest pipeline and newest version first."""
    by_key: dict[str, list[Pipeline]] = {}
    for row in _versions():
        by_key.setdefault(row.key, []).insert(0, pipeline_of(row))
    return [flow for name, flows in by_key.items() if not key or name == key for flow in flows]


def stage_titles(key: str = "") -> dict[str, Stage]:
    """Every stage by its key, of one pipeline or of all of them, in the order of the newest
    versions and with the titles these give it. Where two pipelines share a key (those every fund
    begins with do; later ones may not) it has the titles of both."""
    found: dict[str, Stage] = {}
    told: set[tuple[str, str]] = set()
    for flow in newest_first(key):
        for stage in flow.stages:
            if (flow.key, stage.key) not in told:
                told.add((flow.key, stage.key))
                shared = found.get(stage.key)
                found[stage.key] = _of_both(shared, stage) if shared else stage
    return found


def _of_both(one: Stage, other: Stage) -> Stage:
    """A stage of two pipelines, called as both call it."""
    zh, en = (" / ".join(dict.fromkeys(pair)) for pair in ((one.zh, other.zh), (one.en, other.en)))
    return replace(one, zh=zh, en=en)


def stages_in_order(key: str) -> list[Stage]:
    """The stages of a pipeline's current version, and those that only earlier ones have, each
    behind the stage it stood behind."""
    current, *earlier = newest_first(key)
    found = list(current.stages)
    for flow in earlier:
        before: Stage | None = None
        for stage in flow.stages:
            keys = [known.key for known in found]
            if stage.key not in keys:
                found.insert(keys.index(before.key) + 1 if before else 0, stage)
            before = stage
    return found


def committee_stages() -> list[str]:
    """The stages, of whatever pipeline, in which deals stand before the committee."""
    flows = newest_first()
    return list(dict.fromkeys(s.key for flow in flows for s in flow.stages if s.committee))


def vehicles() -> Sequence[Vehicle]:
    """The mother fund and the sub-funds."""
    return db.session.scalars(sa.select(Vehicle).order_by(Vehicle.kind, Vehicle.id)).all()


def happened() -> sa.ColumnElement[bool]:
    """The condition over stage events that leaves out what was taken back, and the taking back."""
    taken_back = sa.select(StageEvent.undoes_id).where(StageEvent.undoes_id.is_not(None))
    return sa.and_(StageEvent.undoes_id.is_(None), StageEvent.id.not_in(taken_back))


def history(deal_id: int, known_at: dt.datetime | None = None) -> Sequence[StageEvent]:
    """The deal's stage events, oldest first, as far as they were recorded at `known_at`."""
    query = sa.select(StageEvent).where(StageEvent.deal_id == deal_id).order_by(StageEvent.id)
    if known_at is not None:
        query = query.where(StageEvent.recorded_at <= known_at)
    return db.session.scalars(query).all()


def documents(deal_id: int, terms: bool) -> list[Kept]:
    """The deal's own documents, newest first; those with its terms if wanted."""
    return kept_documents(sa.select(Document).where(Document.deal_id == deal_id), terms)


def document_titled(deal_id: int, title: str) -> Document | None:
    """The deal's document of this title, which a new file is the next version of."""
    query = sa.select(Document).where(Document.deal_id == deal_id, Document.title == title)
    return db.session.scalar(query.order_by(Document.id).limit(1))


def activities(deal_id: int) -> Sequence[Activity]:
    """Notes and contacts about the deal, newest first."""
    return db.session.scalars(
        sa.select(Activity)
        .where(Activity.deal_id == deal_id)
        .order_by(Activity.happened_at.desc())
        .limit(50)
    ).all()


def open_tasks(deal_id: int) -> Sequence[Task]:
    """What is to be done for the deal, the soonest first."""
    return db.session.scalars(
        sa.select(Task)
        .where(Task.deal_id == deal_id, Task.done_at.is_(None))
        .order_by(Task.due_on.nulls_last(), Task.id)
        .limit(50)
    ).all()


def my_tasks(user: User, limit: int = 12) -> Sequence[tuple[Task, str]]:
    """The person's open tasks with the deal or company each is for, the soonest first.

    Those of deals they may not see are left out.
    """
    about = sa.func.coalesce(Deal.name, sa.func.nullif(Company.short_name, ""), Company.name_zh)
    rows = db.session.execute(
        sa.select(Task, about)
        .outerjoin(Deal, Deal.id == Task.deal_id)
        .outerjoin(Company, Company.id == Task.company_id)
        .where(Task.owner_id == user.id, Task.done_at.is_(None), visible_tied(user, Task))
        .order_by(Task.due_on.nulls_last(), Task.id)
        .limit(limit)
    )
    return [(row[0], row[1] or "") for row in rows]
