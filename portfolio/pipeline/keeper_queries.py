"""Who looks after companies: the owner of the newest deal that is open to all."""

from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from portfolio.extensions import db, one_of
from portfolio.pipeline.models import Deal, Status


def keepers(company_ids: Iterable[int]) -> Mapping[int, int]:
    """The owner of each company's newest deal, active ones first. A walled deal names nobody: that
    somebody looks after its company would tell of it."""
    active = sa.case((Deal.status == Status.ACTIVE.value, 1), else_=0)
    rows = db.session.execute(
        sa.select(Deal.company_id, Deal.owner_id)
        .where(
            one_of(Deal.company_id, company_ids), Deal.walled.is_(False), Deal.deleted_at.is_(None)
        )
        .order_by(active, Deal.id)
    )
    return {company_id: owner_id for company_id, owner_id in rows if company_id is not None}
