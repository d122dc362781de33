"""Reads of recusals: who is recused of which deals, and why."""

from collections.abc import Iterable

import sqlalchemy as sa

from portfolio.extensions import db
from portfolio.pipeline.models import DealGrant, GrantKind

_RECUSED = DealGrant.kind == GrantKind.RECUSED.value


def recusals_of(deal_id: int) -> list[DealGrant]:
    """The recusals of a deal, the earliest first."""
    query = sa.select(DealGrant).where(DealGrant.deal_id == deal_id, _RECUSED)
    return list(db.session.scalars(query.order_by(DealGrant.granted_at, DealGrant.id)))


def recused_pairs(deal_ids: Iterable[int], user_ids: Iterable[int]) -> set[tuple[int, int]]:
    """(deal, person) for those of these people who are recused of one of these deals."""
    rows = db.session.execute(
        sa.select(DealGrant.deal_id, DealGrant.user_id).where(
            _RECUSED,
            DealGrant.deal_id.in_(list(deal_ids)),
            DealGrant.user_id.in_(list(user_ids)),
        )
    )
    return {(row.deal_id, row.user_id) for row in rows}


def recused_from(deal_id: int) -> set[int]:
    """The people who are recused of a deal."""
    query = sa.select(DealGrant.user_id).where(DealGrant.deal_id == deal_id, _RECUSED)
    return set(db.session.scalars(query))
