"""A person who leaves hands over in one step, and nothing confidential shows on the way."""

import datetime as dt
import json

import pytest
import sqlalchemy as sa

from portfolio.audit.models import AuditEntry
from portfolio.companies import operations as companies
from portfolio.companies.models import Task
from portfolio.digest.models import DigestSubscription
from portfolio.extensions import db, unit_of_work
from portfolio.people.models import User, UserSession
from portfolio.pipeline import operations as pipeline
from portfolio.pipeline.models import Deal, DealMember, GrantKind
from tests import factories
from tests.pages import sent_form

NOW = dt.datetime.now(dt.UTC)


@pytest.fixture
def house(cast):
    """What the manager has: two deals, a place in the partner's deal, three tasks, and walled ones."""
    manager = cast["manager"]
    deals = {
        "first": factories.deal(manager, NOW, name="第一项目"),
        "second": factories.deal(manager, NOW, name="第二项目"),
        "place": factories.deal(cast["partner"], NOW, name="席位项目", team=[manager.id]),
        "walled": factories.deal(manager, NOW, name="金丝雀甲", walled=True),
        "shared": factories.deal(
            manager, NOW, name="金丝雀乙", walled=True, team=[cast["partner"].id]
        ),
    }
    with unit_of_work("task.add", manager):
        for deal in deals.values():
            companies.add_task(f"待办{deal.name}", manager.id, manager, NOW, deal_id=deal.id)
        company_id = deals["first"].company_id
        companies.add_task("企业待办", manager.id, manager, NOW, company_id=company_id)
    return deals


def path(cast) -> str:
    return f"/settings/people/{cast['manager'].id}/handover"


def go(client, url: str, **choice):
    """Choose, look, and confirm what the page of the second step would send back."""
    looked = client.post(url, data={"step": "look", **choice})
    if looked.status_code != 200:
        return looked
    return client.post(url, data=sent_form(looked.text) | {"step": "confirm"})


def owner(deal: Deal) -> int:
    return db.session.scalar(sa.select(Deal.owner_id).where(Deal.id == deal.id))


def team(deal: Deal) -> set[int]:
    rows = db.session.scalars(sa.select(DealMember.user_id).where(DealMember.deal_id == deal.id))
    return set(rows)


def holder(title: str) -> int:
    return db.session.scalar(sa.select(Task.owner_id).where(Task.title == title))


def test_an_administrator_hands_over_and_closes_in_one_step(as_user, cast, house) -> None:
    client, colleague, outsider = as_user("admin"), cast["colleague"].id, cast["outsider"].id
    leaver_client = as_user("manager")
    choice = {"successor": colleague, f"deal-{house['second'].id}": outsider, "close": "1"}
    looked = client.post(path(cast), data={"step": "look", **choice})
    assert house["first"].code in looked.text and "Outsider" in looked.text
    assert owner(house["first"]) == cast["manager"].id  # nothing has moved yet
    answer = client.post(path(cast), data=sent_form(looked.text) | {"step": "confirm"})
    assert answer.status_code == 302
    assert owner(house["first"]) == colleague and team(house["first"]) == {colleague}
    assert owner(house["second"]) == outsider
    assert owner(house["place"]) == cast["partner"].id
    assert team(house["place"]) == {cast["partner"].id, colleague}
    assert holder("待办第二项目") == outsider
    for title in ("待办第一项目", "待办席位项目", "企业待办"):
        assert holder(title) == colleague, title
    assert not db.session.get_one(User, cast["manager"].id).active
    sessions = sa.select(UserSession).where(UserSession.user_id == cast["manager"].id)
    assert db.session.scalars(sessions).all() == []
    assert leaver_client.get("/").status_code == 302
    assert db.session.scalars(sa.select(DigestSubscription.since)).all() == [None]


def test_each_object_has_its_entry_in_the_trail(as_user, cast, house) -> None:
    go(as_user("admin"), path(cast), successor=cast["colleague"].id, close="1")
    entries = db.session.scalars(
        sa.select(AuditEntry).where(AuditEntry.action == "user.handover")
    ).all()
    moved = {
        (e.object_type, e.object_id): json.loads(e.after)
        for e in entries
        if "owner_id" in json.loads(e.after)
    }
    for name in ("first", "second"):
        assert moved[("deal", house[name].id)]["owner_id"] == cast["colleague"].id
    assert {e.object_type for e in entries} >= {"deal", "deal_member", "task", "user"}
    assert {e.actor_name for e in entries} == {"Admin"}


def test_an_administrator_learns_nothing_of_confidential_deals(as_user, cast, house) -> None:
    client = as_user("admin")
    with_walled = client.get(path(cast)).text
    for word in ("金丝雀", house["walled"].code, house["shared"].code, "第一项目"):
        assert word not in with_walled
    assert house["first"].code in with_walled
    with unit_of_work("seed"):
        for name in ("walled", "shared"):
            deal_id = house[name].id
            db.session.execute(sa.update(Deal).where(Deal.id == deal_id).values(owner_id=1))
            db.session.execute(sa.delete(DealMember).where(DealMember.deal_id == deal_id))
            db.session.execute(sa.delete(Task).where(Task.deal_id == deal_id))
    without = client.get(path(cast)).text
    assert strip(with_walled) == strip(without)


def strip(page: str) -> str:
    """The page without its tokens, which differ each time."""
    lines = page.split("\n")
    return "\n".join(line for line in lines if "csrf" not in line)


def test_confidential_deals_go_into_the_care_of_a_partner_who_is_told(as_user, cast, house) -> None:
    answer = go(as_user("admin"), path(cast), successor=cast["colleague"].id, close="1")
    assert "金丝雀" not in as_user("admin").get(answer.location).text
    partner = cast["partner"].id
    for name in ("walled", "shared"):
        assert owner(house[name]) == partner and team(house[name]) == {partner}, name
    assert holder("待办金丝雀甲") == partner
    desk = as_user("partner").get("/").text
    assert desk.count("Manager已离职：请确定该保密项目的新负责人") >= 2
    assert as_user("colleague").get(f"/deals/{house['walled'].id}").status_code == 404


def test_without_closing_confidential_deals_stay_where_they_are(as_user, cast, house) -> None:
    go(as_user("admin"), path(cast), successor=cast["colleague"].id)
    assert owner(house["walled"]) == cast["manager"].id
    assert holder("待办金丝雀甲") == cast["manager"].id
    assert db.session.get_one(User, cast["manager"].id).active
    assert owner(house["first"]) == cast["colleague"].id


def test_the_person_hands_over_everything_themselves(as_user, cast, house) -> None:
    client = as_user("manager")
    page = client.get("/handover").text
    assert "金丝雀甲" in page and 'name="close"' not in page
    colleague, outsider = cast["colleague"].id, cast["outsider"].id
    choice = {"successor": colleague, f"deal-{house['walled'].id}": outsider, "close": "1"}
    assert go(client, "/handover", **choice).status_code == 302
    assert owner(house["walled"]) == outsider and team(house["walled"]) == {outsider}
    assert holder("待办金丝雀甲") == outsider
    assert owner(house["first"]) == colleague
    assert db.session.get_one(User, cast["manager"].id).active  # nobody closes their own account


def test_a_partner_hands_over_what_they_may_change(as_user, cast, house) -> None:
    client = as_user("partner")
    page = client.get(path(cast)).text
    assert "第一项目" in page and "金丝雀乙" in page and "金丝雀甲" not in page
    assert go(client, path(cast), successor=cast["colleague"].id).status_code == 302
    assert owner(house["shared"]) == cast["colleague"].id
    assert owner(house["walled"]) == cast["manager"].id
    answer = client.get(f"/handover?person={cast['manager'].id}")
    assert answer.status_code == 302 and answer.location.endswith(path(cast))


def test_nobody_else_gets_through(as_user, cast, house) -> None:
    for name in ("colleague", "outsider", "reader", "committee", "compliance"):
        assert as_user(name).get(path(cast)).status_code == 404, name
        sent = {"successor": cast["colleague"].id, "step": "confirm"}
        assert as_user(name).post(path(cast), data=sent).status_code == 404, name
    assert owner(house["first"]) == cast["manager"].id


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        ({}, "请选择接手人"),
        ({"successor": "reader"}, "此人不能接手项目"),
        ({"successor": "manager"}, "此人不能接手项目"),
        ({"successor": "outsider"}, "Outsider已对该项目回避"),
    ],
)
def test_an_unfit_successor_is_refused_and_nothing_moves(
    as_user, cast, house, choice, words
) -> None:
    with unit_of_work("seed"):
        pipeline.grant(house["first"], cast["outsider"].id, GrantKind.RECUSED, NOW)
    sent = {name: cast[who].id for name, who in choice.items()} | {"step": "confirm", "close": "1"}
    answer = as_user("admin").post(path(cast), data=sent)
    assert answer.status_code == 422 and words in answer.text
    if choice.get("successor") == "outsider":
        field = f'id="deal-{house["first"].id}-err"'
        assert words in answer.text.split(field)[1].split("</p>")[0]
    assert owner(house["second"]) == cast["manager"].id
    assert db.session.get_one(User, cast["manager"].id).active


def test_what_changed_meanwhile_is_looked_at_again(as_user, cast, house) -> None:
    client = as_user("admin")
    looked = client.post(path(cast), data={"step": "look", "successor": cast["colleague"].id})
    late = factories.deal(cast["manager"], NOW, name="刚立项")
    answer = client.post(path(cast), data=sent_form(looked.text) | {"step": "confirm"})
    assert answer.status_code == 409 and late.code in answer.text
    assert owner(house["first"]) == owner(late) == cast["manager"].id


def test_a_failure_in_the_middle_moves_nothing(as_user, cast, house, monkeypatch, app) -> None:
    def broken(user: User) -> None:
        raise RuntimeError("in the middle")

    monkeypatch.setattr("portfolio.handover.operations.people.disable", broken)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    answer = go(as_user("admin"), path(cast), successor=cast["colleague"].id, close="1")
    assert answer.status_code == 500
    db.session.rollback()
    assert owner(house["first"]) == owner(house["walled"]) == cast["manager"].id


def test_the_list_asks_as_much_for_many_deals_as_for_few(as_user, cast, house, queries) -> None:
    client = as_user("admin")
    client.get(path(cast))
    db.session.rollback()  # what a transaction remembers is asked anew, as in the second count
    queries.clear()
    client.get(path(cast))
    few = len(queries)
    for n in range(10):
        factories.deal(cast["manager"], NOW, name=f"更多{n}")
    queries.clear()
    client.get(path(cast))
    assert len(queries) <= few


def test_a_partner_closes_nobodys_account(as_user, cast, house) -> None:
    sent = {"successor": cast["colleague"].id, "close": "1"}
    assert go(as_user("partner"), path(cast), **sent).status_code == 302
    assert db.session.get_one(User, cast["manager"].id).active
    assert owner(house["first"]) == cast["colleague"].id
