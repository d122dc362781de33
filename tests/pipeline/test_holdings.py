"""What vehicles hold of a company stands on its page, now and on a past day, as one may read it."""

import datetime as dt

import pytest

from portfolio.extensions import db, unit_of_work
from portfolio.kernel.dates import local_date
from portfolio.pipeline.models import Holding
from tests import factories

NOW = dt.datetime.now(dt.UTC)
BEFORE = NOW - dt.timedelta(days=3)
WAN = 10**6


def hold(cast, company, at: dt.datetime, deal=None, cost: int = 4117) -> Holding:
    with unit_of_work("holding.state", cast["manager"], at=at):
        row = Holding(
            vehicle_id=factories.vehicle().id,
            company_id=company.id,
            deal_id=deal.id if deal else None,
            cost_fen=cost * WAN,
            stake_micro=12_345_678,
            recorded_at=at,
        )
        db.session.add(row)
    return row


@pytest.fixture
def company(cast):
    with unit_of_work("company.register", cast["manager"], at=BEFORE):
        return factories.company(cast["manager"], BEFORE)


def test_the_page_shows_vehicle_stake_and_cost(as_user, cast, company) -> None:
    hold(cast, company, NOW)
    page = as_user("partner").get(f"/companies/{company.id}").text
    assert "持有情况" in page and "青岛天使母基金" in page
    assert "4,117万" in page and "12.35%" in page
    page = as_user("reader").get(f"/companies/{company.id}").text
    assert "青岛天使母基金" in page and "4,117万" not in page and "12.35" not in page


def test_a_holding_of_a_walled_deal_is_not_there_for_others(as_user, cast, company) -> None:
    deal = factories.deal(cast["manager"], NOW, company=company, walled=True)
    hold(cast, company, NOW, deal)
    assert "4,117万" in as_user("manager").get(f"/companies/{company.id}").text
    for name in ("partner", "outsider", "reader"):
        assert "持有情况" not in as_user(name).get(f"/companies/{company.id}").text, name


def test_the_page_of_a_deal_tells_what_is_held_of_its_company(as_user, cast, company) -> None:
    deal = factories.deal(cast["manager"], NOW, company=company)
    assert 'id="held"' not in as_user("partner").get(f"/deals/{deal.id}").text
    walled = factories.deal(cast["manager"], NOW, company=company, walled=True)
    hold(cast, company, NOW)
    hold(cast, company, NOW, walled)
    for who, stakes in (("manager", 2), ("partner", 1), ("reader", 0)):
        page = as_user(who).get(f"/deals/{deal.id}").text
        held = page.split('id="held"')[1].split("</section>")[0]
        assert held.count("12.35%") == stakes, who
        assert held.count("青岛天使母基金") == max(1, stakes), who
        assert f'href="/companies/{company.id}#deals"' in held


def test_a_past_day_shows_what_was_known_then(as_user, cast, company) -> None:
    first = hold(cast, company, BEFORE)
    with unit_of_work("holding.state", cast["manager"]):
        first.superseded_at = NOW
    hold(cast, company, NOW, cost=8329)
    client = as_user("partner")
    page = client.get(f"/companies/{company.id}").text
    assert "8,329万" in page and "4,117万" not in page
    day = f"{local_date(BEFORE):%Y-%m-%d}"
    page = client.get(f"/companies/{company.id}?as_of={day}").text
    assert "4,117万" in page and "8,329万" not in page
