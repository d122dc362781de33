"""Many deals at once: shown first, done in one go or not at all, taken back as one."""

import datetime as dt
import html
import re

import pytest
import sqlalchemy as sa

from portfolio.audit.models import AuditEntry
from portfolio.extensions import db, unit_of_work
from portfolio.pipeline import operations, queries
from portfolio.pipeline.models import Deal
from tests import factories
from tests.journal.test_taking_back import dump
from tests.pages import sent_form
from tests.records.test_taking_back import last_act, undo, without

NOW = dt.datetime.now(dt.UTC)


@pytest.fixture
def deals(cast) -> list[Deal]:
    """Two of the manager's, one of an outsider."""
    made = [factories.deal(cast["manager"], name=f"第{n}号项目") for n in range(2)]
    return [*made, factories.deal(cast["outsider"], name="别人的项目")]


def order(deals, **asked):
    return {"deal": [str(d.id) for d in deals]} | asked


def shown(page: str) -> dict:
    """What the preview's own form would send."""
    form = page.partition('action="/deals/bulk/changes"')[2].partition("</form>")[0]
    fields = re.findall(r'name="(\w+)" value="([^"]*)"', form)
    sent = dict(fields)
    sent["deal"] = [value for name, value in fields if name == "deal"]
    return sent


def test_the_preview_shows_from_and_to_and_writes_nothing(as_user, cast, deals) -> None:
    before = dump()
    entries = db.session.query(AuditEntry).count()
    page = as_user("manager").post(
        "/deals/bulk", data=order(deals, doing="owner", person_id=str(cast["colleague"].id))
    )
    assert page.status_code == 200
    assert "2 个将被修改" in page.text and "1 个无法修改" in page.text
    assert "<del>Manager</del> → <b>Colleague</b>" in page.text
    assert "您不能修改这个项目" in page.text or "无权" in page.text
    assert without(dump()) == without(before)
    assert db.session.query(AuditEntry).count() == entries


def test_the_others_only_are_changed_audited_and_taken_back_as_one(as_user, cast, deals) -> None:
    client = as_user("manager")
    before = without(dump())
    data = order(deals, doing="owner", person_id=str(cast["colleague"].id))
    sent = shown(client.post("/deals/bulk", data=data).text)
    assert len(sent["deal"]) == 2
    answer = client.post("/deals/bulk/changes", data=sent, follow_redirects=True)
    assert "已修改 2 个项目" in answer.text and "data-act" in answer.text
    db.session.expire_all()
    colleague = cast["colleague"].id
    owners = [db.session.get_one(Deal, d.id).owner_id for d in deals]
    assert owners == [colleague, colleague, cast["outsider"].id]
    kept = db.session.query(AuditEntry).filter_by(action="deal.bulk", object_type="deal")
    assert {entry.deal_id for entry in kept} == {d.id for d in deals[:2]}
    assert "批量修改项目" in client.get("/acts").text
    assert undo(as_user("outsider")).status_code == 404
    assert undo(client).status_code == 200
    assert without(dump()) == before


def test_a_bulk_move_keeps_every_rule_of_a_single_one(as_user, cast, deals) -> None:
    factories.advance(deals[1], cast["manager"], now=NOW)
    factories.ready(deals[1], cast["manager"], now=NOW)
    client = as_user("manager")
    page = client.post("/deals/bulk", data=order(deals, doing="move", stage="screening")).text
    assert "1 个将被修改" in page and "2 个无法修改" in page
    client.post("/deals/bulk/changes", data=shown(page))
    db.session.expire_all()
    stages = [db.session.get_one(Deal, d.id).stage for d in deals]
    assert stages == ["lead", "screening", "lead"]
    assert undo(client).status_code == 200
    assert db.session.get_one(Deal, deals[1].id).stage == "pool"
    assert [e.kind for e in queries.history(deals[1].id)] == ["open", "forward", "forward", "undo"]


@pytest.mark.parametrize(
    ("doing", "who", "words"),
    [
        ("add", "manager", "2 个的团队中已有此人"),
        ("remove", "colleague", "2 个的团队中没有此人"),
        ("owner", "manager", "2 个已由此人负责"),
    ],
)
def test_what_is_so_already_is_said_in_its_own_words(
    as_user, cast, deals, doing, who, words
) -> None:
    asked = order(deals[:2], doing=doing, person_id=str(cast[who].id))
    page = as_user("manager").post("/deals/bulk", data=asked).text
    assert words in page and "已在该阶段" not in page


def test_what_is_missing_is_asked_for(as_user, deals) -> None:
    client = as_user("manager")
    first = client.post("/deals/bulk", data=order(deals, doing="reject"))
    assert first.status_code == 200 and 'name="reason_code"' in first.text
    assert "/deals/bulk/changes" not in first.text
    again = client.post("/deals/bulk", data=order(deals, doing="reject", asked="1"))
    assert again.status_code == 422 and "/deals/bulk/changes" not in again.text
    assert 'id="reason_code-err"' in again.text and 'id="note-err"' in again.text
    full = client.post("/deals/bulk", data=order(deals, doing="reject", **factories.WHY_NOT))
    client.post("/deals/bulk/changes", data=shown(full.text))
    db.session.expire_all()
    assert [db.session.get_one(Deal, d.id).status for d in deals[:2]] == ["rejected"] * 2
    hold = order(deals, doing="hold", **factories.WHY_HELD, revisit_on="2020-01-01")
    assert "0 个将被修改" not in client.post("/deals/bulk", data=hold).text


def test_a_change_after_the_preview_stops_the_whole(as_user, cast, deals) -> None:
    client = as_user("manager")
    data = order(deals[:2], doing="add", person_id=str(cast["colleague"].id))
    sent = shown(client.post("/deals/bulk", data=data).text)
    with unit_of_work("deal.change", cast["partner"]):
        deal = db.session.get_one(Deal, deals[1].id)
        operations.change(deal, {"next_step": "访谈"}, cast["partner"], NOW)
    answer = client.post("/deals/bulk/changes", data=sent)
    assert answer.status_code == 409 and "情况有变" in answer.text
    db.session.expire_all()
    assert [len(db.session.get_one(Deal, d.id).members) for d in deals[:2]] == [1, 1]
    assert client.post("/deals/bulk/changes", data=shown(answer.text)).status_code == 302


def test_a_bulk_change_is_not_taken_back_after_somebody_elses_change(as_user, cast, deals) -> None:
    client = as_user("manager")
    data = order(deals[:2], doing="add", person_id=str(cast["colleague"].id))
    client.post("/deals/bulk/changes", data=shown(client.post("/deals/bulk", data=data).text))
    act = last_act()
    with unit_of_work("deal.change", cast["partner"]):
        deal = db.session.get_one(Deal, deals[0].id)
        operations.change(deal, {"next_step": "访谈"}, cast["partner"], NOW)
    answer = undo(client, act)
    assert answer.status_code == 409 and "Partner" in answer.json["message"]
    assert len(db.session.get_one(Deal, deals[1].id).members) == 2


def test_all_that_match_are_those_of_the_list_and_no_walled_one(as_user, cast, deals) -> None:
    factories.deal(cast["outsider"], name="金丝雀项目", walled=True)
    client = as_user("partner")
    data = {"doing": "add", "person_id": str(cast["colleague"].id), "query": "q=号项目", "all": "1"}
    page = client.post("/deals/bulk", data=data).text
    assert "2 个将被修改" in page
    page = client.post("/deals/bulk", data=data | {"query": ""}).text
    assert "3 个将被修改" in page and "金丝雀" not in page
    walled = db.session.query(Deal).filter_by(walled=True).one()
    page = client.post("/deals/bulk", data=order([*deals, walled], doing="move", stage="pool"))
    assert "金丝雀" not in page.text


def test_deals_with_open_conditions_are_gone_through_one_by_one(as_user, cast, deals) -> None:
    factories.ready(deals[0], cast["manager"], now=NOW)
    third = factories.deal(cast["manager"], name="第三号项目")
    client = as_user("manager")
    data = order([*deals, third], doing="move", stage="pool", note="本周例会", query="q=号")
    page = client.post("/deals/bulk", data=data).text
    assert "1 个将被修改" in page and "1 个无法修改" in page and "2 个尚缺内容" in page
    assert page.count("已查重") == 2
    done = client.post("/deals/bulk/changes", data=shown_with_left(page))
    assert done.status_code == 302 and "/deals/bulk?" in done.location
    assert f"deals={deals[1].id}.{third.id}" in done.location
    page = client.get(done.location).text
    assert "data-act" in page, "what has gone can be taken back from here"
    for deal, left in ((deals[1], 1), (third, 0)):
        link = re.search(rf'href="(/deals/{deal.id}/moves\?[^"]*)"', page)[1]
        asked = client.get(html.unescape(link)).text
        assert "本周例会</textarea>" in asked and 'name="i-s02-note"' in asked
        sent = sent_form(asked) | {"i-s02-state": "done", "i-s02-note": "查过"}
        short = client.post(f"/deals/{deal.id}/moves", data=sent)
        assert short.status_code == 422 and re.search(rf"deals=[\d.]*\b{third.id}&", short.text)
        sent |= {"f-company.lead_source": "roadshow", "f-company.industry": "新材料"}
        gone = client.post(f"/deals/{deal.id}/moves", data=sent)
        assert "/deals/bulk?" in gone.location
        back = client.get(gone.location)
        page = back.text
        assert f"{left} 个尚缺内容" in page if left else back.location.startswith("/deals?q=")
    db.session.expire_all()
    stages = [db.session.get_one(Deal, d.id).stage for d in (*deals, third)]
    assert stages == ["pool", "pool", "lead", "pool"]


@pytest.mark.parametrize("length", [100, 101])
def test_a_note_goes_along_or_the_page_says_that_it_does_not(as_user, deals, length) -> None:
    note = "注" * length
    data = order(deals, doing="move", stage="pool", note=note)
    page = as_user("manager").post("/deals/bulk", data=data).text
    assert ("补充说明过长" in page) == (length > 100)
    link = re.search(r'href="(/deals/\d+/moves\?[^"]*)"', page)[1]
    asked = as_user("manager").get(html.unescape(link)).text
    assert (f"{note}</textarea>" in asked) == (length <= 100)


def shown_with_left(page: str) -> dict:
    form = page.partition('action="/deals/bulk/changes"')[2].partition("</form>")[0]
    return shown(page) | {"left": re.findall(r'name="left" value="(\d+)"', form)}


def test_the_form_offers_the_stages_and_reasons_of_the_chosen_deals_alone(
    as_user, cast, deals
) -> None:
    client = as_user("partner")

    def choices(page: str, name: str) -> set[str]:
        select = page.partition(f'name="{name}"')[2].partition("</select>")[0]
        return set(re.findall(r'value="(\w+)"', select))

    page = client.post("/deals/bulk", data=order(deals[:2], doing="move")).text
    assert "pool" in choices(page, "stage") and "lead" not in choices(page, "stage")
    assert "call" not in choices(page, "stage") and "<optgroup" not in page
    assert choices(page, "reason_code") == set()
    page = client.post("/deals/bulk", data=order(deals[:2], doing="hold")).text
    assert {code[0] for code in choices(page, "reason_code")} == {"h"}
    fund = factories.deal(cast["manager"], pipeline="subfund")
    page = client.post("/deals/bulk", data=order([*deals[:2], fund], doing="move")).text
    assert "分属多条流程" in page and page.count("<optgroup") == 2


@pytest.mark.parametrize("doing", ["move", "hold", "owner"])
def test_the_preview_writes_nothing_and_takes_no_lock(
    app, as_user, cast, deals, queries, doing
) -> None:
    client = as_user("partner")
    person = str(cast["colleague"].id)
    data = order(deals, doing=doing, stage="screening", person_id=person, **factories.WHY_HELD)
    ids = ".".join(str(deal.id) for deal in deals)
    address = f"/deals/bulk?doing={doing}&stage=screening&person_id={person}&deals={ids}"
    queries.clear()
    with db.engine.connect().execution_options(write=True) as writer:
        writer.execute(sa.text("UPDATE deal SET next_step = 'x'"))  # another one is at it
        assert client.get(address).status_code in (200, 422)
        assert client.post("/deals/bulk", data=data).status_code == 200
        writer.rollback()
    written = [q for q in queries if re.match("INSERT|UPDATE|DELETE|SAVEPOINT", q)]
    assert written == ["UPDATE deal SET next_step = 'x'"]


def test_only_what_may_be_left_empty_is_marked_so(as_user, deals) -> None:
    client = as_user("partner")

    def optional(**fields: str) -> set[str]:
        page = client.post("/deals/bulk", data=order(deals, **fields)).text
        return set(re.findall(r'<label for="(\w+)">[^<]*<span class="optional">', page))

    assert optional(doing="owner") == set()
    assert optional(doing="hold") == optional(doing="reject") == set()
    assert optional(doing="move", stage="screening") == {"note"}


@pytest.mark.parametrize("sent", [{}, {"doing": "dance"}])
def test_an_unknown_thing_to_do_is_no_request(as_user, deals, sent) -> None:
    assert as_user("manager").post("/deals/bulk", data=order(deals, **sent)).status_code == 400


def test_nothing_ticked_and_too_much_ticked_are_said(as_user, deals, monkeypatch) -> None:
    client = as_user("manager")
    answer = client.post("/deals/bulk", data={"doing": "move"}, follow_redirects=True)
    assert "请至少选择一个项目" in answer.text
    monkeypatch.setattr("portfolio.pipeline.bulk_operations.MOST", 2)
    answer = client.post("/deals/bulk", data=order(deals, doing="move"), follow_redirects=True)
    assert "一次最多修改 2 个" in answer.text


def test_the_list_has_boxes_for_those_who_may_change_deals(as_user, deals) -> None:
    page = as_user("manager").get("/deals").text
    assert page.count('name="deal"') == 3 and 'id="bulk"' in page
    assert 'id="bulk"' not in as_user("reader").get("/deals").text


def test_the_owner_is_never_taken_off_the_team(as_user, cast, deals) -> None:
    data = order(deals[:1], doing="remove", person_id=str(cast["manager"].id))
    page = as_user("manager").post("/deals/bulk", data=data).text
    assert "负责人始终是团队成员" in page and "/deals/bulk/changes" not in page
