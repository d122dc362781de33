"""Undoing an import that wrote to deals which are closed to its maker by now."""

import datetime as dt
import json

import pytest

from portfolio.companies.models import Company, Task
from portfolio.extensions import db, unit_of_work
from portfolio.pipeline import operations as pipeline
from portfolio.pipeline import queries
from portfolio.pipeline.models import Deal, PipelineVersion
from portfolio.pipeline.recusal_operations import recuse
from tests import factories

HEAD = "项目编号,下一步,融资轮次\n"
CLOSED = pytest.mark.parametrize("closed", ["walled", "recused"])


@pytest.fixture
def close(cast):
    """Close a deal to the manager: the outsider takes it over, and it is walled or the manager is
    recused."""

    def closing(deal_id: int, how: str) -> Deal:
        now = dt.datetime.now(dt.UTC)
        with unit_of_work("deal.change", cast["partner"]):
            deal = db.session.get_one(Deal, deal_id)
            pipeline.set_team(deal, [], cast["outsider"].id, now)
            if how == "walled":
                pipeline.set_wall(deal, True, cast["partner"], now)
            else:
                recuse(deal, cast["manager"], "亲属任职", cast["partner"], now)
        return deal

    return closing


@pytest.fixture
def imported(send):
    def importing(text: str):
        client, page = send(text)
        client.post(page + "/choices", data={"whole": "take"})
        assert client.post(page + "/confirmation").status_code == 302
        db.session.expire_all()
        return client, page

    return importing


def undone(client, page: str) -> str:
    """What the maker reads before and after taking an import back."""
    asked = client.get(page + "/undo").text
    assert client.post(page + "/undo").location == page
    db.session.expire_all()
    return asked + client.get(page).text + client.get("/acts").text + client.get("/bin").text


def touch(cast, deal: Deal, **values) -> None:
    with unit_of_work("deal.change", cast["outsider"]):
        pipeline.change(deal, values, cast["outsider"], dt.datetime.now(dt.UTC))


def pair(cast) -> tuple[Deal, Deal]:
    found = [factories.deal(cast["manager"], name=name) for name in ("金丝雀", "公开一号")]
    with unit_of_work("deal.change", cast["manager"]):
        for deal in found:
            pipeline.change(deal, {"next_step": "客户访谈"}, cast["manager"], factories.NOW)
    return found[0], found[1]


@CLOSED
def test_what_nobody_touched_goes_back_behind_a_wall_too(imported, close, cast, closed) -> None:
    deal, other = pair(cast)
    client, page = imported(HEAD + f"{deal.code},现场尽调,A轮\n{other.code},现场尽调,A轮\n")
    close(deal.id, closed)
    told = undone(client, page)
    for one in (deal, other):
        assert (one.next_step, one.round) == ("客户访谈", "")
    assert deal.walled == (closed == "walled") and deal.owner_id == cast["outsider"].id
    assert "金丝雀" not in told and deal.code not in told
    assert db.session.query(Task).count() == 0, "there is nothing to decide"


@CLOSED
def test_a_stage_goes_back_by_an_event_in_the_makers_name(imported, close, cast, closed) -> None:
    deal = factories.deal(cast["manager"])
    factories.ready(deal, cast["manager"])
    client, page = imported(f"项目编号,阶段\n{deal.code},项目库\n")
    assert deal.stage == "pool"
    close(deal.id, closed)
    undone(client, page)
    assert deal.stage == "lead"
    last = queries.history(deal.id)[-1]
    assert (last.to_stage, last.actor_id, last.note) == ("lead", cast["manager"].id, "表.csv")


def test_a_stage_that_the_pipeline_keeps_is_left_to_the_team(imported, close, cast) -> None:
    deal = factories.deal(cast["manager"])
    factories.ready(deal, cast["manager"])
    client, page = imported(f"项目编号,阶段,下一步\n{deal.code},项目库,现场尽调\n")
    close(deal.id, "walled")
    with unit_of_work("pipeline.change"):
        row = db.session.get_one(PipelineVersion, deal.pipeline_id)
        definition = json.loads(row.definition)
        del definition["moves"]["back"]
        row.definition = json.dumps(definition)
    undone(client, page)
    assert (deal.stage, deal.next_step) == ("pool", "现场尽调"), "all of it or nothing"
    assert db.session.query(Task).one().owner_id == cast["outsider"].id


@CLOSED
def test_what_was_touched_stays_and_its_team_decides(
    imported, close, cast, as_user, closed
) -> None:
    deal, other = pair(cast)
    client, page = imported(HEAD + f"{deal.code},现场尽调,A轮\n{other.code},现场尽调,A轮\n")
    close(deal.id, closed)
    touch(cast, deal, risks="单一客户")
    told = undone(client, page)
    assert (deal.next_step, other.next_step) == ("现场尽调", "客户访谈")
    task = db.session.query(Task).one()
    assert (task.owner_id, task.deal_id) == (cast["outsider"].id, deal.id)
    assert "表.csv" in as_user("outsider").get("/").text
    for said in ("金丝雀", deal.code, "请决定"):
        assert said not in told + client.get("/").text


def test_the_maker_reads_the_same_whether_it_was_touched_or_not(imported, close, cast) -> None:
    told = []
    for touched in (False, True):
        deal, other = pair(cast)
        client, page = imported(HEAD + f"{deal.code},现场尽调,A轮\n{other.code},现场尽调,A轮\n")
        close(deal.id, "walled")
        if touched:
            touch(cast, deal, next_step="等待")
        asked, after = client.get(page + "/undo").text, client.post(page + "/undo")
        numberless = page.removeprefix("/imports/")
        told.append((asked.replace(numberless, "#").count("<tr>"), after.status_code))
        assert "已不再对您开放的内容同样撤销" in asked
    assert told[0] == told[1]


@CLOSED
def test_a_deal_it_opened_goes_to_the_bin_of_its_team(
    imported, close, cast, as_user, closed
) -> None:
    company = factories.company(cast["manager"])
    factories.vehicle()
    client, page = imported(
        f"项目名称,流程,统一社会信用代码,投资主体\n金丝雀,direct,{company.uscc},青岛天使母基金\n"
    )
    deal = close(db.session.query(Deal).one().id, closed)
    told = undone(client, page)
    assert deal.deleted_at is not None
    assert "金丝雀" not in told and deal.code not in told
    assert "金丝雀" in as_user("outsider").get("/bin").text


def test_a_deal_it_opened_stays_when_its_team_worked_on_it(imported, close, cast) -> None:
    company = factories.company(cast["manager"])
    factories.vehicle()
    client, page = imported(
        f"项目名称,流程,统一社会信用代码,投资主体\n金丝雀,direct,{company.uscc},青岛天使母基金\n"
    )
    deal = close(db.session.query(Deal).one().id, "walled")
    touch(cast, deal, next_step="约访谈")
    undone(client, page)
    assert deal.deleted_at is None
    assert db.session.query(Task).one().deal_id == deal.id


def test_a_former_owner_gets_no_walled_deal_back(imported, close, cast) -> None:
    deal = factories.deal(cast["manager"])
    client, page = imported(f"项目编号,项目经理\n{deal.code},outsider@fund.example\n")
    close(deal.id, "walled")
    undone(client, page)
    assert deal.owner_id == cast["outsider"].id
    assert cast["manager"].id not in {member.user_id for member in deal.members}
    assert db.session.query(Task).one().owner_id == cast["outsider"].id


@pytest.mark.parametrize("touched", [False, True])
def test_a_task_behind_a_wall_goes_unless_somebody_took_it_on(
    imported, close, cast, touched
) -> None:
    deal = factories.deal(cast["manager"])
    client, page = imported(f"项目编号,任务\n{deal.code},约访谈\n")
    close(deal.id, "walled")
    if touched:
        with unit_of_work("task.change", cast["outsider"]):
            db.session.query(Task).one().title = "约创始人访谈"
    undone(client, page)
    titles = [task.title for task in db.session.query(Task).order_by(Task.id)]
    if touched:
        assert titles[0] == "约创始人访谈" and "表.csv" in titles[1]
    else:
        assert titles == []


def test_a_company_gone_for_good_is_not_said_to_be_in_the_bin(send, cast, as_user) -> None:
    client, page = send("企业名称\n海纳传动\n")
    client.post(page + "/confirmation")
    company = db.session.query(Company).one()
    deal = factories.deal(cast["outsider"], company=company, walled=True)
    assert client.post(page + "/undo").status_code == 302
    for path in (f"/deals/{deal.id}", f"/deals/{deal.id}/company"):
        told = as_user("outsider").get(path).text
        assert "海纳传动" in told and "无法恢复" in told and "回收站中仍有" not in told
