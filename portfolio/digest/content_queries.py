"""What changed for one reader in a window, asked through the pages' own visibility conditions."""

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from portfolio.companies import queries as companies
from portfolio.companies.models import Company, Task
from portfolio.coverage.figure_queries import coverage
from portfolio.coverage.figures import Coverage
from portfolio.digest import compose
from portfolio.extensions import db
from portfolio.kernel.dates import local_date
from portfolio.people.models import User
from portfolio.pipeline import queries as pipeline
from portfolio.pipeline import sight_queries as sight
from portfolio.pipeline.flow import Pipeline
from portfolio.pipeline.happened import happened
from portfolio.pipeline.late_queries import entered_until
from portfolio.pipeline.models import Deal, MoveKind, StageEvent, Status

TASKS_AHEAD = dt.timedelta(days=7)
TASKS_READ = 200
STATUSES: Mapping[str, Any] = Status._value2member_map_
Owner = aliased(User)
Actor = aliased(User)


def digest_for(
    user: User,
    period: str,
    since: dt.datetime,
    until: dt.datetime,
    late: bool = False,
    missed: int = 0,
) -> compose.Digest:
    """The digest of one reader: what was recorded after `since` and up to `until`."""
    pipelines = pipeline.pipelines()
    return compose.compose(
        period,
        since,
        until,
        changes(user, since, until, pipelines),
        tasks(user, until),
        slow(user, until, pipelines),
        new_companies(user, since, until),
        late,
        missed,
        overrides(user, since, until, pipelines),
        covered(user, until),
    )


def covered(user: User, until: dt.datetime) -> Coverage | None:
    """How far what the reader may see is in chokepoint technology; None where there is nothing."""
    if not user.may("deal.read"):
        return None
    found = coverage(user, local_date(until))
    return None if found.empty else found


def overrides(
    user: User, since: dt.datetime, until: dt.datetime, pipelines: Mapping[int, Pipeline]
) -> list[compose.OverrideLine]:
    """Skips and moves with open conditions, for the deal's team, partners and compliance."""
    told = sa.or_(sight.visible(user, "deal.write"), sight.visible(user, "finding.write"))
    rows = db.session.execute(
        _events(user, since, until).where(StageEvent.overridden != "", told)
    ).all()
    return [_override(row, user, pipelines[row.pipeline_id]) for row in rows]


def _override(row: Any, user: User, stages: Pipeline) -> compose.OverrideLine:
    event: StageEvent = row[0]
    return compose.OverrideLine(
        deal=_deal_line(row, user, set()),
        at=event.recorded_at,
        by=row.actor or "",
        from_stage=stages.stage_then(event.from_stage or event.to_stage),
        to_stage=stages.stage_then(event.to_stage),
        note=event.note,
        conditions=json.loads(event.overridden),
    )


def changes(
    user: User, since: dt.datetime, until: dt.datetime, pipelines: Mapping[int, Pipeline]
) -> list[compose.Change]:
    """Stage events of visible deals, the oldest first; moves taken back at once are none."""
    rows = db.session.execute(_events(user, since, until)).all()
    terms = sight.ids_with(user, "deal.terms", {row.id for row in rows})
    told = {event.id for event in happened([row[0] for row in rows])}
    return [
        _change(row, user, terms, pipelines[row.pipeline_id]) for row in rows if row[0].id in told
    ]


def _events(user: User, since: dt.datetime, until: dt.datetime) -> sa.Select:
    return (
        sa.select(
            StageEvent,
            Deal.id,
            Deal.name,
            Deal.owner_id,
            Deal.amount_fen,
            Deal.pipeline_id,
            Owner.name.label("owner"),
            Actor.name.label("actor"),
        )
        .join(Deal, Deal.id == StageEvent.deal_id)
        .join(Owner, Owner.id == Deal.owner_id)
        .outerjoin(Actor, Actor.id == StageEvent.actor_id)
        .where(
            StageEvent.recorded_at > since,
            StageEvent.recorded_at <= until,
            StageEvent.kind != MoveKind.CARRY.value,
            sight.visible(user),
        )
        .order_by(StageEvent.id)
    )


def _change(row: Any, user: User, terms: set[int], stages: Pipeline) -> compose.Change:
    event: StageEvent = row[0]
    return compose.Change(
        deal=_deal_line(row, user, terms),
        at=event.recorded_at,
        by=row.actor or "",
        from_stage=stages.stage_then(event.from_stage) if event.from_stage else None,
        to_stage=stages.stage_then(event.to_stage),
        from_status=STATUSES[event.from_status] if event.from_status else None,
        to_status=STATUSES[event.to_status],
        note=event.note,
    )


def _deal_line(row: Any, user: User, terms: set[int]) -> compose.DealLine:
    amount = row.amount_fen if row.id in terms else None
    return compose.DealLine(row.id, row.name, row.owner_id == user.id, row.owner, amount)


def tasks(user: User, until: dt.datetime) -> list[compose.TaskLine]:
    """The reader's open tasks that are overdue or due within seven days."""
    today = local_date(until)
    known_company = sa.or_(
        Task.deal_id.is_not(None), Task.company_id.is_(None), companies.visible(user)
    )
    rows = db.session.execute(
        sa.select(Task, Deal.name, Company.name_zh, Company.short_name)
        .outerjoin(Deal, Deal.id == Task.deal_id)
        .outerjoin(Company, Company.id == Task.company_id)
        .where(
            Task.owner_id == user.id,
            Task.done_at.is_(None),
            Task.created_at <= until,
            Task.due_on <= today + TASKS_AHEAD,
            sight.visible_tied(user, Task),
            known_company,
        )
        .order_by(Task.due_on, Task.id)
        .limit(TASKS_READ)
    )
    return [_task(task, deal, short or full, today) for task, deal, full, short in rows]


def _task(task: Task, deal: str | None, company: str | None, today: dt.date) -> compose.TaskLine:
    due_on = task.due_on or today
    path = f"/deals/{task.deal_id}" if task.deal_id else f"/companies/{task.company_id}"
    if not task.deal_id and not task.company_id:
        path = "/"
    return compose.TaskLine(task.title, deal or company or "", path, due_on, (due_on - today).days)


def slow(user: User, until: dt.datetime, pipelines: Mapping[int, Pipeline]) -> compose.Part:
    """Active visible deals that stay in their stage beyond its usual time, own ones first."""
    today = local_date(until)
    where = sa.and_(
        sight.visible(user),
        Deal.status == Status.ACTIVE.value,
        entered_until(pipelines, lambda stage: stage.late_until(today)),
    )
    total = db.session.scalar(sa.select(sa.func.count()).select_from(Deal).where(where)) or 0
    rows = db.session.execute(
        sa.select(
            Deal.id,
            Deal.name,
            Deal.owner_id,
            Deal.amount_fen,
            Deal.pipeline_id,
            Deal.stage,
            Deal.stage_entered_at,
            Owner.name.label("owner"),
        )
        .join(Owner, Owner.id == Deal.owner_id)
        .where(where)
        .order_by(sa.case((Deal.owner_id == user.id, 0), else_=1), Deal.stage_entered_at, Deal.id)
        .limit(compose.LINES_SHOWN)
    ).all()
    return compose.Part([_slow(row, user, until, pipelines) for row in rows], total)


def _slow(
    row: Any, user: User, until: dt.datetime, pipelines: Mapping[int, Pipeline]
) -> compose.SlowLine:
    stage = pipelines[row.pipeline_id].stage(row.stage)
    days = stage.days_since(row.stage_entered_at, until)
    return compose.SlowLine(_deal_line(row, user, set()), stage, days)


def new_companies(user: User, since: dt.datetime, until: dt.datetime) -> compose.Part:
    """Companies entered in the window that the reader may see, newest first."""
    where = sa.and_(
        Company.created_at > since, Company.created_at <= until, companies.visible(user)
    )
    total = db.session.scalar(sa.select(sa.func.count()).select_from(Company).where(where)) or 0
    rows = db.session.execute(
        sa.select(Company.id, Company.name_zh, Company.short_name, Company.industry, Company.place)
        .where(where)
        .order_by(Company.id.desc())
        .limit(compose.LINES_SHOWN)
    )
    lines = [
        compose.CompanyLine(r.id, r.short_name or r.name_zh, r.industry, r.place) for r in rows
    ]
    return compose.Part(lines, total)
