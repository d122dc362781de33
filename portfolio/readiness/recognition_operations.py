"""Recording what an authority granted: a fact like any other, so that it is appended, traced, known
as of a day, merged and taken back like one; what follows from it is stated with it."""

import datetime as dt
from collections.abc import Iterable

from portfolio.companies import operations as companies
from portfolio.companies import queries
from portfolio.companies.models import Company
from portfolio.companies.operations import Statement
from portfolio.companies.undo_operations import keep_stated
from portfolio.journal.models import Act
from portfolio.people.models import User
from portfolio.readiness import recognition_queries
from portfolio.readiness.recognitions import GRANTED, Recognition


def recognise(said: Recognition, company: Company, actor: User, now: dt.datetime) -> Act | None:
    """Record a recognition, or that one is taken back; None where it repeats what stands there."""
    former = queries.current_rows([company.id])
    held = {**recognition_queries.current(company.id), said.target.key: said}
    statements = [_statement(company, said.target.granted, said)]
    for fact in said.target.implies:
        longest = _longest(fact, held.values())
        if longest is None and not _follows(former.get((company.id, fact, None)), said, company):
            continue  # somebody stated it by itself
        statements.append(_statement(company, fact, longest or said))
    added = companies.state_figures(statements, actor, now)
    return keep_stated(company, added, former, actor, now)


def _longest(fact: str, held: Iterable[Recognition]) -> Recognition | None:
    """Of those from which a fact follows the one that is valid longest."""
    found = [one for one in held if one.granted and fact in one.target.implies]
    return max(found, key=lambda one: one.until or dt.date.max, default=None)


def _follows(row: object, said: Recognition, company: Company) -> bool:
    """Whether a fact that stands recorded was stated with one of the same target."""
    numbers = {one.number for one in recognition_queries.history(company.id, said.target)}
    return getattr(row, "source", None) in numbers


def _statement(company: Company, fact: str, said: Recognition) -> Statement:
    return Statement(
        company.id,
        fact,
        None,
        choice=GRANTED if said.granted else None,
        as_of=said.since,
        source=said.number,
        evidence=said.evidence,
        valid_until=said.until,
    )
