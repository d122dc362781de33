"""What the story's companies answered about themselves, by which the SRDI standards tell them apart."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from portfolio.companies.models import Company
from portfolio.companies.operations import Statement, state_figures
from portfolio.companies.sheet_groups import read_number
from portfolio.demo.title_operations import MONTH
from portfolio.extensions import db, unit_of_work
from portfolio.people.models import User
from portfolio.rulebook.metrics import metric


def answer_survey(survey: Mapping[str, Any], firms: Sequence[Company], now: dt.datetime) -> None:
    """State the facts that all of them gave, and those of each in their place."""
    at = now - survey["months_ago"] * MONTH
    for row in survey["company"]:
        company = next(firm for firm in firms if firm.short_name == row["of"])
        owner = db.session.get_one(User, company.created_by_id)
        facts = survey["facts"] | row["facts"]
        with unit_of_work("figure.state", owner, at=at):
            stated = [
                _fact(company, name, text, survey["source"], at) for name, text in facts.items()
            ]
            state_figures(stated, owner, at)


def _fact(company: Company, name: str, text: str, source: str, at: dt.datetime) -> Statement:
    entry = metric(name)
    micro, choice = (read_number(entry, text), None) if entry.numeric else entry.read(text)
    return Statement(company.id, name, None, micro, choice, at.date(), source)
