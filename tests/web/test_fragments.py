"""Rows and cards are remembered by what they show: whoever reads, and whatever changes, sees what is."""

import datetime as dt

from portfolio.extensions import db, unit_of_work
from portfolio.people.models import User
from portfolio.pipeline.models import Deal
from portfolio.web import fragments
from portfolio.web.i18n import speaking
from tests import factories


def test_a_row_shows_terms_to_those_who_may_read_them_alone(cast, as_user) -> None:
    deal = factories.deal(cast["manager"])
    with unit_of_work("deal.change"):
        db.session.get_one(Deal, deal.id).amount_fen = 123_000_000
    for _ in range(2):
        assert f"/deals/{deal.id}" in as_user("partner").get("/deals").text
        assert "123万" in as_user("partner").get("/deals").text
        assert "123万" not in as_user("reader").get("/deals").text
        assert 'name="deal"' in as_user("partner").get("/deals").text
        assert 'name="deal"' not in as_user("reader").get("/deals").text


def test_a_renamed_owner_is_shown_at_once(cast, as_user) -> None:
    factories.deal(cast["manager"])
    reader = as_user("partner")
    assert cast["manager"].name in reader.get("/board").text
    with unit_of_work("user.change"):
        db.session.get_one(User, cast["manager"].id).name = "新名字"
    assert "新名字" in reader.get("/board").text and "新名字" in reader.get("/deals").text


def test_the_same_row_in_two_languages(cast, as_user) -> None:
    factories.deal(cast["manager"], dt.datetime.now(dt.UTC))
    reader = as_user("partner")
    assert "今天" in reader.get("/deals").text
    with speaking("en"):
        page = reader.get("/deals").text
    assert "today" in page and "今天" not in page


def test_a_day_later_the_same_row_says_another_day(cast, as_user, monkeypatch) -> None:
    deal = factories.deal(cast["manager"], dt.datetime.now(dt.UTC))
    day = fragments.today()
    reader = as_user("partner")
    assert "今天" in reader.get("/deals").text
    tomorrow = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(12), dt.UTC)
    monkeypatch.setattr("portfolio.web.formatting.now", lambda: tomorrow)
    monkeypatch.setattr("portfolio.pipeline.views.now", lambda: tomorrow)
    page = reader.get("/deals").text
    assert db.session.get_one(Deal, deal.id).version == deal.version
    assert "1 天前" in page
