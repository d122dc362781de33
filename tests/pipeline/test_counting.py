"""A list of everything is counted by what it leaves out: the figure is that of counting each."""

import datetime as dt

import sqlalchemy as sa

from portfolio.companies import queries as companies
from portfolio.companies.merge_operations import merge
from portfolio.companies.merging import Choices
from portfolio.companies.models import Company
from portfolio.extensions import db, unit_of_work
from portfolio.pipeline import board_queries, operations, queries, undo_operations
from portfolio.pipeline.listing import DealListing
from portfolio.pipeline.models import Deal, GrantKind
from tests import factories

NOW = dt.datetime.now(dt.UTC)


def count(what, condition) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(what).where(condition))


def test_deals_are_counted_as_one_by_one_for_every_reader(cast) -> None:
    owner = cast["manager"]
    first, _, walled, team, _ = [
        factories.deal(owner, NOW, name=f"计数{number}号", walled=number > 1, team=[])
        for number in range(5)
    ]
    with unit_of_work("seed"):
        operations.grant(first, cast["reader"].id, GrantKind.RECUSED, NOW, "亲属")
        operations.grant(walled, cast["partner"].id, GrantKind.RECUSED, NOW, "亲属")
        operations.grant(team, cast["compliance"].id, GrantKind.OPENED, NOW)
    for gone in (walled, factories.deal(owner, NOW, name="已删")):
        with unit_of_work("deal.delete", owner):
            undo_operations.delete(gone, owner, NOW)
    found = {}
    for name, person in cast.items():
        there = count(Deal, queries.visible(person))
        assert board_queries.counted(person, DealListing())[1] == there
        assert queries.count_of_visible(person) in {None, there}
        found[name] = there
    assert (found["manager"], found["partner"], found["reader"]) == (4, 2, 1)
    assert found["compliance"] == 3


def test_companies_are_counted_without_those_that_were_merged(cast) -> None:
    one, other, _ = [factories.company() for _ in range(3)]
    with unit_of_work("company.merge", cast["partner"]):
        merge(one, other, Choices(), (one.version, other.version), cast["partner"], NOW)
    reader = cast["reader"]
    assert companies.count_of_visible(reader) == count(Company, companies.visible(reader)) == 2
    assert companies.count_of_visible(cast["committee"]) is None
