"""What becomes of a merged company's assessments and scenarios: the former end and the other company
is assessed anew, the latter go over."""

import datetime as dt
from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from portfolio.companies.merging import Choices
from portfolio.extensions import db
from portfolio.journal import image_operations as images
from portfolio.readiness.models import Assessment
from portfolio.readiness.operations import refresh
from portfolio.readiness.scenario_operations import move_company as move_scenarios


def move_company(
    merged_id: int, survivor_id: int, now: dt.datetime, choices: Choices
) -> Mapping[str, Sequence[int]]:
    """The outcomes of each stay its own: what one was assessed by, the other did not have. Of
    scenarios there is no past to tell, so that none is answered with."""
    both = Assessment.company_id.in_([merged_id, survivor_id])
    with images.watching(Assessment, both):
        ended = sa.and_(Assessment.company_id == merged_id, Assessment.superseded_at.is_(None))
        db.session.execute(sa.update(Assessment).where(ended).values(superseded_at=now))
        refresh([survivor_id], now)
    return move_scenarios(merged_id, survivor_id)
