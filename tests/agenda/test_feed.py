"""What is due for a person as a page and as a feed: theirs alone, as they may see it now."""

import datetime as dt

import pytest
import sqlalchemy as sa
from icalendar import Calendar

from portfolio.agenda.models import AgendaFeed
from portfolio.companies.models import Task
from portfolio.extensions import db, unit_of_work
from portfolio.kernel.dates import local_date
from portfolio.people.models import User
from portfolio.pipeline.models import Deal
from tests import factories

NOW = dt.datetime.now(dt.UTC)
TODAY = local_date(NOW)
DAY = dt.timedelta(days=1)


@pytest.fixture
def deal(cast):
    deal = factories.deal(cast["manager"], NOW)
    with unit_of_work("seed", cast["manager"]):
        deal.next_step, deal.next_step_on = "与创始人面谈", TODAY + 2 * DAY
        for title, owner, due in (
            ("核对\r\nSUMMARY:注入；流水, 发票", "manager", TODAY + DAY),
            ("太远", "manager", TODAY + 500 * DAY),
            ("别人的待办", "colleague", TODAY + DAY),
        ):
            db.session.add(
                Task(
                    title=title,
                    deal_id=deal.id,
                    owner_id=cast[owner].id,
                    due_on=due,
                    created_at=NOW,
                )
            )
    return deal


def address(client) -> str:
    assert client.post("/agenda/feed").status_code == 302
    text = client.get("/agenda").text
    return text.partition('readonly value="')[2].partition('"')[0]


def events(answer) -> dict[str, tuple[str, dt.date]]:
    assert answer.status_code == 200 and answer.mimetype == "text/calendar"
    found = Calendar.from_ical(answer.data).walk("VEVENT")
    return {str(e["UID"]): (str(e["SUMMARY"]), e["DTSTART"].dt) for e in found}


def path_of(url: str) -> str:
    return "/" + url.split("/", 3)[3]


def test_the_feed_has_my_days_and_moves_with_them(as_user, app, deal) -> None:
    client, anybody = as_user("manager"), app.test_client()
    assert "核对" in client.get("/agenda").text and "与创始人面谈" in client.get("/agenda").text
    url = path_of(address(client))
    answer = anybody.get(url)
    found = events(answer)
    assert set(found.values()) == {
        ("待办: 核对 SUMMARY:注入；流水, 发票", TODAY + DAY),
        (f"下一步: {deal.name}", TODAY + 2 * DAY),
    }
    again = anybody.get(url, headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    with unit_of_work("deal.change"):
        db.session.get_one(Deal, deal.id).next_step_on = TODAY + 9 * DAY
    moved = events(anybody.get(url))
    assert moved.keys() == found.keys(), "a calendar program moves the entry it has"
    assert (f"下一步: {deal.name}", TODAY + 9 * DAY) in moved.values()


def test_a_confidential_deal_is_named_by_its_code_and_to_its_team_alone(
    as_user, app, cast, deal
) -> None:
    with unit_of_work("deal.wall"):
        db.session.get_one(Deal, deal.id).walled = True
    mine = app.test_client().get(path_of(address(as_user("manager"))))
    assert {title for title, _ in events(mine).values()} == {
        f"待办: {deal.code}",
        f"下一步: {deal.code}",
    }
    assert deal.name not in mine.text and "面谈" not in mine.text and "流水" not in mine.text
    assert not events(app.test_client().get(path_of(address(as_user("colleague")))))


def test_an_address_ends_with_a_new_one_with_the_feed_and_with_the_person(
    as_user, app, cast, deal
) -> None:
    client, anybody = as_user("manager"), app.test_client()
    first = path_of(address(client))
    second = path_of(address(client))
    assert anybody.get(first).status_code == 404 and anybody.get(second).status_code == 200
    assert anybody.get(second.replace(".ics", "x.ics")).status_code == 404
    assert client.get("/agenda").text.count("readonly") == 1
    with unit_of_work("user.disable"):
        db.session.get_one(User, cast["manager"].id).active = False
    assert anybody.get(second).status_code == 404
    with unit_of_work("user.enable"):
        db.session.get_one(User, cast["manager"].id).active = True
    assert as_user("manager").post("/agenda/feed/end").status_code == 302
    assert anybody.get(second).status_code == 404
    assert not db.session.scalars(sa.select(AgendaFeed)).all()
