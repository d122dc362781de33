"""Scenarios of the story: figures of a company supposed otherwise, kept by name."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from portfolio.companies.models import Company
from portfolio.extensions import unit_of_work
from portfolio.people.models import User
from portfolio.readiness import scenario_operations as scenarios
from portfolio.readiness.courses import RATE, name_of
from portfolio.readiness.whatif import Key
from portfolio.rulebook.metrics import metric

AGO = dt.timedelta(days=3)


def keep_scenarios(
    told: Sequence[Mapping[str, Any]], firms: Sequence[Company], actor: User, now: dt.datetime
) -> int:
    """Keep the story's scenarios, of the latest fiscal year; answers how many."""
    by_name, year = {firm.short_name: firm for firm in firms}, now.year - 1
    for row in told:
        changes = {
            Key(name, year if metric(name).yearly else None).name: text
            for name, text in row["figures"].items()
        }
        growth = {name_of(RATE, metric(name)): text for name, text in row["growth"].items()}
        with unit_of_work("scenario.save", actor, at=now - AGO):
            firm = by_name[row["company"]]
            scenarios.save(firm, row["name"], changes, growth, actor, now - AGO)
    return len(told)
