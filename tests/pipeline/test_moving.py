"""Moving deals: what the pipeline allows, who may, and that the same rule holds everywhere."""

import datetime as dt
import json

import pytest
import sqlalchemy as sa

from portfolio.companies.operations import Conflict
from portfolio.extensions import db, unit_of_work
from portfolio.kernel.errors import InputError
from portfolio.pipeline import operations, queries
from portfolio.pipeline.models import Deal, DealTerms, StageEvent
from portfolio.pipeline.operations import Refused
from portfolio.pipeline.stages import Move, Stage
from tests import factories

NOW = dt.datetime(2026, 11, 23, 1, 0, tzinfo=dt.UTC)
SOON = dt.date(2026, 12, 24)


def move(deal, actor, kind, **given):
    with unit_of_work("deal.move", actor):
        return operations.move(deal, Move(kind, **given), actor, NOW)


def test_a_deal_goes_forward_one_step_and_the_event_keeps_who_when_and_where(cast) -> None:
    deal = factories.deal(cast["manager"])
    factories.ready(deal, cast["manager"])
    event = move(deal, cast["manager"], "forward")
    assert (event.from_stage, event.to_stage, event.actor_id) == (
        "lead",
        "pool",
        cast["manager"].id,
    )
    assert deal.stage == "pool"
    assert [e.kind for e in queries.history(deal.id)] == ["open", "forward"]


@pytest.mark.parametrize(
    ("kind", "given", "code"),
    [
        ("", {"to_stage": "dd"}, "move.no_right"),
        ("back", {"note": "x"}, "move.not_allowed"),
        ("hold", factories.WHY_HELD, "move.revisit_missing"),
        ("hold", {"revisit_on": SOON}, "move.main_reason_missing"),
        ("hold", {"reason_code": "h_wait_data", "note": "等"}, "move.words_missing"),
        ("hold", factories.WHY_HELD | {"revisit_on": dt.date(2026, 11, 23)}, "move.revisit_past"),
        ("hold", factories.WHY_HELD | {"revisit_on": dt.date(2027, 11, 23)}, "move.revisit_late"),
        ("reject", {"reason_code": "r_nonsense"}, "move.reason_unknown"),
        ("reject", {}, "move.main_reason_missing"),
        ("reject", factories.WHY_HELD, "move.reason_unfit"),
        ("reject", {"reason_code": "r_stage"}, "move.words_missing"),
        ("resume", {}, "move.not_allowed"),
        ("terminate", {"note": "x"}, "move.not_allowed"),
        ("", {"to_stage": "nowhere"}, "stage.unknown"),
        ("forward", {"to_stage": "dd"}, "move.not_allowed"),  # a kind leads where it leads
        ("dance", {}, "move.not_allowed"),
    ],
)
def test_what_the_pipeline_does_not_allow_is_refused_and_changes_nothing(
    cast, kind, given, code
) -> None:
    deal = factories.deal(cast["manager"])
    with pytest.raises(InputError) as refusal:
        move(deal, cast["manager"], kind, **given)
    assert refusal.value.code == code
    db.session.expire_all()
    assert (db.session.get_one(Deal, deal.id).stage, len(queries.history(deal.id))) == ("lead", 1)


def test_a_rejected_deal_keeps_its_stage_and_reopens_in_the_pool(cast) -> None:
    deal = factories.deal(cast["manager"])
    factories.advance(deal, cast["manager"], "pool", "screening", "initiation")
    move(deal, cast["manager"], "reject", **factories.WHY_NOT)
    assert (deal.stage, deal.status) == ("initiation", "rejected")
    with pytest.raises(InputError, match=r"move.evidence_missing"):
        move(deal, cast["manager"], "reopen", note="再看看")
    event = move(deal, cast["manager"], "reopen", evidence="链主企业的小批量验证报告")
    assert (deal.stage, deal.status, event.evidence) == (
        "pool",
        "active",
        "链主企业的小批量验证报告",
    )
    assert [e.to_status for e in queries.history(deal.id)][-2:] == ["rejected", "active"]


def test_a_held_deal_comes_back_to_where_it_stood(cast) -> None:
    deal = factories.deal(cast["manager"])
    factories.advance(deal, cast["manager"])
    move(deal, cast["manager"], "hold", **factories.WHY_HELD, revisit_on=SOON)
    assert (deal.stage, deal.status, deal.revisit_on) == ("pool", "on_hold", SOON)
    move(deal, cast["manager"], "resume")
    assert (deal.stage, deal.status, deal.revisit_on) == ("pool", "active", None)


def test_skipping_needs_a_partner_and_a_reason(cast) -> None:
    deal = factories.deal(cast["manager"])
    for note in ("", "链主推荐"):
        with pytest.raises(InputError, match=r"reason.short"):
            move(deal, cast["partner"], "", to_stage="dd", note=note)
    note = "链主企业推荐，已做过联合尽调"
    event = move(deal, cast["partner"], "", to_stage="dd", note=note)
    assert (event.kind, deal.stage, event.note) == ("skip", "dd", note)
    left = {(row["stage"], row["key"]) for row in json.loads(event.overridden)}
    assert {("lead", "source"), ("pool", "sector"), ("dd", "resolution")} <= left
    assert ("pool", "identified") not in left, "what was met is not overridden"


def test_the_committee_can_send_a_deal_back_to_due_diligence(cast) -> None:
    deal = factories.deal(cast["manager"])
    move(deal, cast["partner"], "skip", to_stage="ic", note="联合投资方已完成全部尽调")
    event = move(deal, cast["manager"], "", to_stage="dd", note="补充尽调")
    assert (event.kind, deal.stage) == ("back", "dd")


@pytest.mark.parametrize("name", ["outsider", "reader", "committee", "compliance", "admin"])
def test_only_the_team_and_partners_move_a_deal(cast, name) -> None:
    deal = factories.deal(cast["manager"])
    with pytest.raises(Refused):
        move(deal, cast[name], "forward")


def test_an_event_is_never_rewritten(cast) -> None:
    factories.deal(cast["manager"])
    for statement in (sa.update(StageEvent).values(note="x"), sa.delete(StageEvent)):
        with pytest.raises(sa.exc.DatabaseError, match="append-only"), unit_of_work("cheat"):
            db.session.execute(statement)


def test_the_second_of_two_moves_from_the_same_page_is_a_conflict(cast) -> None:
    deal = factories.deal(cast["manager"])
    seen = deal.version
    factories.advance(deal, cast["manager"])
    with pytest.raises(Conflict), unit_of_work("deal.move", cast["manager"]):
        operations.move(deal, Move("forward"), cast["manager"], NOW, seen)


def test_terms_are_appended_and_the_deal_repeats_the_newest(cast) -> None:
    deal = factories.deal(cast["manager"], terms={"amount_fen": 500 * 10**6})
    with unit_of_work("deal.change", cast["manager"]):
        operations.state_terms(deal, {"pre_money_fen": 10**10}, cast["manager"], NOW)
    rows = db.session.query(DealTerms).order_by(DealTerms.id).all()
    assert [(r.amount_fen, r.pre_money_fen) for r in rows] == [
        (500 * 10**6, None),
        (500 * 10**6, 10**10),
    ]
    assert deal.pre_money_fen == 10**10 and deal.post_money_fen is None


def test_sub_fund_commitments_run_in_a_pipeline_of_their_own(cast) -> None:
    deal = factories.deal(cast["manager"], pipeline="subfund")
    assert deal.stage == "call"
    stages = [s.key for s in queries.pipelines()[deal.pipeline_id].stages]
    assert stages[-2:] == ["supervision", "exit"] and len(stages) == 14


@pytest.mark.parametrize(
    ("target", "warn", "days", "standing", "over"),
    [
        (14, 21, 14, "on_time", 0),
        (14, 21, 15, "due", 1),
        (14, 21, 21, "due", 7),
        (14, 21, 22, "overdue", 8),
        (14, None, 15, "overdue", 1),
        (None, 90, 90, "on_time", 0),
        (None, 90, 91, "overdue", 1),
        (None, None, 999, "on_time", 0),
    ],
)
def test_days_over_are_counted_from_the_usual_stay_on(target, warn, days, standing, over) -> None:
    stage = Stage("dd", "尽调", "Due diligence", 4, target, warn, "", "")
    assert (stage.standing(days), stage.over(days)) == (standing, over)
