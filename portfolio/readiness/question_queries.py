"""Reads for questions worth asking: companies as they stand, measured one after another."""

import datetime as dt
from collections.abc import Mapping, Sequence

from portfolio.kernel.dates import local_date
from portfolio.readiness.inputs import figures_of_year
from portfolio.readiness.pictures import picture_of
from portfolio.readiness.queries import known_of
from portfolio.readiness.questions import Worth, worth_asking


def worth_of(company_ids: Sequence[int], now: dt.datetime) -> Mapping[int, Worth]:
    """By company the questions worth asking on a day."""
    day = local_date(now)
    found = {}
    for company_id, known in known_of(company_ids, day).items():
        figures = figures_of_year(known.held, known.latest_year)
        found[company_id] = worth_asking(picture_of(figures, False, day, known.region))
    return found
