"""Deals: opened and moved as a person would, by whoever may, and never past the pipeline's rules."""

import pytest

from portfolio.audit import queries as audit
from portfolio.extensions import db, unit_of_work
from portfolio.pipeline import operations as pipeline
from portfolio.pipeline.models import Deal, DealTerms, StageEvent
from portfolio.pipeline.stages import Move
from portfolio.web.i18n import speaking
from tests import factories

HEAD = "企业全称,项目名称,项目经理,融资轮次,拟投金额（万元）,投前估值,阶段\n"


@pytest.fixture
def company(app):
    factories.vehicle()
    return factories.company(name_zh="海纳传动")


def deals() -> list[Deal]:
    db.session.expire_all()
    return list(db.session.query(Deal).order_by(Deal.id))


def test_deals_are_opened_with_their_terms(send, cast, company) -> None:
    client, page = send(HEAD + "海纳传动,海纳天使轮,,A轮,500,1.2亿,线索\n")
    assert "项目" in client.get(page).text
    assert db.session.query(StageEvent).count() == 0, "the rehearsal leaves nothing"
    assert client.post(page + "/confirmation").status_code == 302
    (deal,) = deals()
    assert (deal.name, deal.stage, deal.round) == ("海纳天使轮", "lead", "a")
    assert (deal.amount_fen, deal.pre_money_fen) == (500 * 10**6, 12_000 * 10**6)
    assert deal.owner_id == cast["manager"].id
    assert audit.verify()[1] is None


def test_a_stage_whose_conditions_are_open_is_refused_by_row(send, cast, company) -> None:
    client, page = send(HEAD + "海纳传动,海纳天使轮,,A轮,500,1.2亿,初筛\n")
    assert client.get(page).text.count("badge bad") == 1
    assert client.post(page + "/confirmation").status_code == 422
    assert deals() == []


def test_a_refusal_names_the_open_conditions_in_the_language_of_the_reader(
    send, run, cast, company
) -> None:
    text = HEAD + "海纳传动,海纳天使轮,manager@fund.example,A轮,500,1.2亿,初筛\n"
    client, page = send(text)
    _, told, _ = run(text, command="deals")
    said = {"zh": [told["refused"][0]["message"]], "en": []}
    for language, found in said.items():
        with speaking(language):
            found += [client.get(page + part).text for part in ("", "/rejected.csv")]
    assert all("项条件未满足：" in one and "所属行业" in one for one in said["zh"]), said["zh"]
    assert all("conditions are still open: " in one and "Sector" in one for one in said["en"])
    assert not any("Titles(" in one for found in said.values() for one in found)


def test_the_same_file_twice_opens_one_deal(run, company, cast) -> None:
    text = HEAD + "海纳传动,海纳天使轮,manager@fund.example,A,500,,线索\n"
    code, report, _ = run(text, command="deals")
    assert code == 0, [f["message"] for f in report["refused"]]
    assert report["created"] == {"records": 1}
    _, again, _ = run(text, command="deals")
    assert again["created"] == {"records": 0} and again["unchanged"] == {"records": 1}
    assert len(deals()) == 1


def test_a_deal_is_changed_by_its_number(run, company, cast) -> None:
    deal = factories.deal(cast["manager"], company=company, terms={"amount_fen": 10**8})
    factories.ready(deal, cast["manager"])
    text = f"项目编号,拟投金额,阶段,下一步\n{deal.code},300,项目库,约访谈\n"
    code, kept, _ = run(text, command="deals")
    assert code == 0 and kept["updated"] == {"records": 1}
    assert {(w["field"], w["code"]) for w in kept["warnings"]} == {
        ("amount_fen", "value.differs"),
        ("stage", "value.differs"),
    }
    assert (deals()[0].amount_fen, deals()[0].next_step) == (10**8, "约访谈")
    run(text, "--update", command="deals")
    assert (deals()[0].amount_fen, deals()[0].stage) == (300 * 10**6, "pool")
    assert db.session.query(DealTerms).count() == 2


def test_a_stage_that_differs_is_called_by_its_title_on_both_sides(send, company, cast) -> None:
    deal = factories.deal(cast["manager"], company=company)
    client, page = send(f"项目编号,阶段\n{deal.code},项目库\n")
    shown = client.get(page, query_string={"kind": "differences"}).text
    sides = shown.split("<tbody>")[-1].split("</tbody>")[0]
    assert "线索" in sides and "项目库" in sides and "lead" not in sides


def test_the_pipelines_refusal_is_the_rows_finding(send, run, company) -> None:
    text = HEAD + "海纳传动,甲,,,,,初筛\n海纳传动,乙,,,,,线索\n海纳传动,丙,,,,,没有的\n"
    client, page = send(text)
    shown = client.get(page).text
    assert shown.count("badge bad") == 2
    assert "没有“没有的”这个阶段，现有：线索、项目库、初筛" in shown
    stopped = client.post(page + "/confirmation")
    assert stopped.status_code == 422 and deals() == []
    client.post(page + "/confirmation", data={"sound_rows_only": "1"})
    (deal,) = deals()
    assert (deal.name, deal.stage) == ("乙", "lead")
    assert audit.verify()[1] is None
    code, report, _ = run(text, "--as", "manager@fund.example", command="deals")
    assert code == 1 and len(deals()) == 1
    assert {(f["row"], f["field"]) for f in report["refused"]} == {(2, "stage"), (4, "stage")}


def test_a_manager_changes_own_deals_and_sees_no_walled_ones(send, cast, company) -> None:
    own = factories.deal(cast["manager"], company=company, name="自己的")
    others = factories.deal(
        cast["outsider"], company=company, name="别人的", terms={"amount_fen": 31337 * 10**6}
    )
    walled = factories.deal(cast["outsider"], company=company, name="金丝雀", walled=True)
    rows = "".join(f"{d.code},1,记\n" for d in (own, others, walled))
    client, page = send("项目编号,拟投金额,下一步\n" + rows + "P1999-00001,1,\n")
    shown = client.get(page).text
    assert "您不能修改此项目" in shown or shown.count("badge bad") == 3
    assert f"没有编号为“{walled.code}”的项目" in shown
    assert "没有编号为“P1999-00001”的项目" in shown
    assert "金丝雀" not in shown and "31337" not in shown
    client.post(page + "/confirmation", data={"sound_rows_only": "1"})
    assert [d.next_step for d in deals()] == ["记", "", ""]
    assert deals()[1].amount_fen == 31337 * 10**6


def test_a_manager_who_enters_a_colleagues_deal_is_on_its_team(send, cast, company) -> None:
    client, page = send(HEAD + "海纳传动,甲,Colleague,,,,线索\n")
    client.post(page + "/confirmation")
    (deal,) = deals()
    assert deal.owner_id == cast["colleague"].id
    assert {m.user_id for m in deal.members} == {cast["colleague"].id, cast["manager"].id}


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("没有这家,甲,,,,,", "row.company_unknown"),
        ("海纳传动,,,,,,", "row.no_deals"),
        ("海纳传动,甲,,Z轮,,,", "option.unknown"),
        ("海纳传动,甲,,,很多,,", "money.malformed"),
        ("海纳传动,甲,谁,,,,", "person.unknown"),
        ("海纳传动,甲,,,,,没有", "stage.none_called"),
    ],
)
def test_a_bad_row_of_deals_is_refused(run, cast, company, row, code) -> None:
    exit_code, report, _ = run(HEAD + row + "\n", "--as", "manager@fund.example", command="deals")
    assert exit_code == 1 and deals() == []
    assert [f["code"] for f in report["refused"]] == [code]


def test_our_own_list_of_deals_read_back_changes_nothing(app, run, cast, company, tmp_path) -> None:
    terms = {"amount_fen": 123_456_789, "round": "pre_a", "lead_investor": "=领投"}
    factories.deal(cast["manager"], company=company, name="甲", terms=terms)
    for header in ("machine", "zh", "en"):
        path = tmp_path / "deals.csv"
        app.test_cli_runner().invoke(
            args=["deals", "export", "--header", header, "--output", str(path)]
        )
        code, report, said = run(path, "--update", command="deals")
        assert code == 0, (said, report)
        assert report["unchanged"] == {"records": 1} and report["warnings"] == []


def test_imported_deals_go_to_the_bin_and_changed_ones_are_restored(send, cast, company) -> None:
    known = factories.deal(cast["manager"], company=company, name="旧", terms={"amount_fen": 10**8})
    factories.ready(known, cast["manager"])
    text = f"项目编号,企业全称,项目名称,拟投金额,阶段\n{known.code},,旧,300,项目库\n,海纳传动,新,1,线索\n"
    client, page = send(text)
    client.post(page + "/choices", data={"whole": "take"})
    client.post(page + "/confirmation")
    assert [(d.stage, d.status) for d in deals()] == [("pool", "active"), ("lead", "active")]
    assert client.post(page + "/undo").status_code == 302
    (old,) = [deal for deal in deals() if deal.deleted_at is None]
    assert (old.stage, old.amount_fen, old.status) == ("lead", 10**8, "active")
    assert "新" in client.get("/bin").text, "what the import opened can be brought back"
    assert audit.verify()[1] is None


def test_a_deal_moved_since_is_not_taken_back(send, cast, company) -> None:
    client, page = send(HEAD + "海纳传动,甲,,,,,\n")
    client.post(page + "/confirmation")
    (deal,) = deals()
    factories.ready(deal, cast["manager"])
    with unit_of_work("deal.move", cast["manager"]):
        pipeline.move(deal, Move("forward", to_stage="pool"), cast["manager"], deal.created_at)
    refused = client.post(page + "/undo")
    assert refused.status_code == 422 and deal.code in refused.text
    assert (deals()[0].stage, deals()[0].status) == ("pool", "active")


def test_a_deleted_deal_is_not_there_for_the_console_either(run, send, cast, company) -> None:
    deal = factories.deal(cast["manager"], company=company, name="删掉的")
    with unit_of_work("deal.delete", cast["manager"]):
        deal.deleted_at = factories.NOW
    by_number = f"项目编号,下一步\n{deal.code},约访谈\n"
    code, report, _ = run(by_number, command="deals")
    assert code == 1 and [f["code"] for f in report["refused"]] == ["deal.unknown"]
    again = HEAD + "海纳传动,删掉的,manager@fund.example,,,,\n"
    code, report, _ = run(again, command="deals")
    assert code == 0 and report["created"] == {"records": 1}, "entered anew, not taken for the old"


def test_an_import_whose_deal_was_deleted_since_is_not_taken_back(send, cast, company) -> None:
    client, page = send(HEAD + "海纳传动,甲,,,,,\n")
    client.post(page + "/confirmation")
    (deal,) = deals()
    assert client.post(f"/records/deal/{deal.id}/deletion").status_code == 302
    refused = client.post(page + "/undo")
    assert refused.status_code == 422 and deal.code in refused.text
