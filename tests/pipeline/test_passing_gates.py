"""The gate holds wherever a deal is moved: in the operation, on the board, in the form, in a shell."""

import io
import json
import re
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolio.audit.models import AuditEntry
from portfolio.companies.models import Company, Document
from portfolio.extensions import db, unit_of_work
from portfolio.kernel.errors import InputError
from portfolio.pipeline import check_operations as checks
from portfolio.pipeline import gate_queries, operations, queries
from portfolio.pipeline.check_operations import CheckRefused
from portfolio.pipeline.gates import Answers, CheckAnswer, CheckState, GateMissing, unmet
from portfolio.pipeline.models import Deal, DealCheck, DealTerms, PipelineVersion, StageEvent
from portfolio.pipeline.operations import Refused
from portfolio.pipeline.stages import Move
from tests import factories
from tests.pages import sent_form

NOW = factories.NOW
JSON = {"Accept": "application/json"}
REASON = "窗口期只到月底，材料两周内补齐"
DONE = CheckState.DONE


def move(deal: Deal, actor: Any, answers: Answers | None = None, kind="forward", **given: Any):
    with unit_of_work("deal.move", actor):
        return operations.move(deal, Move(kind, **given), actor, NOW, answers=answers or Answers())


def flow_of(deal: Deal):
    return queries.pipeline_of(db.session.get_one(PipelineVersion, deal.pipeline_id))


def dump() -> dict[str, list[Any]]:
    db.session.rollback()
    return {
        table.name: sorted(map(str, db.session.execute(table.select())))
        for table in db.metadata.sorted_tables
        if table.name not in {"audit_entry", "audit_head", "user_session"}
    }


def open_keys(refusal: GateMissing) -> set[tuple[str, str]]:
    return {(s.condition.stage, s.condition.key) for s in refusal.open}


def test_a_move_whose_conditions_are_open_names_them_and_writes_nothing(cast) -> None:
    deal = factories.deal(cast["manager"])
    before = dump()
    answers = Answers(fields={"company.industry": "新材料"}, contact="电话沟通")
    with pytest.raises(GateMissing) as refusal:
        move(deal, cast["manager"], answers)
    assert open_keys(refusal.value) == {("lead", "source"), ("pool", "duplicate")}
    assert refusal.value.code == "gate.missing" and refusal.value.params["count"] == 2
    assert dump() == before


def test_what_is_answered_with_a_move_is_written_where_it_belongs(cast) -> None:
    deal = factories.deal(cast["manager"])
    answers = Answers(
        fields={"company.industry": "新材料", "company.lead_source": "referral", "deal.trl": 6},
        items={"s02": CheckAnswer(DONE, "按代码与曾用名查过，没有重复")},
        team=(cast["colleague"].id,),
        contact="收到商业计划书",
    )
    event = move(deal, cast["manager"], answers)
    company = db.session.get_one(Company, deal.company_id)
    assert (event.to_stage, company.industry, deal.trl) == ("pool", "新材料", 6)
    (row,) = db.session.scalars(sa.select(DealCheck))
    assert (row.item, row.state, row.recorded_by_id) == ("s02", "done", cast["manager"].id)
    assert {m.user_id for m in deal.members} == {cast["manager"].id, cast["colleague"].id}
    assert queries.activities(deal.id)[0].text == "收到商业计划书"
    kinds = set(db.session.scalars(sa.select(AuditEntry.object_type)))
    assert {"deal_check", "company", "deal_member", "activity", "stage_event"} <= kinds


def test_money_and_round_answered_with_a_move_become_terms(cast) -> None:
    deal = factories.advance(factories.deal(cast["manager"]), cast["manager"], "pool", "screening")
    flow = flow_of(deal)
    given = factories.answers_to(gate_queries.gate_of(deal, flow, "initiation"))
    move(deal, cast["manager"], given)
    assert (deal.stage, deal.amount_fen, deal.round) == ("initiation", 500 * 10**6, "angel")
    assert db.session.scalars(sa.select(DealTerms.amount_fen)).all()[-1] == 500 * 10**6


def test_going_back_and_the_side_states_ask_for_nothing(cast) -> None:
    deal = factories.advance(factories.deal(cast["manager"]), cast["manager"], "pool", "screening")
    move(deal, cast["manager"], kind="back", note="信息不足")
    assert deal.stage == "pool"
    move(deal, cast["manager"], kind="reject", **factories.WHY_NOT)
    assert deal.status == "rejected"


def at_due_diligence(cast) -> Deal:
    deal = factories.deal(cast["manager"], team=[cast["colleague"].id])
    return factories.advance(deal, cast["manager"], "pool", "screening", "initiation", "dd")


def test_a_mandatory_item_of_due_diligence_counts_once_somebody_else_looked(cast) -> None:
    manager, colleague = cast["manager"], cast["colleague"]
    deal = at_due_diligence(cast)
    flow = flow_of(deal)
    given = factories.answers_to(gate_queries.gate_of(deal, flow, "pre_review"))
    with pytest.raises(GateMissing) as refusal:
        move(deal, manager, given)
    assert ("pre_review", "checked") in open_keys(refusal.value)
    with unit_of_work("check.answer", manager):
        checks.answer(deal, flow, given.items, manager, NOW)
    wanted = [key for key in given.items if flow.items[key].verify]
    with pytest.raises(CheckRefused, match=r"check.same_person"):
        move(deal, manager, Answers(verified=tuple(wanted)))
    with pytest.raises(Refused), unit_of_work("check.verify", cast["outsider"]):
        checks.verify(deal, flow, wanted, cast["outsider"], NOW)
    event = move(deal, colleague, Answers(verified=tuple(wanted)))
    assert event.to_stage == "pre_review" and event.overridden == ""
    rows = gate_queries.checks_of(deal.id)
    assert {rows[key].verified_by_id for key in wanted} == {colleague.id}
    with unit_of_work("check.answer", manager):
        checks.answer(deal, flow, {"l01": CheckAnswer(DONE, "又有变更")}, manager, NOW)
    assert gate_queries.checks_of(deal.id)["l01"].verified_by_id is None
    assert next(row.note for row in gate_queries.said_of(deal.id, "l01")) == "又有变更"


@pytest.mark.parametrize(
    ("key", "answer", "code"),
    [
        ("i03", CheckAnswer(DONE), "check.no_proof"),
        ("i03", CheckAnswer(DONE, "  "), "check.no_proof"),
        ("i03", CheckAnswer(CheckState.NA), "check.no_reason"),
        ("i03", CheckAnswer(CheckState.NA, link="https://x.example"), "check.no_reason"),
        ("i03", CheckAnswer(CheckState.WAIVED, "来不及"), "check.no_right"),
        ("i03", CheckAnswer(CheckState.FAIL, "不行"), "check.state"),
        ("i03", CheckAnswer(DONE, link="javascript:alert(1)"), "check.link"),
        ("z99", CheckAnswer(DONE, "有"), "check.unknown"),
    ],
)
def test_an_item_without_what_it_needs_is_refused(cast, key, answer, code) -> None:
    deal = factories.deal(cast["manager"])
    with pytest.raises(InputError) as refusal, unit_of_work("check.answer", cast["manager"]):
        checks.answer(deal, flow_of(deal), {key: answer}, cast["manager"], NOW)
    assert refusal.value.code == code
    assert db.session.scalar(sa.select(sa.func.count()).select_from(DealCheck)) == 0


def test_a_partner_waives_and_repeating_an_answer_adds_nothing(cast) -> None:
    deal = factories.deal(cast["manager"])
    flow, waived = flow_of(deal), {"i03": CheckAnswer(CheckState.WAIVED, "由母公司统一出具")}
    for _ in range(2):
        with unit_of_work("check.answer", cast["partner"]):
            checks.answer(deal, flow, waived, cast["partner"], NOW)
    assert [row.state for row in gate_queries.said_of(deal.id, "i03")] == ["waived"]


def test_an_answer_once_given_is_never_rewritten(cast) -> None:
    deal = factories.deal(cast["manager"])
    with unit_of_work("check.answer", cast["manager"]):
        checks.answer(deal, flow_of(deal), {"i03": CheckAnswer(DONE, "已签")}, cast["manager"], NOW)
    with pytest.raises(sa.exc.DatabaseError, match="append-only"), unit_of_work("cheat"):
        db.session.execute(sa.update(DealCheck).values(note="x"))


@pytest.mark.parametrize("name", ["manager", "partner"])
def test_only_a_partner_goes_on_with_open_conditions_and_says_why(cast, name) -> None:
    deal = factories.deal(cast["manager"])
    if name == "manager":
        with pytest.raises(Refused):
            move(deal, cast[name], override=REASON)
        return
    with pytest.raises(InputError, match=r"reason.short"):
        move(deal, cast[name], override="急")
    left = unmet(gate_queries.gate_of(deal, flow_of(deal), "pool"))
    event = move(deal, cast[name], override=REASON)
    kept = {(row["stage"], row["key"]) for row in json.loads(event.overridden)}
    assert kept == {(s.condition.stage, s.condition.key) for s in left}
    assert (event.kind, event.note, deal.stage) == ("forward", REASON, "pool")


def test_an_override_where_nothing_is_open_is_an_ordinary_move(cast) -> None:
    deal = factories.deal(cast["manager"])
    factories.ready(deal, cast["manager"])
    assert move(deal, cast["partner"], override=REASON).overridden == ""


def test_a_deal_of_the_first_version_moves_as_it_did(cast) -> None:
    deal = factories.deal(cast["manager"])
    first = db.session.scalars(
        sa.select(PipelineVersion).where(
            PipelineVersion.key == "direct", PipelineVersion.version == 1
        )
    ).one()
    with unit_of_work("seed"):
        deal.pipeline_id = first.id
    assert move(deal, cast["manager"]).to_stage == "pool"
    move(deal, cast["manager"], kind="reject", **factories.WHY_NOT)
    assert move(deal, cast["manager"], kind="reopen", note="新客户").to_stage == "pool"


def test_the_deals_of_every_version_stand_on_the_board(as_user, cast) -> None:
    old = factories.deal(cast["manager"], name="旧流程项目")
    factories.deal(cast["manager"], name="新流程项目")
    with unit_of_work("seed"):
        old.pipeline_id = db.session.scalar(
            sa.select(PipelineVersion.id).where(
                PipelineVersion.key == "direct", PipelineVersion.version == 1
            )
        )
    client = as_user("manager")
    for path in ("/board", "/board/lead"):
        page = client.get(path).text
        assert "青岛测试" in page and page.count('class="kcard"') == 2
    page = client.get("/deals?pipeline=direct").text
    assert "旧流程项目" in page and page.count('<option value="direct"') == 1


def test_a_pipeline_of_ones_own_runs_without_code(cast) -> None:
    from tests.pipeline.test_definition import small  # noqa: PLC0415 - the example of that file

    with unit_of_work("seed"):
        db.session.add(
            PipelineVersion(key="grant", version=1, definition=json.dumps(small()), current=True)
        )
    deal = factories.deal(cast["manager"], pipeline="grant")
    assert deal.stage == "asked"
    with pytest.raises(GateMissing):
        move(deal, cast["manager"], kind="send")
    event = move(deal, cast["manager"], Answers(fields={"deal.amount_fen": 10**8}), kind="send")
    assert (event.kind, deal.stage) == ("send", "checked")
    move(deal, cast["manager"], kind="refuse")
    assert (deal.stage, deal.status) == ("checked", "rejected")


@settings(max_examples=12)
@given(data=st.data())
def test_a_move_passes_exactly_when_nothing_is_open_and_an_override_keeps_just_that(
    cast, data
) -> None:
    manager, partner = cast["manager"], cast["partner"]
    deal = factories.deal(manager)
    flow = flow_of(deal)
    for goal in ("pool", "screening", "initiation", "dd"):
        whole = factories.answers_to(gate_queries.gate_of(deal, flow, goal), [partner.id])
        kept = {key for key in whole.items if data.draw(st.booleans())}
        some = {name for name in whole.fields if data.draw(st.booleans())}
        given_answers = Answers(
            fields={name: whole.fields[name] for name in some},
            items={key: whole.items[key] for key in kept},
            team=whole.team if data.draw(st.booleans()) else (),
            contact=whole.contact if data.draw(st.booleans()) else "",
        )
        left = unmet(gate_queries.gate_of(deal, flow, goal, given_answers))
        if not left:
            assert move(deal, manager, given_answers).overridden == ""
        else:
            stage = deal.stage
            with pytest.raises(GateMissing) as refusal:
                move(deal, manager, given_answers)
            assert refusal.value.open == left
            db.session.expire_all()
            assert db.session.get_one(Deal, deal.id).stage == stage
            event = move(deal, partner, given_answers, override=REASON)
            rows = {(row["stage"], row["key"]) for row in json.loads(event.overridden)}
            assert rows == {(s.condition.stage, s.condition.key) for s in left}
        assert deal.stage == goal
        assert gate_queries.checks_of(deal.id).keys() >= kept


# --- the board, by drag ---------------------------------------------------------------------


def test_dragging_meets_the_same_refusal_and_is_told_where_to_answer(as_user, cast) -> None:
    deal = factories.deal(cast["manager"])
    client, path = as_user("manager"), f"/deals/{deal.id}/moves"
    dragged = factories.seen(deal, to_stage="pool")
    answer = client.post(path, data=dragged, headers=JSON)
    assert answer.status_code == 422
    assert "还有 3 项条件未满足" in answer.json["message"] and "已查重" in answer.json["message"]
    assert answer.json["ask"] == f"{path}?kind=forward&to_stage=pool"
    assert db.session.get_one(Deal, deal.id).stage == "lead"
    page = client.get(answer.json["ask"]).text
    for asked in ("f-company.lead_source", "f-company.industry", "i-s02-note"):
        assert f'name="{asked}"' in page
    for there in ("f-company.uscc", "contact", "i-s09-note"):
        assert f'name="{there}"' not in page, "only what is missing is asked for"
    assert "已满足 2 项" in page


# --- the form --------------------------------------------------------------------------------


def test_the_form_keeps_what_was_typed_and_says_at_the_field_what_is_wrong(as_user, cast) -> None:
    deal = factories.deal(cast["manager"])
    client, path = as_user("manager"), f"/deals/{deal.id}/moves"
    sent = sent_form(client.get(path).text) | {
        "f-company.industry": "海洋装备",
        "i-s02-state": "na",
        "note": "与负责人当面确认",
    }
    page = client.post(path, data=sent)
    assert page.status_code == 422
    assert 'value="海洋装备"' in page.text and "与负责人当面确认" in page.text
    assert re.search(r'id="i-s02-note-err".*?请在说明中写明', page.text, re.S)
    assert '<option value="na" selected>' in page.text
    sent["i-s02-note"] = "新设企业"
    page = client.post(path, data=sent)
    assert page.status_code == 422 and "还有 1 项条件未满足" in page.text
    assert 'href="#c-lead-source"' in page.text and "下方已填写，尚未保存" in page.text
    assert db.session.scalar(sa.select(sa.func.count()).select_from(DealCheck)) == 0
    done = client.post(path, data=sent | {"f-company.lead_source": "roadshow"})
    assert done.status_code == 302
    db.session.expire_all()
    assert db.session.get_one(Deal, deal.id).stage == "pool"
    assert db.session.get_one(Company, deal.company_id).industry == "海洋装备"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("f-deal.amount_fen", "八百", "不是有效金额"),
        ("f-deal.round", "moon", "“moon”"),
        ("f-company.lead_source", "x", "“x”"),
    ],
)
def test_a_value_that_cannot_be_read_is_refused_at_its_field(
    as_user, cast, name, value, said
) -> None:
    deal = factories.advance(factories.deal(cast["manager"]), cast["manager"], "pool", "screening")
    page = as_user("manager").post(f"/deals/{deal.id}/moves", data={"kind": "forward", name: value})
    assert page.status_code == 422 and said in page.text


def test_what_is_not_complete_yet_is_saved_without_moving(as_user, cast) -> None:
    deal = factories.deal(cast["manager"])
    client, path = as_user("manager"), f"/deals/{deal.id}/moves"
    sent = {"kind": "forward", "save": "1", "i-s02-note": "没有重复"}
    answer = client.post(path, data=sent)
    assert answer.status_code == 302 and answer.location.startswith(path)
    assert gate_queries.checks_of(deal.id)["s02"].note == "没有重复"
    assert 'name="i-s02-note"' not in client.get(answer.location).text
    assert db.session.get_one(Deal, deal.id).stage == "lead"
    assert as_user("outsider").post(path, data=sent).status_code == 403


def test_a_file_proves_an_item_and_only_readers_of_the_terms_get_it(as_user, cast) -> None:
    deal = factories.deal(cast["manager"])
    client, path = as_user("manager"), f"/deals/{deal.id}/moves"
    sent = {
        **factories.seen(deal, kind="forward"),
        "f-company.industry": "新材料",
        "f-company.lead_source": "roadshow",
        "i-s02-file": (io.BytesIO("查重截图".encode()), "查重.txt"),
    }
    answer = client.post(path, data=sent, content_type="multipart/form-data")
    assert answer.status_code == 302
    row = gate_queries.checks_of(deal.id)["s02"]
    assert row.state == "done" and row.document_version.filename == "查重.txt"
    file = f"/deals/{deal.id}/documents/{row.document_version_id}"
    assert file in client.get(f"/deals/{deal.id}").text
    with client.get(file) as answer:
        assert answer.get_data().decode() == "查重截图"
        assert "attachment" in answer.headers["Content-Disposition"]
    assert as_user("outsider").get(file).status_code == 404
    assert file not in as_user("reader").get(f"/deals/{deal.id}").text
    assert as_user("reader").get(file).status_code == 404
    other = factories.deal(cast["manager"])
    assert client.get(f"/deals/{other.id}/documents/{row.document_version_id}").status_code == 404


def test_the_partners_override_shows_on_the_spine_and_in_the_trail(as_user, cast) -> None:
    deal = factories.deal(cast["manager"])
    path = f"/deals/{deal.id}/moves"
    assert "条件未齐仍然推进" not in as_user("manager").get(path).text
    assert "条件未齐仍然推进" in as_user("partner").get(path).text
    short = as_user("partner").post(path, data=factories.seen(deal, kind="forward", override="急"))
    assert short.status_code == 422 and 'id="override-err"' in short.text
    done = as_user("partner").post(path, data=factories.seen(deal, kind="forward", override=REASON))
    assert done.status_code == 302
    page = as_user("reader").get(f"/deals/{deal.id}").text
    assert "在 3 项条件未满足时推进" in page and REASON in page and "已查重" in page
    trail = as_user("compliance").get("/audit?action=deal.override").text
    assert "未满足条件下推进" in trail and "duplicate" in trail


def test_a_rejected_deal_reopens_with_new_evidence_and_the_old_decision_stays(
    as_user, cast
) -> None:
    deal = factories.advance(factories.deal(cast["manager"]), cast["manager"])
    move(
        deal,
        cast["manager"],
        kind="reject",
        reason_code="r_no_customer",
        note="至今没有客户愿意参与验证",
    )
    client, path = as_user("manager"), f"/deals/{deal.id}/moves"
    page = client.post(path, data=factories.seen(deal, kind="reopen", note="再看看"))
    assert page.status_code == 422 and 'id="evidence-err"' in page.text
    file = (io.BytesIO(b"order"), "订单.pdf")
    sent = factories.seen(deal, kind="reopen", evidence_file=file)
    answer = client.post(path, data=sent, content_type="multipart/form-data")
    assert answer.status_code == 302
    page = client.get(f"/deals/{deal.id}").text
    assert "无客户验证" in page and "新的依据" in page and "重启" in page
    assert db.session.scalar(sa.select(Document.deal_id)) == deal.id


# --- one item on its page ----------------------------------------------------------------------


def test_an_item_is_answered_on_its_page_and_verified_by_another(as_user, cast) -> None:
    deal = factories.deal(cast["manager"], team=[cast["colleague"].id])
    path = f"/deals/{deal.id}/checks/l01"
    mine, theirs = as_user("manager"), as_user("colleague")
    bad = mine.post(path, data={"state": "done", "note": ""})
    assert bad.status_code == 422 and "需要文件、链接或说明" in bad.text
    good = mine.post(path, data={"state": "done", "link": "https://files.example/l01"})
    assert good.status_code == 302
    page = mine.get(f"/deals/{deal.id}").text
    assert "待他人复核" in page and "https://files.example/l01" in page
    assert "我已复核" not in mine.get(path).text and "我已复核" in theirs.get(path).text
    mine.post(f"{path}/verification")
    assert gate_queries.checks_of(deal.id)["l01"].verified_by_id is None
    theirs.post(f"{path}/verification")
    db.session.expire_all()
    assert gate_queries.checks_of(deal.id)["l01"].verified_by_id == cast["colleague"].id
    assert "Colleague 复核" in mine.get(f"/deals/{deal.id}").text
    assert as_user("outsider").get(path).status_code == 403
    assert mine.get(f"/deals/{deal.id}/checks/z99").status_code == 404


def test_hard_conditions_of_a_sub_fund_are_judged_one_by_one(as_user, cast) -> None:
    deal = factories.deal(cast["manager"], pipeline="subfund")
    factories.advance(deal, cast["manager"], "applied")
    flow = flow_of(deal)
    verdicts = {
        item.key: CheckAnswer(DONE, "符合") for item in flow.items_of["hard"] if item.key != "h04"
    }
    with pytest.raises(GateMissing):
        move(deal, cast["manager"], Answers(items=verdicts | {"a03": CheckAnswer(DONE, "齐全")}))
    verdicts["h04"] = CheckAnswer(CheckState.FAIL, "只募集到 38%")
    move(deal, cast["manager"], Answers(items=verdicts | {"a03": CheckAnswer(DONE, "齐全")}))
    assert deal.stage == "initial_review"
    with pytest.raises(GateMissing) as refusal:
        move(deal, cast["manager"], Answers(items={"a02": CheckAnswer(DONE, "已核对")}))
    (standing,) = refusal.value.open
    assert "h04" in {item.key for item in standing.items}
    page = as_user("manager").get(f"/deals/{deal.id}").text
    assert "不符合" in page and "只募集到 38%" in page


# --- the board's counts -------------------------------------------------------------------------


def test_the_gate_adds_no_query_per_deal_to_the_board(as_user, cast, queries) -> None:
    client, counts = as_user("partner"), []
    for number in (2, 20):
        for n in range(number):
            deal = factories.deal(cast["manager"])
            if n % 2:
                factories.advance(deal, cast["manager"])
        client.get("/board")
        queries.clear()
        page = client.get("/board").text
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert "缺 3 项" in page and "缺 2 项" in page


# --- the command line ------------------------------------------------------------------------------


def run(app, *arguments: str):
    return app.test_cli_runner().invoke(args=["deals", "move", *arguments])


def test_the_command_line_meets_the_same_refusal(app, cast) -> None:
    deal = factories.deal(cast["manager"])
    refused = run(app, deal.code, "pool", "--actor", "manager@fund.example", "--json")
    assert refused.exit_code == 1 and "还有 3 项条件未满足" in refused.stderr
    told = json.loads(refused.stdout)
    assert told["code"] == "gate.missing"
    assert {row["condition"] for row in told["missing"]} == {"source", "duplicate", "sector"}
    assert db.session.get_one(Deal, deal.id).stage == "lead"
    answers = (
        ("--answer", "company.industry=新材料"),
        ("--answer", "company.lead_source=roadshow"),
        ("--answer", "s02=https://files.example/check"),
    )
    done = run(
        app,
        *(deal.code.lower(), "--actor", "manager@fund.example", "--json"),
        *(part for pair in answers for part in pair),
    )
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.output)["stage"] == "pool"
    assert gate_queries.checks_of(deal.id)["s02"].link == "https://files.example/check"
    more = run(app, deal.code, "--answer", "tag=none: 一般硬科技", "--answer", "contact=电话")
    assert more.exit_code == 0 and more.output.split()[1:] == ["初筛", "在办"]
    event = queries.history(deal.id)[-1]
    assert event.actor_id is None, "without a person it is the system that moves"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--override", REASON], 1, "无权"),
        (["--override", REASON, "--actor", "manager@fund.example"], 1, "无权"),
        (["--actor", "nobody@fund.example"], 1, "nobody@fund.example"),
        (["--actor", "outsider@fund.example"], 1, "无权"),
        (["--answer", "industry"], 1, "industry"),
        (["--answer", "z99=x"], 1, "z99"),
        (["--answer", "team=nobody@fund.example"], 1, "nobody"),
        (["--answer", "deal.amount_fen=很多"], 1, "很多"),
        (["--kind", "hold", "--revisit-on", "someday"], 1, "someday"),
        (["--kind", "dance"], 1, "不允许"),
        (["nowhere"], 1, "nowhere"),
        (["--what"], 2, "--what"),
    ],
)
def test_wrong_input_on_the_command_line_changes_nothing(app, cast, arguments, code, said) -> None:
    deal = factories.deal(cast["manager"])
    result = run(app, deal.code, *arguments)
    assert result.exit_code == code and said in result.stderr
    db.session.expire_all()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(StageEvent)) == 1


def test_a_partner_overrides_on_the_command_line(app, cast) -> None:
    deal = factories.deal(cast["manager"])
    done = run(app, deal.code, "--override", REASON, "--actor", "partner@fund.example", "--json")
    assert done.exit_code == 0 and len(json.loads(done.output)["overridden"]) == 3
    walled = factories.deal(cast["manager"], walled=True)
    hidden = run(app, walled.code, "--actor", "partner@fund.example")
    assert hidden.exit_code == 1 and walled.code in hidden.stderr
    assert run(app, "P1999-00001").stderr == hidden.stderr.replace(walled.code, "P1999-00001")
