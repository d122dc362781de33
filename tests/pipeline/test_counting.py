"""The counts and sums of the board are kept until something is written, and are right after that."""

from portfolio.extensions import db, unit_of_work
from portfolio.pipeline import operations, tally_queries
from portfolio.pipeline.models import Deal
from tests import factories


def first(user, deal) -> tally_queries.Tally:
    return tally_queries.tallies(user, [deal.pipeline_id])[deal.stage]


def test_counts_are_kept_until_anything_of_a_deal_changes(cast, queries) -> None:
    partner = cast["partner"]
    deal = factories.deal(cast["manager"], terms={"amount_fen": 100})
    assert first(partner, deal) == tally_queries.Tally(1, 100, 1)
    queries.clear()
    assert first(partner, deal) == tally_queries.Tally(1, 100, 1)
    assert sum("sum(deal.amount_fen)" in q for q in queries) == 1  # of the walled ones alone
    other = factories.deal(cast["manager"], terms={"amount_fen": 50})
    assert first(partner, deal) == tally_queries.Tally(2, 150, 2)
    with unit_of_work("deal.change", cast["manager"]):
        operations.set_wall(
            db.session.get_one(Deal, other.id), True, cast["manager"], factories.NOW
        )
        db.session.flush()
        assert first(partner, deal) == tally_queries.Tally(1, 100, 1)  # not from before the write
    assert first(partner, deal) == tally_queries.Tally(1, 100, 1)
    assert first(cast["manager"], deal).count == 2


def test_what_is_taken_back_is_counted_as_before(cast) -> None:
    partner, deal = cast["partner"], factories.deal(cast["manager"])
    assert first(partner, deal).count == 1
    try:
        with unit_of_work("deal.change", cast["manager"]):
            db.session.get_one(Deal, deal.id).amount_fen = 7
            db.session.flush()
            assert first(partner, deal).sum_fen == 7
            raise ValueError
    except ValueError:
        assert first(partner, deal).sum_fen is None
