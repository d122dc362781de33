"""Reads of counts and sums of deals by stage, as each reader may know them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from portfolio.audit import queries as audit
from portfolio.extensions import db
from portfolio.people import policy
from portfolio.people.models import User
from portfolio.pipeline.models import Deal, Status
from portfolio.pipeline.sight_queries import visible_parts

SHOWN = (Status.ACTIVE.value, Status.ON_HOLD.value)


@dataclass(frozen=True)
class Tally:
    """Of one stage: how many active deals, the sum of the amounts this reader may read, of how many
    of the deals they may read it at all, and how many more are on hold."""

    count: int = 0
    sum_fen: int | None = None
    readable: int = 0
    held: int = 0

    @property
    def partial(self) -> bool:
        """Whether the sum leaves deals out that the count has."""
        return self.readable < self.count

    def __add__(self, other: "Tally") -> "Tally":
        known = [int(part) for part in (self.sum_fen, other.sum_fen) if part is not None]
        return Tally(
            self.count + other.count,
            sum(known) if known else None,
            self.readable + other.readable,
            self.held + other.held,
        )


def in_versions(pipeline_ids: Sequence[int]) -> sa.ColumnElement[bool]:
    """Deals of these versions; of a single one the board's index gives the order too."""
    if len(pipeline_ids) == 1:
        return Deal.pipeline_id == pipeline_ids[0]
    return Deal.pipeline_id.in_(pipeline_ids)


_COUNT, _SUM, _NONE = sa.func.count(), sa.func.sum(Deal.amount_fen), sa.literal(0)
# Of a stage how many deals, the sum of their amounts, and of how many amounts may be read.
MEASURES: dict[str, tuple[Any, ...]] = {
    "both": (_COUNT, _SUM, _COUNT),
    "counts": (_COUNT, sa.null(), _NONE),
    "sums": (_NONE, _SUM, _COUNT),
}


def tallies(
    user: User, pipeline_ids: Sequence[int], owner_id: int | None = None
) -> dict[str, Tally]:
    """Counts and sums of active deals by stage, over the versions of a pipeline, and the counts of
    those on hold; in one query where a reader may read the terms of all deals they see."""
    ids = tuple(pipeline_ids)
    terms, read = user.scopes("deal.terms"), user.scopes("deal.read")
    if terms == read:
        return _by_stage(user, "deal.read", ("both", ids, owner_id, SHOWN))
    found = _by_stage(user, "deal.read", ("counts", ids, owner_id, SHOWN))
    sums = _by_stage(user, "deal.terms", ("sums", ids, owner_id, SHOWN[:1])) if terms else {}
    return {stage: tally + sums.get(stage, Tally()) for stage, tally in found.items()}


Asked = tuple[str, tuple[int, ...], int | None, tuple[str, ...]]


def _by_stage(user: User, permission: str, asked: Asked) -> dict[str, Tally]:
    found: dict[str, Tally] = {}
    common, *own = visible_parts(user, permission)
    # What everybody sees is counted once until something is written; for those who see but the
    # deals of a team or an agenda it hangs on the moment too.
    to_all = bool(user.scopes(permission) & {policy.ALL, policy.ANY})
    for rows in (
        _kept(common, asked) if to_all else _counted(common, asked),
        *(_counted(part, asked) for part in own),
    ):
        for stage, status, *counted in rows:
            active = status == Status.ACTIVE.value
            tally = Tally(*counted) if active else Tally(held=counted[0])
            found[stage] = found.get(stage, Tally()) + tally
    return found


def _counted(part: sa.ColumnElement[bool], asked: Asked) -> Sequence[Any]:
    measures, pipeline_ids, owner_id, statuses = asked
    query = sa.select(Deal.stage, Deal.status, *MEASURES[measures]).where(
        part, Deal.status.in_(statuses), in_versions(pipeline_ids)
    )
    if owner_id is not None:
        query = query.where(Deal.owner_id == owner_id)
    return db.session.execute(query.group_by(Deal.stage, Deal.status)).all()


def _kept(part: sa.ColumnElement[bool], asked: Asked) -> Sequence[Any]:
    """The same, counted anew when the audit trail has grown: each change of a deal is in it."""
    if db.session().info.get("action"):  # the trail does not have yet what is being written
        return _counted(part, asked)
    return _counted_at(audit.newest_seq(), db.engine, part, asked)


@lru_cache(maxsize=256)  # how long the trail is, and whose it is, are part of the key alone
def _counted_at(
    seq: int, engine: sa.Engine, part: sa.ColumnElement[bool], asked: Asked
) -> Sequence[Any]:
    return _counted(part, asked)
