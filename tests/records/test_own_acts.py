"""The list of what one did offers to take back what can be, and says of the rest why not."""

import datetime as dt
import re

from flask import g

from portfolio.companies.models import Company
from portfolio.extensions import db, unit_of_work
from portfolio.journal.models import Act
from portfolio.pipeline import operations, undo_operations
from portfolio.pipeline.models import Deal, DealMember
from portfolio.records import queries as queries_of_records
from tests import factories
from tests.pages import sent_form
from tests.records.test_bulk import order, shown
from tests.records.test_taking_back import JSON

DAY = dt.timedelta(days=1)


def edit(client, company_id: int, **values: str) -> int:
    path = f"/companies/{company_id}/edit"
    assert client.post(path, data=sent_form(client.get(path).text) | values).status_code == 302
    return db.session.query(Act.id).order_by(Act.id.desc()).limit(1).scalar()


def offered(page: str) -> set[int]:
    return {int(number) for number in re.findall(r'action="/acts/(\d+)/undo"', page)}


def rows(client) -> tuple[str, set[int], str]:
    client.get("/acts")  # shows the messages about what was just done, with buttons of their own
    page = client.get("/acts").text
    return page, offered(page), re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_what_was_changed_since_says_who_and_when_instead_of_a_button(as_user, cast) -> None:
    one, other = (factories.company(cast["manager"]).id for _ in range(2))
    client = as_user("manager")
    first, second = edit(client, one, place="青岛"), edit(client, other, place="济南")
    assert rows(client)[1] == {first, second}
    edit(as_user("colleague"), one, place="烟台")
    _, buttons, text = rows(client)
    assert buttons == {second}
    assert re.search(r"Colleague 已于 [-0-9]{10} [:0-9]{5} 修改，不能再撤销", text), text
    history = client.get(f"/records/company/{one}/history").text
    assert first not in offered(history) and len(offered(history)) == 1
    client.post("/language", data={"locale": "en"})
    vars(g).clear()  # the language is kept for as long as a context lasts
    assert "Colleague changed it on" in rows(client)[2]


def test_each_button_works_and_nothing_without_one_does(as_user, cast) -> None:
    client = as_user("manager")
    companies = [factories.company(cast["manager"]).id for _ in range(3)]
    acts = [edit(client, number, place="青岛") for number in companies]
    acts.append(edit(client, companies[0], place="济南"))
    deal = factories.deal(cast["manager"])
    path = f"/deals/{deal.id}/edit"
    client.post(path, data=sent_form(client.get(path).text) | {"next_step": "访谈"})
    acts.append(acts[-1] + 1)
    number = deal.id
    with unit_of_work("deal.change", cast["colleague"]):
        for member in db.session.query(DealMember).filter_by(deal_id=number):
            db.session.delete(member)
    with unit_of_work("act.keep"):
        act = db.session.get_one(Act, acts[2])
        act.purge_on = dt.datetime.now(dt.UTC).date() - DAY
    _, buttons, text = rows(client)
    assert buttons == {acts[1], acts[3]}
    assert "三十天" in text and "您无权撤销" in text
    for act_id in acts:
        answer = client.post(f"/acts/{act_id}/undo", headers=JSON)
        if act_id in buttons:
            assert answer.status_code == 200
        else:
            assert answer.status_code in {404, 409}
    db.session.rollback()
    assert db.session.get_one(Company, companies[2]).place == "青岛"


def test_a_long_list_comes_in_pages_with_a_bounded_number_of_queries(
    as_user, cast, queries
) -> None:
    client = as_user("manager")
    company = factories.company(cast["manager"]).id
    counts = []
    for places in ("甲乙", "丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥"):
        for place in places:
            edit(client, company, place=place)
        client.get("/acts")
        queries.clear()
        page = client.get("/acts").text
        counts.append(len(queries))
        assert len(offered(page)) == 1, "the latest alone"
    assert page.count('<th scope="row"') == 20
    older = re.search(r'rel="next" href="([^"]+)"', page)
    assert older
    rest = client.get(older[1]).text
    assert rest.count('<th scope="row"') == 2 and len(offered(rest)) == 0
    assert 'rel="next"' not in rest and 'rel="start"' in rest
    assert counts[1] < 12 * 20, counts


def close(cast, deal: Deal, how: str) -> None:
    """Put a deal where the manager knows nothing of it, or into the bin."""
    with unit_of_work("deal.change", cast["partner"]):
        now = dt.datetime.now(dt.UTC)
        if how == "binned":
            undo_operations.hide(deal, cast["partner"], now)
            return
        operations.set_team(deal, [], cast["partner"].id, now)
        operations.set_wall(deal, True, cast["partner"], now)


def test_a_change_of_many_does_not_tell_that_one_was_walled_since(as_user, cast) -> None:
    client, told = as_user("manager"), []
    for how in ("binned", "walled"):
        deals = [factories.deal(cast["manager"], name=f"{how}{n}") for n in range(2)]
        asked = order(deals, doing="add", person_id=str(cast["colleague"].id))
        client.post("/deals/bulk/changes", data=shown(client.post("/deals/bulk", data=asked).text))
        close(cast, deals[0], how)
        act = db.session.query(Act.id).filter_by(action="deal.bulk").order_by(Act.id.desc()).first()
        page, _, text = rows(client)
        answer = client.post(f"/acts/{act.id}/undo", headers=JSON)
        assert "无权" not in text + answer.json["message"] and "Partner" not in text
        told.append((answer.status_code, answer.json["message"]))
        assert told[-1][1] in page
    assert told[0] == told[1], "as if it had been deleted"


def test_a_long_history_is_read_in_parts(as_user, cast, monkeypatch) -> None:
    monkeypatch.setattr(queries_of_records, "SIFTED", 3)
    client = as_user("manager")
    company = factories.company(cast["manager"]).id
    deal = factories.deal(cast["manager"])
    first = edit(client, company, place="甲")
    path = f"/deals/{deal.id}/edit"
    for step in "乙丙丁戊":
        client.post(path, data=sent_form(client.get(path).text) | {"next_step": step})
    close(cast, deal, "walled")
    assert rows(client)[1] == {first}, "what is closed fills no part of the page"


def test_the_number_of_acts_counts_none_that_is_closed(as_user, cast) -> None:
    client = as_user("manager")
    company = factories.company(cast["manager"]).id
    deal = factories.deal(cast["manager"])
    for n in range(20):
        edit(client, company, place=f"青岛{n}")
    path = f"/deals/{deal.id}/edit"
    client.post(path, data=sent_form(client.get(path).text) | {"next_step": "访谈"})
    assert 'rel="next"' in rows(client)[0]
    close(cast, deal, "walled")
    page = rows(client)[0]
    assert 'rel="next"' not in page and page.count('<th scope="row"') == 20
