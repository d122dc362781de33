"""A definition that cannot work is refused with its place and its reason, before anybody uses it."""

import copy
import dataclasses
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import portfolio.pipeline
from portfolio.kernel.errors import InputError
from portfolio.people.policy import PERMISSIONS
from portfolio.pipeline.faults import FaultyDefinition, check_definition, faults
from portfolio.pipeline.flow import Pipeline
from portfolio.pipeline.kinds import Status
from portfolio.pipeline.stages import Move
from portfolio.web.messages import MESSAGES

FOLDER = Path(portfolio.pipeline.__path__[0]) / "definitions"
TODAY = __import__("datetime").date(2026, 11, 23)


def definition(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def small() -> dict[str, Any]:
    """A pipeline that no file has, with moves of its own."""
    return {
        "key": "grant",
        "version": 1,
        "zh": "补助",
        "en": "Grants",
        "moves": {
            "send": {"zh": "送审", "en": "Send on", "steps": 1, "primary": True},
            "jump_queue": {
                "zh": "特批",
                "en": "Fast track",
                "ahead": 2,
                "override": True,
                "permission": "deal.override",
            },
            "park": {"zh": "挂起", "en": "Park", "to_status": "on_hold", "revisit_days": 30},
            "wake": {"zh": "唤醒", "en": "Wake", "from_status": ["on_hold"]},
            "refuse": {"zh": "退件", "en": "Refuse", "to_status": "rejected", "only": ["checked"]},
            "renew": {
                "zh": "再报",
                "en": "Renew",
                "from_status": ["rejected"],
                "to": "asked",
                "evidence": True,
            },
        },
        "stage": [
            {"key": "asked", "zh": "受理", "en": "Asked"},
            {
                "key": "checked",
                "zh": "审核",
                "en": "Checked",
                "condition": [
                    {"key": "sum", "zh": "金额", "en": "Sum", "needs": {"field": "deal.amount_fen"}}
                ],
            },
            {"key": "paid", "zh": "拨付", "en": "Paid"},
        ],
        "checklist": [
            {
                "key": "papers",
                "stage": "asked",
                "zh": "材料",
                "en": "Papers",
                "item": [{"key": "y1", "zh": "申请书", "en": "Request", "must": True}],
            }
        ],
        "reason": [{"key": "late", "kind": "reject", "zh": "逾期", "en": "Late"}],
    }


def condition(needs: Any) -> dict[str, Any]:
    return {"key": "x", "zh": "某项", "en": "Something", "needs": needs}


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.toml")))
def test_the_files_we_ship_hold_together(name) -> None:
    check_definition(definition(name), PERMISSIONS)


@pytest.mark.parametrize(
    ("needs", "code"),
    [
        ({"field": "company.shoe_size"}, "unknown_field"),
        ({"any_field": []}, "never_met"),
        ({"items": ["y9"]}, "unknown_item"),
        ({"items": []}, "never_met"),
        ({"checklists": ["nothing"]}, "unknown_checklist"),
        ({"checklists": ["papers", "nothing"]}, "unknown_checklist"),
        ({"team": 0}, "range"),
        ({"team": 500}, "range"),
        ({"team": True}, "range"),
        ({"tag": "y9"}, "unknown_item"),
        ({"activity": False}, "value"),
        ({"weather": "fine"}, "unknown_need"),
        ({}, "missing"),
        ({"team": 2, "tag": True}, "missing"),
        ("team", "missing"),
    ],
)
def test_a_condition_that_can_never_be_met_is_refused(needs, code) -> None:
    data = small()
    data["stage"][1]["condition"] = [condition(needs)]
    with pytest.raises(FaultyDefinition) as fault:
        check_definition(data)
    assert fault.value.code == f"definition.{code}" and fault.value.code in MESSAGES
    assert fault.value.key.startswith("stage.checked.condition.x")
    with pytest.raises(FaultyDefinition):
        Pipeline(data)


def test_what_a_sub_fund_has_not_cannot_be_asked_of_it() -> None:
    data = small() | {"target": "vehicle"}
    data["stage"][1]["condition"] = [condition({"field": "company.uscc"})]
    with pytest.raises(FaultyDefinition, match=r"never_met"):
        check_definition(data)
    data["stage"][1]["condition"] = [condition({"any_field": ["company.uscc", "deal.trl"]})]
    check_definition(data)
    data["stage"][1]["condition"] = [condition({"tag": True})]
    with pytest.raises(FaultyDefinition, match=r"never_met"):
        check_definition(data)


def test_a_list_without_mandatory_items_asks_for_nothing_and_is_refused() -> None:
    data = small()
    data["checklist"][0]["item"][0].pop("must")
    data["stage"][1]["condition"] = [condition({"checklists": ["papers"]})]
    with pytest.raises(FaultyDefinition, match=r"never_met"):
        check_definition(data)


def damaged(path: str, value: Any) -> dict[str, Any]:
    data = copy.deepcopy(small())
    *way, last = path.split(".")
    place: Any = data
    for part in way:
        place = place[int(part)] if isinstance(place, list) else place[part]
    if isinstance(place, list):
        place[int(last)] = value
    else:
        place[last] = value
    return data


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("zh", " ", "missing"),
        ("target", "moon", "value"),
        ("stage", [], "no_stages"),
        ("stage.1.key", "asked", "twice"),
        ("stage.0.en", "", "missing"),
        ("stage.0.target_days", 0, "range"),
        ("stage.0.target_days", "soon", "range"),
        ("moves.send.steps", 0, "range"),
        ("moves.send.to", "paid", "value"),
        ("moves.send.colour", "red", "unknown_key"),
        ("moves.send.zh", "", "missing"),
        ("moves.send.reason", "yes", "value"),
        ("moves.refuse.only", ["nowhere"], "unknown_stage"),
        ("moves.renew.to", "nowhere", "unknown_stage"),
        ("moves.refuse.to_status", "asleep", "unknown_status"),
        ("moves.wake.from_status", ["asleep"], "unknown_status"),
        ("moves.jump_queue.permission", "deal.fly", "unknown_permission"),
        ("moves.jump_queue.ahead", 1, "range"),
        ("moves.send.except", ["asked"], "unreachable"),
        ("checklist.0.stage", "nowhere", "unknown_stage"),
        ("reason.0.kind", "maybe", "value"),
    ],
)
def test_a_faulty_definition_says_where_and_why(path, value, code) -> None:
    with pytest.raises(FaultyDefinition) as fault:
        check_definition(damaged(path, value), PERMISSIONS)
    assert fault.value.code == f"definition.{code}"
    assert fault.value.key and fault.value.code in MESSAGES


def test_an_item_has_its_key_for_itself_in_the_whole_pipeline() -> None:
    data = small()
    data["checklist"].append({**data["checklist"][0], "key": "more"})
    with pytest.raises(FaultyDefinition, match=r"twice"):
        check_definition(data)


def asked(flow: Pipeline, stage: str, status: str, move: Move) -> tuple[str | None, str]:
    """Where a move leads; raises the first thing that is wrong with it."""
    for fault in flow.faults(stage, status, move, TODAY):
        raise fault
    return flow.goal(stage, status, move), flow.moves[move.kind].to_status


def test_a_pipeline_with_other_moves_works_without_code() -> None:
    flow = Pipeline(small())
    assert flow.offered("asked", "active") == ["send", "jump_queue", "park"]
    assert flow.offered("asked", "on_hold") == ["wake"]
    assert flow.offered("checked", "active") == ["send", "park", "refuse"]
    assert flow.kind_of("asked", "paid") == "jump_queue"
    assert asked(flow, "checked", "active", Move("refuse")) == ("checked", "rejected")
    assert asked(flow, "checked", "rejected", Move("renew", evidence="新材料")) == (
        "asked",
        "active",
    )
    with pytest.raises(InputError, match=r"revisit_missing"):
        asked(flow, "asked", "active", Move("park"))


def test_the_first_version_is_read_in_the_present_shape_and_means_the_same() -> None:
    old, new = (Pipeline(definition(f"direct-{version}")) for version in (1, 2))
    assert {stage.key for stage in old.stages} == {stage.key for stage in new.stages}
    assert set(old.moves) == set(new.moves)
    for stage in old.stages:
        for status in Status:
            kinds = old.offered(stage.key, status.value)
            assert kinds == new.offered(stage.key, status.value), (stage.key, status)
            for kind in kinds:
                assert sorted(old.targets(kind, stage.key)) == sorted(new.targets(kind, stage.key))
                assert old.moves[kind].to_status == new.moves[kind].to_status
    assert not any(stage.conditions for stage in old.stages)


def strict() -> Pipeline:
    """A pipeline whose refusals need a main code and words."""
    whole = copy.deepcopy(definition("direct-2"))
    whole["moves"]["reject"] |= {"main_reason": True, "words": 10}
    return Pipeline(whole)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"note": "市场空间太小，不足以支撑估值"}, "main_reason_missing"),
        ({"reason_code": "r_market_small"}, "words_missing"),
        ({"reason_code": "r_market_small", "note": "  市场太小    "}, "words_missing"),
        ({"reason_code": "r_market_small", "note": "一二三四五六七八九"}, "words_missing"),
        ({"reason_code": "h_wait_data", "note": "等待第三方检测数据出来"}, "reason_unfit"),
        (
            {"reason_code": "r_market_small", "other_reasons": ("p_team",), "note": "字" * 10},
            "reason_unfit",
        ),
        (
            {"reason_code": "r_market_small", "other_reasons": ("nonsense",), "note": "字" * 10},
            "reason_unknown",
        ),
    ],
)
def test_a_refusal_says_its_main_reason_and_more_in_words(given, code) -> None:
    with pytest.raises(InputError, match=code):
        asked(strict(), "lead", "active", Move("reject", **given))


def test_ten_characters_with_any_number_of_further_reasons_are_enough() -> None:
    move = Move("reject", reason_code="r_team_integrity", note="字" * 10)
    for others in ((), ("r_terms",), ("r_terms", "r_exit", "r_valuation")):
        wanted = dataclasses.replace(move, other_reasons=others)
        assert asked(strict(), "lead", "active", wanted) == ("lead", "rejected")


@pytest.mark.parametrize(
    ("change", "places"),
    [
        ({"wake": None}, {"moves.park.to_status"}),
        ({"wake": {"evidence": True}}, {"moves.park.to_status"}),
        ({"wake": {"permission": "deal.override"}}, {"moves.park.to_status"}),
        ({"wake": {"reason": True}}, {"moves.park.to_status"}),
        ({"wake": {"only": ["asked"]}}, {"moves.park.to_status"}),
        ({"wake": {"evidence": True}, "park": {"revisit_days": None}}, set()),
        ({"refuse": {"main_reason": True, "reasons": ["hold"]}}, {"moves.refuse.main_reason"}),
        ({"refuse": {"main_reason": True, "reasons": ["reject"]}}, set()),
        ({"refuse": {"done": {"en": "Refused"}}}, {"moves.refuse.done.zh"}),
        ({"refuse": {"done": {"zh": "已退", "en": " "}}}, {"moves.refuse.done.en"}),
    ],
)
def test_what_a_pipeline_promises_it_can_do(change, places) -> None:
    data = small()
    for key, values in change.items():
        for name, value in (values or {}).items():
            data["moves"][key][name] = value
            if value is None:
                del data["moves"][key][name]
        if values is None:
            del data["moves"][key]
    found = faults(data, PERMISSIONS)
    assert {".".join(map(str, fault.at)) for fault in found} == places
    assert all(fault.code in MESSAGES for fault in found)
    if not any(place.endswith(("zh", "en")) for place in places):
        Pipeline(data)  # what is in force is readable all the same


def test_the_foremost_move_is_the_one_made_when_nothing_else_is_said() -> None:
    flow = Pipeline(small())
    assert [flow.foremost(stage, "active") for stage in ("asked", "checked")] == ["send", "send"]
    assert flow.foremost("asked", "on_hold") == "wake"
    assert flow.foremost("asked", "merged") == ""


def test_all_faults_are_found_at_once_each_at_its_place() -> None:
    data = small()
    data["stage"][0] |= {"en": "", "target_days": "soon", "colour": "red"}
    data["stage"][1]["key"] = "asked"
    data["stage"][1]["condition"] = [condition({"team": 0}), condition({"items": ["y9"]})]
    data["reason"] *= 2
    data["checklist"][0]["item"][0]["must"] = "yes"
    data["moves"]["send"] |= {"steps": 99, "only": ["nowhere"]}
    data["moves"]["open"] = {"zh": "开", "en": "Open"}
    found = {(".".join(map(str, fault.at)), fault.code) for fault in faults(data, PERMISSIONS)}
    assert {(place, code.removeprefix("definition.")) for place, code in found} == {
        ("stage.0.en", "missing"),
        ("stage.0.target_days", "range"),
        ("stage.0.colour", "unknown_key"),
        ("stage.1.key", "twice"),
        ("stage.1.condition.0.needs.team", "range"),
        ("stage.1.condition.1.needs", "unknown_item"),
        ("stage.1.condition.1.key", "twice"),
        ("moves.refuse.only", "unknown_stage"),
        ("reason.1.key", "twice"),
        ("checklist.0.item.0.must", "value"),
        ("moves.send.steps", "range"),
        ("moves.send.only", "unknown_stage"),
        ("moves.open.key", "reserved"),
    }
    assert {code for _, code in found} <= set(MESSAGES)


def test_a_stage_may_not_have_the_key_of_another_pipelines_stage() -> None:
    (fault,) = faults(small(), elsewhere={"paid", "lead"})
    assert (fault.code, fault.at) == ("definition.stage_elsewhere", ("stage", 2, "key"))
    assert fault.code in MESSAGES


@pytest.mark.parametrize("key", ["Asked", "asked/2", "受理", "2nd", "a" * 41])
def test_a_key_has_a_form_that_addresses_can_carry(key) -> None:
    data = small()
    data["stage"][2]["key"] = key
    (fault,) = faults(data)
    assert fault.code == "definition.key_form"


def test_a_move_of_rejected_deals_makes_no_stage_reachable() -> None:
    data = small()
    data["moves"]["send"]["except"] = ["checked"]
    data["moves"]["renew"]["to"] = "paid"
    (fault,) = faults(data)
    assert (fault.code, fault.at) == ("definition.unreachable", ("stage", 2))


TEXTS = st.text(max_size=3)
JUNK = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-3, 3), TEXTS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.one_of(
                TEXTS,
                st.sampled_from(
                    [
                        "key",
                        "zh",
                        "en",
                        "needs",
                        "condition",
                        "item",
                        "stage",
                        "moves",
                        "jump",
                        "only",
                    ]
                ),
            ),
            inner,
            max_size=3,
        ),
    ),
    max_leaves=8,
)
PARTS = st.sampled_from(["stage", "moves", "reason", "checklist", "zh", "target", "late_from"])


@given(st.dictionaries(PARTS, JUNK), st.sampled_from(["stage", "checklist", "reason"]), JUNK)
def test_whatever_a_definition_holds_it_is_refused_and_nothing_breaks(parts, where, junk) -> None:
    assert faults({**small(), **parts, "key": "Ä"})
    data = small()
    data[where][0] = data[where][0] | (junk if isinstance(junk, dict) else {"condition": junk})
    for fault in faults(data):
        assert fault.key is not None and fault.code in MESSAGES


def test_what_only_earlier_versions_had_keeps_its_titles() -> None:
    former = {
        "stage": [{"key": "gone", "zh": "已撤", "en": "Gone", "position": 1}],
        "reason": [{"key": "odd", "kind": "reject", "zh": "旧因", "en": "Odd"}],
        "moves": {"leap": {"zh": "跳过", "en": "Leapt"}},
    }
    flow = Pipeline(small() | {"former": former})
    assert flow.stage_then("gone").zh == "已撤" and flow.stage_then("paid").zh == "拨付"
    assert flow.reason_then("odd").en == "Odd" and flow.reason_then("late").en == "Late"
    assert flow.reason("odd") is None
    assert flow.done_title("leap")["en"] == "Leapt"
    assert flow.done_title("carry")["zh"] == "转入新版流程"
    with pytest.raises(InputError, match=r"stage\.unknown"):
        flow.stage("gone")


def test_which_stage_is_the_committees_and_which_are_late_is_said_by_the_definition() -> None:
    old = Pipeline(definition("direct-2"))
    assert [stage.key for stage in old.stages if stage.committee] == ["ic"]
    assert old.late("dd") and old.late("closed") and not old.late("initiation")
    data = small() | {"late_from": "paid"}
    data["stage"][1]["committee"] = True
    new = Pipeline(data)
    assert [stage.key for stage in new.stages if stage.committee] == ["checked"]
    assert new.late("paid") and not new.late("checked")
    assert not Pipeline(small()).late("paid")
