"""Judging: recorded like any fact, so that it is appended, traced and taken back like one."""

import datetime as dt

from portfolio.companies import operations as companies
from portfolio.companies import queries
from portfolio.companies.models import Company
from portfolio.companies.operations import Statement
from portfolio.companies.undo_operations import keep_stated
from portfolio.journal.models import Act
from portfolio.people.models import User
from portfolio.readiness.judgements import Judgement
from portfolio.rulebook.metrics import Metric


def judge(said: Judgement, company: Company, actor: User, now: dt.datetime) -> Act | None:
    """Record what a person judged; None where it repeats what stands there."""
    statement = Statement(
        company.id,
        said.metric.id,
        None,
        choice=said.choice,
        as_of=said.judged_on,
        source=said.source,
        evidence=said.evidence,
        valid_until=said.valid_until,
    )
    former = queries.current_rows([company.id])
    added = companies.state_figures([statement], actor, now)
    return keep_stated(company, added, former, actor, now)


def withdraw(
    metric: Metric, reason: str, company: Company, actor: User, now: dt.datetime, day: dt.date
) -> Act | None:
    """Take a judgement back with the reason: the item is open again."""
    said = Judgement(metric, None, day, None, "", reason, now, actor.name)
    return judge(said, company, actor, now)
