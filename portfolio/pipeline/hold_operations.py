"""Deals on hold come back by themselves on the day to look at them again."""

import datetime as dt
import logging
from dataclasses import dataclass, field

from portfolio.extensions import db, unit_of_work
from portfolio.kernel.dates import local_date
from portfolio.kernel.errors import InputError
from portfolio.pipeline import hold_queries, operations, queries
from portfolio.pipeline.models import PipelineVersion
from portfolio.pipeline.stages import Move

log = logging.getLogger(__name__)


@dataclass
class Returned:
    """Numbers of the deals that came back, and of those that could not, with the reason."""

    back: list[str] = field(default_factory=list)
    refused: list[tuple[str, InputError]] = field(default_factory=list)


def return_held(now: dt.datetime) -> Returned:
    """Bring every deal back whose day has come on the local calendar, each in a write of its own.

    However many do this at once, each deal comes back once. One that its pipeline does not let
    back stays as it is and is reported.
    """
    told, today = Returned(), local_date(now)
    for deal_id in hold_queries.due(today):
        code = ""
        try:
            with unit_of_work("deal.return"):
                deal = hold_queries.locked(deal_id, today)
                if deal is None:
                    continue
                code = deal.code
                flow = queries.pipeline_of(db.session.get_one(PipelineVersion, deal.pipeline_id))
                kind = flow.way_back(deal.stage, deal.status)
                operations.move(deal, Move(kind), None, now)
            told.back.append(code)
        except InputError as error:
            told.refused.append((code, error))
        except (LookupError, ValueError):
            # Its rows and its pipeline disagree: the others come back all the same.
            log.exception("deal %s cannot be brought back from hold", deal_id)
            told.refused.append((code, InputError("deal.unreadable")))
    return told
