"""The pages of deals: list, board, one deal, forms, and what is not for the reader."""

import datetime as dt
import re

import pytest

from portfolio.chokepoint.taxonomy import shipped
from portfolio.companies import operations as companies
from portfolio.extensions import db, unit_of_work
from portfolio.pipeline import operations, queries, tally_queries
from portfolio.pipeline import sight_queries as sight
from portfolio.pipeline.models import Deal, GrantKind
from tests import factories
from tests.pages import sent_form

NOW = dt.datetime.now(dt.UTC)
WAN = 10**6


def test_the_list_filters_by_stage_status_owner_and_text(as_user, cast) -> None:
    factories.deal(cast["manager"], name="海纳 天使轮")
    held = factories.deal(cast["outsider"], name="云石 A轮")
    factories.advance(held, cast["outsider"], now=NOW)
    client = as_user("partner")
    everything = client.get("/deals").text
    assert "海纳 天使轮" in everything and "云石 A轮" in everything
    for query in ("stage=pool", f"owner={cast['outsider'].id}", "q=云石", f"q={held.code}"):
        page = client.get(f"/deals?{query}").text
        assert "云石 A轮" in page and "海纳 天使轮" not in page, query
    assert "没有符合条件的项目" in client.get("/deals?status=rejected").text


def test_a_deal_is_opened_from_a_companys_page(as_user, cast) -> None:
    company = factories.company(cast["manager"], short_name="海纳")
    fund = factories.vehicle()
    client = as_user("manager")
    path = f"/companies/{company.id}/deals"
    owner = str(cast["manager"].id)
    sent = {
        "name": "海纳 天使轮",
        "pipeline": "direct",
        "vehicle_id": str(fund.id),
        "owner_id": owner,
        "round": "angel",
        "amount_fen": "800",
        "round_size_fen": "500万",
        "pre_money_fen": "1,23亿",
    }
    page = client.post(path, data=sent)
    assert page.status_code == 422
    assert "不是有效金额" in page.text and 'value="1,23亿"' in page.text
    page = client.post(path, data=sent | {"pre_money_fen": "1.2亿"})
    assert "本次投资额超过本轮融资总额" in page.text
    assert (
        client.post(path, data=sent | {"pre_money_fen": "1.2亿", "amount_fen": "300"}).status_code
        == 302
    )
    deal = db.session.query(Deal).one()
    assert (deal.amount_fen, deal.pre_money_fen) == (300 * WAN, 12000 * WAN)
    assert re.fullmatch(r"P\d{4}-\d{5}", deal.code)
    assert "海纳 天使轮" in client.get(f"/companies/{company.id}").text


def test_a_move_without_its_reason_opens_a_form_that_asks_for_it(as_user, cast) -> None:
    deal = factories.deal(cast["manager"])
    client = as_user("manager")
    path = f"/deals/{deal.id}/moves"
    page = client.post(path, data={"kind": "reject", "version": str(deal.version)})
    assert page.status_code == 422
    assert "请选择主要原因" in page.text and "市场空间" not in page.text and "市场小" in page.text
    done = client.post(path, data=factories.seen(deal, kind="reject", **factories.WHY_NOT))
    assert done.status_code == 302
    assert "否决" in client.get(f"/deals/{deal.id}").text


def test_the_board_gets_an_answer_it_can_show(as_user, cast) -> None:
    deal = factories.deal(cast["manager"])
    json = {"Accept": "application/json"}
    path = f"/deals/{deal.id}/moves"
    client = as_user("manager")
    factories.ready(deal, cast["manager"], "pool")
    unseen = client.post(path, data={"to_stage": "pool"}, headers=json)
    assert unseen.status_code == 409, "who names no version has seen none"
    moved = client.post(path, data=factories.seen(deal, to_stage="pool"), headers=json)
    assert moved.json["stage"] == "pool" and "项目库" in moved.json["message"]
    again = client.post(
        path,
        data={"to_stage": "lead", "version": moved.json["version"]},
        headers=json,
    )
    assert again.status_code == 422 and again.json["ask"].startswith(path)
    stale = client.post(path, data={"kind": "forward", "version": "1"}, headers=json)
    assert stale.status_code == 409
    skipped = client.post(path, data=factories.seen(deal, to_stage="ic", note="x"), headers=json)
    assert skipped.status_code == 403
    assert as_user("outsider").post(path, data={"kind": "forward"}, headers=json).status_code == 403
    assert as_user("reader").post(path, data={"kind": "forward"}).status_code == 403


def test_a_skip_on_the_board_opens_the_form_that_asks_for_its_reason(as_user, cast) -> None:
    deal = factories.deal(cast["manager"])
    json, client = {"Accept": "application/json"}, as_user("partner")
    answer = client.post(
        f"/deals/{deal.id}/moves", data=factories.seen(deal, to_stage="ic"), headers=json
    )
    assert answer.status_code == 422 and answer.json["ask"]
    page = client.get(answer.json["ask"]).text
    assert sent_form(page)["to_stage"] == "ic" and sent_form(page)["kind"] == "skip"
    label = page.partition('<label for="note">')[2].partition("</label>")[0]
    assert "选填" not in label and "必填，不少于十个字" in page


def test_the_board_counts_and_sums_what_the_reader_may_see(as_user, cast) -> None:
    factories.deal(cast["manager"], name="甲", terms={"amount_fen": 300 * WAN})
    factories.deal(cast["outsider"], name="乙", terms={"amount_fen": 500 * WAN})
    factories.deal(cast["outsider"], name="密", walled=True, terms={"amount_fen": 7000 * WAN})
    sums = {}
    for name in ("partner", "manager", "outsider", "reader"):
        tally = tally_queries.tallies(cast[name], [queries.current_pipeline("direct").id])["lead"]
        sums[name] = (tally.count, tally.sum_fen and tally.sum_fen // WAN)
    assert sums == {
        "partner": (2, 800),
        "manager": (2, 300),
        "outsider": (3, 7500),
        "reader": (2, None),
    }
    assert "800万" in as_user("partner").get("/board").text
    assert "7,500万" in as_user("outsider").get("/board").text


def test_a_sum_that_leaves_deals_out_says_so_on_board_and_desk(as_user, cast) -> None:
    factories.deal(cast["manager"], name="甲", terms={"amount_fen": 300 * WAN})
    factories.deal(cast["outsider"], name="乙", terms={"amount_fen": 500 * WAN})
    said = "仅合计您有权查看条款的项目：1 / 2 个"
    for path, places in (("/board", 2), ("/", 1)):  # the title of the board and its column
        page = as_user("manager").get(path).text
        assert page.count(f'title="{said}') == page.count(">可见金额<") == places, path
        whole = as_user("partner").get(path).text
        assert "800万" in whole and "可见金额" not in whole
        none = as_user("reader").get(path).text
        assert "300万" not in none and "可见金额" not in none


def test_a_card_names_two_technologies_and_counts_the_rest(as_user, cast) -> None:
    company = factories.company(cast["manager"])
    factories.deal(cast["manager"], company=company)
    with unit_of_work("tag.confirm", cast["manager"]):
        for technology, level in (("uv-led", "E1"), ("photoresist", "E3"), ("bearings", "E0")):
            factories.claimed(company.id, technology, level, cast["manager"], NOW)
    book = shipped().technologies
    for path in ("/board", "/board/lead"):
        page = as_user("reader").get(path).text
        assert page.index(book["photoresist"].zh) < page.index(book["uv-led"].zh)
        assert book["bearings"].zh not in page and "+1" in page


def test_a_walled_deal_does_not_exist_for_others(as_user, cast) -> None:
    company = factories.company(cast["manager"])
    deal = factories.deal(cast["manager"], name="金丝雀一号", walled=True, company=company)
    pages = ("/deals", "/deals?q=金丝雀", "/board", "/", f"/companies/{company.id}")
    for name in ("partner", "outsider", "reader", "compliance", "committee"):
        client = as_user(name)
        for path in pages:
            assert "金丝雀一号" not in client.get(path).text, (name, path)
        unknown = client.get("/deals/999999").status_code
        assert client.get(f"/deals/{deal.id}").status_code == unknown
        assert client.post(f"/deals/{deal.id}/moves", data={}).status_code in (403, 404)
    assert "金丝雀一号" in as_user("manager").get("/deals?q=金丝雀").text


def test_break_glass_opens_a_walled_deal_and_the_look_is_kept(as_user, cast) -> None:
    deal = factories.deal(cast["manager"], name="金丝雀", walled=True)
    with unit_of_work("deal.open_glass", cast["compliance"]):
        operations.grant(deal, cast["compliance"].id, GrantKind.OPENED, NOW, "举报核查")
    client = as_user("compliance")
    assert "金丝雀" in client.get(f"/deals/{deal.id}").text
    assert "deal.look" in client.get("/audit?action=deal.look").text


def test_a_task_on_the_desk_names_what_it_is_for(as_user, cast) -> None:
    deal = factories.deal(cast["manager"], name="迈新光电 天使轮")
    company = factories.company(cast["manager"], short_name="海纳传动")
    with unit_of_work("task.add", cast["manager"]):
        for subject in ({"deal_id": deal.id}, {"company_id": company.id}):
            companies.add_task("催材料", cast["manager"].id, cast["manager"], NOW, **subject)
    waiting = as_user("manager").get("/").text.partition("等我处理")[2].partition("</section>")[0]
    assert "迈新光电 天使轮" in waiting and "海纳传动" in waiting


def test_the_committee_sees_its_agenda_and_the_recused_see_nothing(as_user, cast) -> None:
    on, off = (factories.deal(cast["manager"], name=name) for name in ("上会项目", "别的项目"))
    with unit_of_work("agenda.set"):
        operations.grant(on, cast["committee"].id, GrantKind.AGENDA, NOW)
    page = as_user("committee").get("/deals").text
    assert "上会项目" in page and "别的项目" not in page
    assert as_user("committee").get(f"/companies/{on.company_id}").status_code == 200
    assert as_user("committee").get(f"/companies/{off.company_id}").status_code == 404
    with unit_of_work("recusal.declare"):
        operations.grant(on, cast["committee"].id, GrantKind.RECUSED, NOW, "亲属任职")
    assert "上会项目" not in as_user("committee").get("/deals").text
    assert as_user("committee").get(f"/companies/{on.company_id}").status_code == 404


@pytest.mark.parametrize("permission", ["deal.read", "deal.write", "deal.terms", "export"])
def test_the_list_and_the_single_check_never_disagree(cast, permission) -> None:
    rows = [factories.deal(cast["manager"]), factories.deal(cast["outsider"], walled=True)]
    rows.append(factories.deal(cast["partner"], walled=True, team=[cast["colleague"].id]))
    with unit_of_work("grants"):
        operations.grant(rows[0], cast["committee"].id, GrantKind.AGENDA, NOW)
        operations.grant(rows[1], cast["compliance"].id, GrantKind.OPENED, NOW)
        operations.grant(rows[0], cast["reader"].id, GrantKind.RECUSED, NOW)
    for name, user in cast.items():
        listed = sight.ids_with(user, permission, [deal.id for deal in rows])
        single = {deal.id for deal in rows if sight.may(user, permission, deal)}
        assert listed == single, name


def test_the_terms_of_others_are_masked_everywhere(as_user, cast) -> None:
    deal = factories.deal(
        cast["outsider"],
        terms={
            "amount_fen": 31337 * WAN,
            "pre_money_fen": 424242 * WAN,
            "lead_investor": "金丝雀资本",
        },
    )
    for name in ("manager", "reader"):
        client = as_user(name)
        for path in ("/deals", "/board", "/", f"/deals/{deal.id}", f"/companies/{deal.company_id}"):
            page = client.get(path).text
            for canary in ("3.13亿", "31337", "42.42亿", "金丝雀资本"):
                assert canary not in page, (name, path, canary)
    assert "金丝雀资本" in as_user("outsider").get(f"/deals/{deal.id}").text


def test_lists_and_board_ask_the_database_a_fixed_number_of_times(as_user, cast, queries) -> None:
    client = as_user("partner")
    counts = []
    for number in (3, 25):
        for _ in range(number):
            factories.deal(cast["manager"], terms={"amount_fen": WAN})
        asked = []
        for path in ("/deals", "/board", "/"):
            client.get(path)
            queries.clear()
            client.get(path)
            asked.append(len(queries))
        counts.append(asked)
    assert counts[0] == counts[1]
    assert max(counts[0]) <= 24


def test_the_columns_of_the_board_come_in_pages(as_user, cast) -> None:
    for number in range(25):
        factories.deal(cast["manager"], name=f"第{number:02d}号项目")
    client = as_user("manager")
    page = client.get("/board").text
    assert page.count('class="kcard"') == 10 and "/board/lead?" in page
    more = client.get("/board/lead?offset=10&pipeline=direct").text
    assert more.count('class="kcard"') == 10 and "offset=20" in more
    more = client.get("/board/lead?offset=20&pipeline=direct").text
    assert more.count('class="kcard"') == 5 and "<html" not in more


def test_two_who_change_the_same_deal_see_both_versions(as_user, cast) -> None:
    deal = factories.deal(cast["manager"], name="原名")
    fund = str(deal.vehicle_id)
    sent = {
        "name": "我的",
        "pipeline": "direct",
        "vehicle_id": fund,
        "owner_id": str(cast["manager"].id),
        "version": str(deal.version),
    }
    path = f"/deals/{deal.id}/edit"
    assert as_user("partner").post(path, data=sent | {"name": "他们的"}).status_code == 302
    page = as_user("manager").post(path, data=sent)
    assert page.status_code == 409
    assert "他们的" in page.text and "我的" in page.text
    assert db.session.get_one(Deal, deal.id).name == "他们的"


def test_what_i_did_not_touch_stays_as_the_other_saved_it(as_user, cast) -> None:
    deal = factories.deal(cast["manager"], name="原名", terms={"amount_fen": 800 * 10**6})
    path = f"/deals/{deal.id}/edit"
    mine, theirs = as_user("partner"), as_user("manager")
    my_form, their_form = sent_form(mine.get(path).text), sent_form(theirs.get(path).text)
    changed = {"risks": "客户集中", "next_step": "他们的下一步", "amount_fen": "1000"}
    assert theirs.post(path, data=their_form | changed).status_code == 302
    answer = mine.post(path, data=my_form | {"next_step": "我的下一步", "walled": "y"})
    assert answer.status_code == 409
    assert set(re.findall(r'name="keep-(\w+)"', answer.text)) == {
        "risks",
        "next_step",
        "amount_fen",
        "walled",
    }
    again = sent_form(answer.text)
    kept = {name: value for name, value in again.items() if name.startswith("keep-")}
    assert kept == {
        "keep-risks": "theirs",
        "keep-amount_fen": "theirs",
        "keep-walled": "mine",
    }
    unread = mine.post(path, data=again)
    assert unread.status_code == 409 and "尚未保存" in unread.text
    assert mine.post(path, data=again | {"keep-next_step": "mine"}).status_code == 302
    db.session.expire_all()
    found = db.session.get_one(Deal, deal.id)
    assert (found.risks, found.next_step, found.amount_fen, found.walled) == (
        "客户集中",
        "我的下一步",
        1000 * 10**6,
        True,
    )


@pytest.mark.parametrize("version", ["abc", "²", "9" * 5000, "", "-1"])
def test_a_version_that_is_none_is_a_conflict_and_no_fault(as_user, cast, version) -> None:
    deal = factories.deal(cast["manager"])
    client = as_user("manager")
    sent = {"kind": "forward", "version": version}
    assert client.post(f"/deals/{deal.id}/moves", data=sent).status_code == 409
    form = sent_form(client.get(f"/deals/{deal.id}/edit").text) | {"version": version, "name": "新"}
    assert client.post(f"/deals/{deal.id}/edit", data=form).status_code == 409
    assert client.get(f"/deals?page={version}&owner={version}").status_code == 200
