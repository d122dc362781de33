"""What becomes of a merged company's assessments and scenarios: the former end and the other company
is assessed anew, the latter go over."""

import datetime as dt
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any

import sqlalchemy as sa

from portfolio.companies.merging import Choices
from portfolio.extensions import db
from portfolio.journal import image_operations as images
from portfolio.readiness import foresight_operations
from portfolio.readiness.models import Assessment, ForeseenOutcome, ReadinessOwed, ReadinessState
from portfolio.readiness.operations import refresh
from portfolio.readiness.queries import PRESENT
from portfolio.readiness.scenario_operations import move_company as move_scenarios

COMPUTED: tuple[Any, ...] = (Assessment, ReadinessState, ReadinessOwed)


def move_company(
    merged_id: int, survivor_id: int, now: dt.datetime, choices: Choices
) -> Mapping[str, Sequence[int]]:
    """The outcomes of each stay its own: what one was assessed by, the other did not have. Of
    scenarios there is no past to tell, so that none is answered with."""
    both = [merged_id, survivor_id]
    with ExitStack() as watched:
        for model in COMPUTED:
            watched.enter_context(images.watching(model, model.company_id.in_(both)))
        ended = sa.and_(ReadinessState.company_id == merged_id, PRESENT)
        db.session.execute(sa.update(ReadinessState).where(ended).values(superseded_at=now))
        db.session.execute(sa.delete(Assessment).where(Assessment.company_id == merged_id))
        db.session.execute(sa.delete(ReadinessOwed).where(ReadinessOwed.company_id.in_(both)))
        refresh([survivor_id], now)
    db.session.execute(sa.delete(ForeseenOutcome).where(ForeseenOutcome.company_id == merged_id))
    foresight_operations.when_figures_change([survivor_id], now)
    return move_scenarios(merged_id, survivor_id)
