"""Reads of pipelines for those who set them up: versions, drafts, and the open deals they touch."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from portfolio.extensions import db
from portfolio.flows.impact import OpenDeal
from portfolio.flows.models import PipelineDraft
from portfolio.journal import queries as acts
from portfolio.journal.models import Act
from portfolio.kernel.parts import in_parts
from portfolio.people import policy
from portfolio.people.models import User
from portfolio.pipeline.models import Deal, PipelineVersion, Status
from portfolio.pipeline.sight_queries import visible
from portfolio.web.formatting import today

OPEN = (Status.ACTIVE.value, Status.ON_HOLD.value)


def versions(key: str = "") -> Sequence[PipelineVersion]:
    """The versions of a pipeline, or of all, the newest first."""
    query = sa.select(PipelineVersion).order_by(PipelineVersion.key, PipelineVersion.version.desc())
    return db.session.scalars(query.where(PipelineVersion.key == key) if key else query).all()


def drafts() -> dict[str, PipelineDraft]:
    """The drafts by the key of their pipeline."""
    rows = db.session.scalars(sa.select(PipelineDraft).order_by(PipelineDraft.key))
    return {row.key: row for row in rows}


def elsewhere(key: str) -> set[str]:
    """The stages of other pipelines, of any version, but for those this one has had itself.

    The pipelines that every fund begins with share some; what they had they may keep.
    """
    own: set[str] = set()
    others: set[str] = set()
    for row in versions():
        keys = {stage["key"] for stage in json.loads(row.definition)["stage"]}
        (own if row.key == key else others).update(keys)
    return others - own


def counted_for(user: User) -> sa.ColumnElement[bool]:
    """The open deals that a count may have in it for this person: never a confidential one that
    they may not know of."""
    return sa.and_(Deal.status.in_(OPEN), _countable(user))


def _countable(user: User) -> sa.ColumnElement[bool]:
    if policy.ALL in user.scopes("deal.read"):
        return visible(user)
    return sa.and_(Deal.deleted_at.is_(None), Deal.walled.is_(False))


def how_many(user: User, ids: Sequence[int]) -> int:
    """How many of these deals there are, as far as they may be counted."""
    query = sa.select(sa.func.count(Deal.id)).where(_countable(user))
    return sum(db.session.scalar(query.where(Deal.id.in_(part))) or 0 for part in in_parts(ids))


def open_deals(user: User, key: str) -> list[OpenDeal]:
    """The open deals of a pipeline, whatever version they go by, as far as they may be counted."""
    rows = db.session.execute(
        sa.select(Deal.id, Deal.pipeline_id, Deal.stage, Deal.status, Deal.stage_entered_at)
        .join(PipelineVersion, PipelineVersion.id == Deal.pipeline_id)
        .where(PipelineVersion.key == key, counted_for(user))
        .order_by(Deal.stage_entered_at, Deal.id)
    )
    return [OpenDeal(*row) for row in rows]


def to_carry(user: User, version: PipelineVersion) -> list[OpenDeal]:
    """The open deals of a version's pipeline that go by earlier ones, as far as they may be counted."""
    return [deal for deal in open_deals(user, version.key) if deal.pipeline_id != version.id]


def summary_of(deals: Iterable[OpenDeal]) -> str:
    """How many deals stand where, in one short text that changes when any of it does."""
    places = Counter(deal.spot for deal in deals)
    return ";".join(f"{version}.{stage}.{n}" for (version, stage), n in sorted(places.items()))


def carried(user: User) -> dict[int, list[tuple[Act, int]]]:
    """The acts of carrying over that can be taken back, by version, each with how many deals it
    was, as far as they may be counted."""
    found: dict[int, list[tuple[Act, int]]] = {}
    for act in acts.of_actions(["pipeline.carry"]):
        if act.object_id is not None and act.purge_on > today():
            number = how_many(user, json.loads(act.payload)["deals"])
            found.setdefault(act.object_id, []).append((act, number))
    return found


def counts(user: User) -> Counter[int]:
    """How many open deals go by each version, as far as they may be counted."""
    query = sa.select(Deal.pipeline_id, sa.func.count()).where(counted_for(user))
    rows = db.session.execute(query.group_by(Deal.pipeline_id))
    return Counter({row[0]: row[1] for row in rows})


def seen(user: User, key: str, ids: Sequence[int]) -> list[int]:
    """Those of these deals of a pipeline that the person may know of, in their order."""
    if not user.may("deal.read"):
        return []
    versions = sa.select(PipelineVersion.id).where(PipelineVersion.key == key)
    query = sa.select(Deal.id).where(Deal.pipeline_id.in_(versions), visible(user))
    mine: set[int] = set()
    for part in in_parts(ids):
        mine.update(db.session.scalars(query.where(Deal.id.in_(part))))
    return [deal_id for deal_id in ids if deal_id in mine]


def stages_to_map(key: str, definition: dict[str, Any]) -> list[dict[str, Any]]:
    """The stages of earlier versions that a definition lacks, whoever stands there: which of them
    are empty is nobody's to learn here."""
    kept = {stage.get("key") for stage in definition["stage"]}
    found: dict[str, dict[str, Any]] = {}
    for row in versions(key):
        for stage in json.loads(row.definition)["stage"]:
            if stage["key"] not in kept:
                found.setdefault(stage["key"], stage)
    return list(found.values())
