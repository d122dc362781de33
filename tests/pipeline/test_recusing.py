"""Recusing a person of a deal: they see nothing of it, until the recusal is lifted."""

import datetime as dt
import re

import pytest
import sqlalchemy as sa

from portfolio.audit.models import AuditEntry
from portfolio.companies import operations as records
from portfolio.companies.models import Task
from portfolio.extensions import db, unit_of_work
from portfolio.intake import operations as intake
from portfolio.kernel.errors import InputError
from portfolio.pipeline import operations, recusal_operations
from portfolio.pipeline import sight_queries as sight
from portfolio.pipeline.models import Deal, DealGrant, DealMember, GrantKind
from portfolio.pipeline.operations import Refused
from tests import factories
from tests.pages import sent_form

NOW = dt.datetime.now(dt.UTC)
REASON = "亲属在企业任职"
NAME = "金丝雀一号"


@pytest.fixture
def deal(cast) -> Deal:
    """Owned by the manager, with a colleague on its team."""
    company = factories.company(cast["manager"], name_zh="青岛海纳传动有限公司")
    return factories.deal(
        cast["manager"], NOW, name=NAME, company=company, team=[cast["colleague"].id]
    )


def address(deal: Deal) -> str:
    return f"/deals/{deal.id}/recusals"


def recused_on(deal: Deal) -> set[int]:
    db.session.expire_all()
    query = sa.select(DealGrant.user_id).where(
        DealGrant.deal_id == deal.id, DealGrant.kind == GrantKind.RECUSED.value
    )
    return set(db.session.scalars(query))


def recuse(client, deal: Deal, person, reason: str = REASON):
    return client.post(address(deal), data={"person_id": str(person.id), "reason": reason})


def test_the_recused_person_sees_nothing_of_the_deal_until_it_is_lifted(
    as_user, cast, deal
) -> None:
    places = ["/deals", "/board", "/", "/search?q=金丝雀", f"/companies/{deal.company_id}"]
    places += ["/deals.csv", "/committee", f"/deals/{deal.id}/history", "/funnel", "/acts"]

    def seen() -> set[str]:
        client = as_user("partner")
        return {place for place in places if NAME in client.get(place).text}

    before = seen()
    assert before >= {"/deals", "/board", f"/companies/{deal.company_id}"}
    client = as_user("manager")
    answer = recuse(client, deal, cast["partner"])
    assert answer.status_code == 302 and answer.location.endswith(address(deal))
    page = client.get(answer.location).text
    assert REASON in page and "已回避，不再看到本项目的任何内容" in page
    assert seen() == set()
    assert as_user("partner").get(f"/deals/{deal.id}").status_code == 404
    assert as_user("partner").get(address(deal)).status_code == 404
    team = client.get(f"/deals/{deal.id}").text.split('id="team"')[1].split("</section>")[0]
    assert cast["partner"].name in team.split("回避人员")[1]
    assert as_user("reader").get(f"/deals/{deal.id}").status_code == 200, "nobody else is"
    action = re.search(r'action="([^"]+/lifting)"', page)[1]
    assert client.get(action).status_code == 405
    lifted = client.post(action)
    assert lifted.status_code == 302 and recused_on(deal) == set()
    assert seen() == before
    assert client.post(action).status_code == 404


def test_it_stands_in_the_trail_and_in_the_history_of_the_deal(as_user, cast, deal) -> None:
    client = as_user("manager")
    recuse(client, deal, cast["reader"])
    client.post(re.search(r'action="([^"]+/lifting)"', client.get(address(deal)).text)[1])
    rows = db.session.execute(
        sa.select(AuditEntry.action, AuditEntry.actor_id, AuditEntry.before, AuditEntry.after)
        .where(AuditEntry.deal_id == deal.id, AuditEntry.object_type == "deal_grant")
        .order_by(AuditEntry.seq)
    ).all()
    assert [row.action for row in rows] == ["deal.recuse", "deal.lift_recusal"]
    assert {row.actor_id for row in rows} == {cast["manager"].id}
    assert REASON in rows[0].after and REASON in rows[1].before
    told = client.get(f"/deals/{deal.id}").text.split('id="history"')[1]
    for words in ("登记回避", "解除回避", REASON, cast["reader"].name):
        assert words in told, words
    trail = as_user("compliance").get("/audit").text
    assert "登记回避" in trail and "解除回避" in trail


@pytest.mark.parametrize(
    ("person", "reason", "field", "said"),
    [
        ("manager", REASON, "person_id", "owns this deal: hand it over"),
        ("colleague", REASON, "person_id", "is on this deal&#39;s team: take them off"),
        ("", REASON, "person_id", "Choose who is recused."),
        ("reader", "", "reason", "Say why"),
        ("reader", " \u3000 ", "reason", "Say why"),
        ("reader", "长" * 401, "reason", "400"),
    ],
)
def test_what_is_refused_is_said_at_its_field_and_the_rest_stays(
    as_user, cast, deal, person, reason, field, said
) -> None:
    client = as_user("manager")
    client.set_cookie("lang", "en")
    number = str(cast[person].id) if person else ""
    answer = client.post(address(deal), data={"person_id": number, "reason": reason})
    assert answer.status_code == 422 and recused_on(deal) == set()
    (error,) = re.findall(rf'id="{field}-err">(.*?)</p>', answer.text, re.DOTALL)
    assert said in error
    kept = sent_form(answer.text)
    assert kept["person_id"] == number and kept["reason"] == reason


def test_nobody_is_recused_twice(as_user, cast, deal) -> None:
    client = as_user("manager")
    assert recuse(client, deal, cast["reader"]).status_code == 302
    again = recuse(client, deal, cast["reader"])
    assert again.status_code == 422 and "已对本项目回避" in again.text
    assert recused_on(deal) == {cast["reader"].id}


def test_only_active_people_who_read_deals_are_offered(as_user, cast, deal) -> None:
    with unit_of_work("user.disable"):
        cast["outsider"].active = False
    page = as_user("manager").get(address(deal)).text
    offered = set(re.findall(r'<option value="(\d+)"', page))
    expected = {str(user.id) for name, user in cast.items() if name not in {"outsider", "admin"}}
    assert offered == expected
    for name in ("outsider", "admin"):
        assert recuse(as_user("manager"), deal, cast[name]).status_code == 422
    with pytest.raises(InputError, match=r"recusal\.person_missing"), unit_of_work("deal.recuse"):
        recusal_operations.recuse(deal, cast["outsider"], REASON, cast["manager"], NOW)
    assert recused_on(deal) == set()


@pytest.mark.parametrize("name", ["outsider", "reader", "compliance", "admin", "committee"])
def test_who_may_not_change_the_deal_recuses_nobody_and_lifts_nothing(
    as_user, cast, deal, name
) -> None:
    recuse(as_user("manager"), deal, cast["reader"])
    (kept,) = db.session.scalars(sa.select(DealGrant.id)).all()
    client = as_user(name)
    refused = {403, 404}
    assert client.get(address(deal)).status_code in refused
    assert recuse(client, deal, cast["partner"]).status_code in refused
    assert client.post(f"{address(deal)}/{kept}/lifting").status_code in refused
    assert recused_on(deal) == {cast["reader"].id}
    with pytest.raises(Refused), unit_of_work("deal.recuse", cast[name]):
        recusal_operations.recuse(deal, cast["partner"], REASON, cast[name], NOW)
    if name == "outsider":
        assert "/recusals" not in client.get(f"/deals/{deal.id}").text


def test_a_recusal_is_lifted_on_its_own_deal_alone(as_user, cast, deal) -> None:
    other = factories.deal(cast["manager"], NOW)
    client = as_user("manager")
    recuse(client, deal, cast["reader"])
    (kept,) = db.session.scalars(sa.select(DealGrant.id)).all()
    assert client.post(f"{address(other)}/{kept}/lifting").status_code == 404
    with unit_of_work("agenda.set"):
        agenda = operations.grant(deal, cast["committee"].id, GrantKind.AGENDA, NOW).id
    assert client.post(f"{address(deal)}/{agenda}/lifting").status_code == 404
    assert recused_on(deal) == {cast["reader"].id}


def test_a_partner_recuses_themselves_and_is_led_away(as_user, cast, deal) -> None:
    client = as_user("partner")
    answer = recuse(client, deal, cast["partner"])
    assert answer.status_code == 302 and answer.location.endswith("/deals")
    page = client.get(answer.location).text
    assert NAME not in page and "已回避" in page


def test_a_recused_person_comes_on_the_team_by_no_way(as_user, cast, deal) -> None:
    client, outsider = as_user("manager"), cast["outsider"]
    recuse(client, deal, outsider)
    form = client.get(f"/deals/{deal.id}/edit").text
    assert outsider.name not in form.split('id="owner_id"')[1].split("</fieldset>")[0]
    sent = sent_form(form)
    team = [str(cast["colleague"].id), str(outsider.id)]
    for chosen, field in (({"team": team}, "team"), ({"owner_id": team[1]}, "owner_id")):
        refused = client.post(f"/deals/{deal.id}/edit", data=sent | chosen)
        said = refused.text.split(f'id="{field}-err"')[1].split("</p>")[0]
        assert refused.status_code == 422 and "不能加入团队" in said and outsider.name in said
        assert "not a valid" not in refused.text and "有效" not in said
    bulk = {"doing": "add", "person_id": str(outsider.id), "deal": [str(deal.id)], "asked": "1"}
    page = as_user("partner").post("/deals/bulk", data=bulk).text
    assert "不能加入团队" in page
    with pytest.raises(InputError, match=r"recusal\.not_for_team"), unit_of_work("deal.change"):
        operations.set_team(db.session.get_one(Deal, deal.id), [], outsider.id, NOW)
    imported = f"项目编号,负责人\n{deal.code},{outsider.email}\n".encode()
    prepared = intake.prepare(imported, kind="deals", actor=cast["partner"])
    with unit_of_work("deal.import", cast["partner"]):
        batch = intake.keep_upload(imported, "a.csv", cast["partner"], NOW, "deals")
        intake.apply(batch, prepared, cast["partner"], NOW)
    db.session.expire_all()
    members = sa.select(DealMember.user_id).where(DealMember.deal_id == deal.id)
    assert outsider.id not in set(db.session.scalars(members))
    assert db.session.get_one(Deal, deal.id).owner_id == cast["manager"].id


def test_open_tasks_go_to_the_owner_and_no_new_one_comes(as_user, cast, deal) -> None:
    outsider = cast["outsider"]
    with unit_of_work("task.add", cast["manager"]):
        for title in ("补材料", "约访谈"):
            records.add_task(title, outsider.id, cast["manager"], NOW, deal_id=deal.id)
        done = records.add_task("已办", outsider.id, cast["manager"], NOW, deal_id=deal.id)
        records.finish_task(done, NOW)
        elsewhere = factories.deal(cast["manager"], NOW)
        records.add_task("别处", outsider.id, cast["manager"], NOW, deal_id=elsewhere.id)
    client = as_user("manager")
    answer = recuse(client, deal, outsider)
    assert "2 项未完成待办已转给项目负责人" in client.get(answer.location).text
    owners = dict(db.session.execute(sa.select(Task.title, Task.owner_id)).all())
    manager = cast["manager"].id
    assert owners == {
        "补材料": manager,
        "约访谈": manager,
        "已办": outsider.id,
        "别处": outsider.id,
    }
    assert outsider.id not in sight.assignable(db.session.get_one(Deal, deal.id))
    page = client.get(f"/deals/{deal.id}/tasks").text
    assert f'<option value="{outsider.id}"' not in page


def test_who_edits_at_the_same_time_does_not_bring_a_recused_person_in(as_user, cast, deal) -> None:
    client, outsider = as_user("manager"), cast["outsider"]
    form = sent_form(client.get(f"/deals/{deal.id}/edit").text)
    recuse(as_user("partner"), deal, outsider)
    team = [str(cast["colleague"].id), str(outsider.id)]
    answer = client.post(f"/deals/{deal.id}/edit", data=form | {"team": team})
    assert answer.status_code in {409, 422}
    assert recused_on(deal) == {outsider.id}
    members = sa.select(DealMember.user_id).where(DealMember.deal_id == deal.id)
    assert outsider.id not in set(db.session.scalars(members))


def test_compliance_recused_breaks_no_glass(as_user, cast) -> None:
    walled = factories.deal(cast["manager"], NOW, name=NAME, walled=True)
    recuse(as_user("manager"), walled, cast["compliance"])
    client = as_user("compliance")
    sent = {"code": walled.code, "reason": "核查利益冲突申报的真实性"}
    assert client.post("/deals/confidential", data=sent).status_code == 422
    assert client.get(f"/deals/{walled.id}").status_code == 404


def test_the_form_carries_a_token(app, as_user, deal) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    client = as_user("manager")
    page = client.get(address(deal)).text
    assert "csrf_token" in page
    app.config["WTF_CSRF_ENABLED"] = False
