"""The gate as a pure table: which facts open it, and that it opens for exactly those."""

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import portfolio.pipeline
from portfolio.pipeline.askable import FIELDS
from portfolio.pipeline.flow import Pipeline
from portfolio.pipeline.gates import (
    Answers,
    Check,
    CheckAnswer,
    CheckState,
    Facts,
    GateMissing,
    projected,
    settled,
    standings,
    unmet,
)
from portfolio.pipeline.kinds import Status
from portfolio.pipeline.stages import Condition

FOLDER = Path(portfolio.pipeline.__path__[0]) / "definitions"
FLOWS = {
    name: Pipeline(tomllib.loads((FOLDER / f"{name}-2.toml").read_text(encoding="utf-8")))
    for name in ("direct", "subfund")
}
DIRECT = FLOWS["direct"]
DONE, NA, WAIVED = (Check(state) for state in (CheckState.DONE, CheckState.NA, CheckState.WAIVED))
STATES = st.builds(Check, st.sampled_from(CheckState), st.booleans())


def facts(flow: Pipeline):
    return st.builds(
        Facts,
        filled=st.frozensets(st.sampled_from(sorted(FIELDS))),
        checks=st.dictionaries(st.sampled_from(sorted(flow.items)), STATES),
        team=st.integers(0, 4),
        tagged=st.booleans(),
        active=st.booleans(),
    )


def met(needs: str, wanted: object, known: Facts) -> bool:
    condition = Condition("dd", "x", "某项", "Something", needs, wanted)
    (standing,) = standings(DIRECT, [condition], known)
    assert standing.met is not bool(
        standing.fields
        or standing.items
        or standing.people
        or standing.contact
        or (needs == "tag" and wanted is True and not known.tagged)
    ), "an open condition says what it asks for, a met one asks for nothing"
    return standing.met


@pytest.mark.parametrize(
    ("needs", "wanted", "known", "opens"),
    [
        ("field", "deal.amount_fen", Facts(), False),
        ("field", "deal.amount_fen", Facts(filled=frozenset({"deal.amount_fen"})), True),
        ("any_field", ["company.uscc", "deal.trl"], Facts(filled=frozenset({"deal.trl"})), True),
        ("any_field", ["company.uscc", "deal.trl"], Facts(filled=frozenset({"deal.risks"})), False),
        ("items", ["i01"], Facts(), False),
        ("items", ["i01"], Facts(checks={"i01": DONE}), True),
        ("items", ["i01"], Facts(checks={"i01": NA}), True),
        ("items", ["i01"], Facts(checks={"i01": WAIVED}), True),
        ("items", ["i01"], Facts(checks={"i01": Check(CheckState.DOING)}), False),
        ("items", ["i01", "i03"], Facts(checks={"i01": DONE}), False),
        ("items", ["l01"], Facts(checks={"l01": DONE}), False),
        ("items", ["l01"], Facts(checks={"l01": replace(DONE, verified=True)}), True),
        ("items", ["l01"], Facts(checks={"l01": NA}), False),
        ("items", ["l01"], Facts(checks={"l01": WAIVED}), True),
        ("items", ["l05"], Facts(checks={"l05": DONE}), True),
        ("checklists", ["signing"], Facts(checks={"g01": DONE, "g02": DONE}), False),
        ("checklists", ["signing"], Facts(checks=dict.fromkeys(("g01", "g02", "g04"), DONE)), True),
        ("team", 2, Facts(team=1), False),
        ("team", 2, Facts(team=2), True),
        ("tag", "s09", Facts(), False),
        ("tag", "s09", Facts(tagged=True), True),
        ("tag", "s09", Facts(checks={"s09": NA}), True),
        ("tag", True, Facts(checks={"s09": NA}), False),
        ("tag", True, Facts(tagged=True), True),
        ("activity", True, Facts(), False),
        ("activity", True, Facts(active=True), True),
    ],
)
def test_what_each_word_of_the_language_means(needs, wanted, known, opens) -> None:
    assert met(needs, wanted, known) is opens


@pytest.mark.parametrize(
    ("state", "answered", "passed"),
    [
        (CheckState.TODO, False, False),
        (CheckState.MISSING, True, False),
        (CheckState.FAIL, True, False),
        (CheckState.DONE, True, True),
        (CheckState.NA, True, True),
        (CheckState.WAIVED, True, True),
    ],
)
def test_a_hard_condition_is_answered_by_a_bad_verdict_but_passed_by_a_good_one_alone(
    state, answered, passed
) -> None:
    flow = FLOWS["subfund"]
    known = Facts(checks={item.key: Check(state) for item in flow.items_of["hard"]})
    (into_review,) = [c for c in flow.stage("initial_review").conditions if c.key == "hard"]
    assert standings(flow, [into_review], known)[0].met is answered
    (into_initiation,) = flow.stage("initiation").conditions
    more = dict.fromkeys(("a01", "a02"), DONE)
    both = replace(known, checks={**known.checks, **more})
    assert standings(flow, [into_initiation], both)[0].met is passed


@pytest.mark.parametrize("name", FLOWS)
@given(data=st.data())
def test_a_gate_opens_exactly_when_no_condition_is_open(name, data) -> None:
    flow = FLOWS[name]
    known = data.draw(facts(flow))
    here, there = (data.draw(st.sampled_from(flow.stages)).key for _ in range(2))
    found = standings(flow, flow.gate(here, there), known)
    left = unmet(found)
    assert all(standing.met for standing in found) is (not left)
    if left:
        refusal = GateMissing(found)
        assert refusal.open == left and refusal.params["count"] == len(left)
    if flow.stage(there).position <= flow.stage(here).position:
        assert not found, "going back asks for nothing"


@pytest.mark.parametrize("name", FLOWS)
@given(data=st.data())
def test_more_facts_never_close_a_gate_and_the_right_answers_open_it(name, data) -> None:
    flow = FLOWS[name]
    known = data.draw(facts(flow))
    stages = [stage.key for stage in flow.stages]
    number = data.draw(st.integers(0, len(stages) - 2))
    conditions = flow.gate(stages[number], stages[number + 1])
    left = unmet(standings(flow, conditions, known))
    names = {name for standing in left for name in standing.fields[:1]}
    items = {item.key: item for standing in left for item in standing.items}
    given_answers = Answers(
        fields=dict.fromkeys(names, 1),
        items={
            key: CheckAnswer(CheckState.WAIVED if item.verify else CheckState.DONE, "依据")
            for key, item in items.items()
        },
        team=tuple(range(100, 100 + sum(standing.people for standing in left))),
        contact="电话" if any(standing.contact for standing in left) else "",
    )
    after = projected(known, given_answers, range(known.team))
    assert not unmet(standings(flow, conditions, after))
    for key in list(items)[:1]:
        without = replace(
            given_answers, items={k: v for k, v in given_answers.items.items() if k != key}
        )
        again = unmet(standings(flow, conditions, projected(known, without, range(known.team))))
        assert {item.key for standing in again for item in standing.items} == {key}


@given(check=STATES)
def test_what_one_person_did_alone_does_not_count_where_another_must_look(check) -> None:
    wanted, plain = DIRECT.items["l01"], DIRECT.items["l05"]
    assert wanted.verify and not plain.verify
    if settled(wanted, check):
        assert check.verified or check.state is CheckState.WAIVED
        assert settled(plain, check)


@pytest.mark.parametrize("name", FLOWS)
@given(data=st.data())
def test_a_walk_of_moves_never_leaves_the_graph_of_the_data(name, data) -> None:
    flow = FLOWS[name]
    stage, status = flow.first.key, Status.ACTIVE.value
    for _ in range(12):
        kinds = flow.offered(stage, status)
        if not kinds:
            assert status in {"withdrawn", "lapsed", "terminated", "active"}
            break
        kind = data.draw(st.sampled_from(kinds))
        rule = flow.moves[kind]
        assert status in rule.from_status
        target = data.draw(st.sampled_from(flow.targets(kind, stage)))
        step = flow.stage(target).position - flow.stage(stage).position
        jumps = {(j["from"], j["to"]) for j in rule.leads.get("jump", ())}
        assert step <= 1 or kind in {"skip", "reopen"}
        assert step >= -1 or kind == "reopen" or (stage, target) in jumps
        if kind in {"hold", "reject", "withdraw"}:
            assert stage not in {"closing", "post", "exit", "closed", "contribution", "supervision"}
        stage, status = target, rule.to_status
