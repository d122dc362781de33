"""The committee's page shows what stands before it, of whichever pipeline."""

import datetime as dt

from portfolio.extensions import db, unit_of_work
from portfolio.pipeline import operations, queries
from portfolio.pipeline.models import Vehicle
from tests import factories

NOW = dt.datetime.now(dt.UTC)


def test_deals_of_every_pipeline_that_stand_before_it(as_user, cast) -> None:
    direct = factories.deal(cast["manager"], name="直投上会")
    mother = factories.vehicle()
    with unit_of_work("deal.open", cast["partner"]):
        target = Vehicle(kind="subfund", name_zh="齐鲁新材子基金")
        db.session.add(target)
        db.session.flush()
        commitment = operations.open_deal(
            "承诺上会",
            queries.current_pipeline("subfund"),
            mother.id,
            cast["manager"].id,
            cast["partner"],
            NOW,
            target_vehicle_id=target.id,
        )
        for deal in (direct, commitment):
            deal.stage = "ic"
    factories.deal(cast["manager"], name="尚早")
    page = as_user("partner").get("/committee").text
    assert "直投上会" in page and "承诺上会" in page and "尚早" not in page
    taken = as_user("partner").get("/deals.csv?stage=ic&status=active").text
    assert "直投上会" in taken and "承诺上会" in taken
    assert "stage=ic" in page and "pipeline=direct" not in page
