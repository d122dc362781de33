"""Reads of deals: the one visibility condition, pipelines, deals now and as known on a past day."""

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from portfolio.companies.models import Activity, Company, Document, Task
from portfolio.companies.portrait_queries import Kept, kept_documents
from portfolio.extensions import UtcDateTime, db, remembered
from portfolio.people import policy
from portfolio.people import queries as people
from portfolio.people.models import User
from portfolio.pipeline.flow import Pipeline
from portfolio.pipeline.models import (
    Deal,
    DealGrant,
    DealMember,
    GrantKind,
    PipelineVersion,
    StageEvent,
    Vehicle,
)
from portfolio.pipeline.recusal_queries import recused_from
from portfolio.pipeline.stages import Stage

# Conditions hold no answer of the database and ask the time when they are executed, so one built
# for a person serves every later page: building them was a large part of a list's cost.
_MOMENT = sa.bindparam(
    "moment", callable_=lambda: dt.datetime.now(dt.UTC), type_=UtcDateTime(), unique=True
)


def _team_of(user_id: int) -> sa.Select[int]:
    return sa.select(DealMember.deal_id).where(DealMember.user_id == user_id)


@lru_cache(maxsize=1024)
def _granted(user_id: int, kind: GrantKind) -> sa.Select[int]:
    query = sa.select(DealGrant.deal_id).where(
        DealGrant.user_id == user_id, DealGrant.kind == kind.value
    )
    return query.where(sa.or_(DealGrant.until.is_(None), DealGrant.until > _MOMENT))


def _opened(user_id: int) -> sa.ColumnElement[bool]:
    """The condition that the wall of a deal does not hold for a person."""
    member = sa.exists().where(DealMember.deal_id == Deal.id, DealMember.user_id == user_id)
    return sa.or_(member, Deal.id.in_(_granted(user_id, GrantKind.OPENED)))


def _recused(user_id: int) -> tuple[int, ...]:
    """The deals a person is recused of, as plain numbers: there are few of them or none, and a
    condition on few numbers costs nothing on a hundred thousand rows."""
    return remembered(
        ("pipeline.recused", user_id),
        lambda: tuple(db.session.scalars(_granted(user_id, GrantKind.RECUSED))),
    )


def visible_parts(
    user: User, permission: str = "deal.read", deleted: bool = False
) -> Sequence[sa.ColumnElement[bool]]:
    """Conditions that exclude each other and together are `visible`.

    Each can be counted along an index; their disjunction cannot. Deleted deals are in none of
    them; `deleted` asks for those alone, which is for the bin.
    """
    held = user.scopes(permission)
    if not held:
        return [sa.false()]
    return _parts(user.id, frozenset(held), deleted, _recused(user.id))


@lru_cache(maxsize=1024)
def _parts(
    user_id: int, held: frozenset[str], deleted: bool, recused: tuple[int, ...]
) -> Sequence[sa.ColumnElement[bool]]:
    there = Deal.deleted_at.is_not(None) if deleted else Deal.deleted_at.is_(None)
    reached: list[sa.ColumnElement[bool]] = []
    if not held & {policy.ALL, policy.ANY}:
        kinds = [_granted(user_id, GrantKind.AGENDA)] if policy.AGENDA in held else []
        kinds += [_team_of(user_id)] if policy.TEAM in held else []
        reached = [sa.or_(*(Deal.id.in_(kind) for kind in kinds))]
    if recused:
        reached.append(Deal.id.not_in(recused))
    reached.append(there)
    return (
        sa.and_(Deal.walled.is_(False), *reached),
        sa.and_(Deal.walled, _opened(user_id), *reached),
    )


def visible(user: User, permission: str = "deal.read") -> sa.ColumnElement[bool]:
    """The condition under which this person holds the permission over a deal.

    The SQL form of `policy.allows`; a test holds both together.
    """
    return either(visible_parts(user, permission))


def either(parts: Sequence[sa.ColumnElement[bool]]) -> sa.ColumnElement[bool]:
    """One condition of the parts: of what is open to all, and of the walled deals."""
    if len(parts) == 1:
        return parts[0]
    # A case, not a disjunction: for that one SQLite leaves the order's index and sorts every row.
    return sa.case((Deal.walled, parts[1]), else_=parts[0])


def count_of_visible(user: User) -> int | None:
    """How many deals this person sees, none of them looked at: all, less those that are walled,
    deleted or closed to the person, which are few. None where the person sees but a part."""
    if not user.scopes("deal.read") & {policy.ALL, policy.ANY}:
        return None
    return db.session.scalar(_count_of_visible(user.id))


@lru_cache(maxsize=1024)
def _count_of_visible(user_id: int) -> sa.Select[int]:
    hidden = sa.union(
        sa.select(Deal.id).where(Deal.walled, sa.not_(_opened(user_id))),
        sa.select(Deal.id).where(Deal.deleted_at.is_not(None)),
        _granted(user_id, GrantKind.RECUSED),
    ).subquery()
    all_of_them = sa.select(sa.func.count()).select_from(Deal).scalar_subquery()
    these = sa.select(sa.func.count()).select_from(hidden).scalar_subquery()
    return sa.select(all_of_them - these)


def relation(user: User, deal: Deal) -> policy.Relation:
    """How a person stands to a deal."""
    now = dt.datetime.now(dt.UTC)
    grants = set(
        db.session.scalars(
            sa.select(DealGrant.kind).where(
                DealGrant.user_id == user.id,
                DealGrant.deal_id == deal.id,
                sa.or_(DealGrant.until.is_(None), DealGrant.until > now),
            )
        )
    )
    on_team = db.session.scalar(
        sa.select(sa.exists().where(DealMember.deal_id == deal.id, DealMember.user_id == user.id))
    )
    return policy.Relation(
        team=bool(on_team),
        agenda=GrantKind.AGENDA.value in grants,
        recused=GrantKind.RECUSED.value in grants,
        opened=GrantKind.OPENED.value in grants,
        walled=deal.walled,
        deleted=deal.deleted_at is not None,
    )


def opened_until(user: User, deal: Deal) -> dt.datetime | None:
    """Until when a confidential deal is open to a person who broke the glass."""
    now = dt.datetime.now(dt.UTC)
    return db.session.scalar(
        sa.select(DealGrant.until).where(
            DealGrant.user_id == user.id,
            DealGrant.deal_id == deal.id,
            DealGrant.kind == GrantKind.OPENED.value,
            DealGrant.until > now,
        )
    )


def may(user: User, permission: str, deal: Deal) -> bool:
    """Whether this person holds the permission over this deal."""
    return user.may(permission, relation(user, deal))


def assignable(deal: Deal) -> dict[int, str]:
    """Who may be given a task about a deal, by name: of a confidential one its team alone, and
    nobody who is recused, since they would never see the task."""
    barred = recused_from(deal.id)
    readers = people.active_names_with("deal.read")
    readers = {user_id: name for user_id, name in readers.items() if user_id not in barred}
    if not deal.walled:
        return readers
    team = {member.user_id for member in deal.members}
    return {user_id: name for user_id, name in readers.items() if user_id in team}


def get_visible(user: User, deal_id: int, permission: str = "deal.read") -> Deal | None:
    """The deal with what its page shows, unless it does not exist for this person."""
    return db.session.scalar(
        sa.select(Deal)
        .where(Deal.id == deal_id, visible(user, permission))
        .options(
            joinedload(Deal.company),
            joinedload(Deal.owner),
            joinedload(Deal.pipeline),
            joinedload(Deal.vehicle),
            joinedload(Deal.target_vehicle),
        )
    )


def ids_with(user: User, permission: str, deal_ids: Iterable[int]) -> set[int]:
    """Which of these deals the person holds the permission over: one query for a whole page."""
    return set(
        db.session.scalars(
            sa.select(Deal.id).where(Deal.id.in_(list(deal_ids)), visible(user, permission))
        )
    )


def among_seen(user: User, permission: str, deal_ids: Iterable[int]) -> set[int]:
    """Of deals that this person sees, those over which they hold the permission too."""
    held = user.scopes(permission)
    if not held:
        return set()
    if held >= user.scopes("deal.read"):
        return set(deal_ids)
    return ids_with(user, permission, deal_ids)


def readable_deals(user: User, deal_ids: Iterable[int]) -> dict[int, bool]:
    """For each of these deals that the person may know of, whether they may read its terms."""
    wanted = list(deal_ids)
    seen = ids_with(user, "deal.read", wanted)
    terms = ids_with(user, "deal.terms", wanted)
    return {deal_id: deal_id in terms for deal_id in seen}


def known_ids(user: User) -> sa.Select[int]:
    """The deals that this person may know of."""
    return sa.select(Deal.id).where(visible(user))


def companies_on_agenda(user: User) -> sa.ColumnElement[bool]:
    """The scope `agenda` over companies: those of deals on the person's own agendas."""
    return Company.id.in_(
        sa.select(Deal.company_id).where(
            Deal.company_id.is_not(None),
            Deal.id.in_(_granted(user.id, GrantKind.AGENDA)),
            visible(user),
        )
    )


def companies_of_team(user: User) -> sa.ColumnElement[bool]:
    """The scope `team` over companies: those of the person's own and team's deals."""
    return Company.id.in_(
        sa.select(Deal.company_id).where(
            Deal.company_id.is_not(None), Deal.id.in_(_team_of(user.id)), visible(user)
        )
    )


def companies_recused(user: User) -> sa.ColumnElement[bool]:
    """Companies of deals that the person is recused of."""
    granted = _granted(user.id, GrantKind.RECUSED)
    return Company.id.in_(
        sa.select(Deal.company_id).where(Deal.company_id.is_not(None), Deal.id.in_(granted))
    )


def visible_tied(user: User, model: type[Activity | Document | Task]) -> sa.ColumnElement[bool]:
    """Rows tied to no deal, or to a deal this person may see."""
    return sa.or_(
        model.deal_id.is_(None), model.deal_id.in_(sa.select(Deal.id).where(visible(user)))
    )


@cache  # versions are few and kept for ever; a page walks all of them
def _parsed(definition: str) -> Pipeline:
    return Pipeline(json.loads(definition))


def pipeline_of(row: PipelineVersion) -> Pipeline:
    """The parsed definition of a pipeline version."""
    return _parsed(row.definition)


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
    begins with do; later ones may not) it has the title of the older pipeline."""
    found: dict[str, Stage] = {}
    for flow in newest_first(key):
        for stage in flow.stages:
            found.setdefault(stage.key, stage)
    return found


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
