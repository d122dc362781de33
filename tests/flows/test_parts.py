"""Whatever is typed is kept as it was typed, and each fault lies at a field that is there."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import portfolio.pipeline
from portfolio.flows import drafts
from portfolio.flows.changes import as_audited, compare
from portfolio.flows.impact import OpenDeal, affected, touched
from portfolio.flows.options import options_of
from portfolio.flows.parts import OUTER, PARTS, ROW_ID, Part
from portfolio.flows.rows import closed, opened
from portfolio.people.policy import PERMISSIONS
from portfolio.pipeline.definition import normalised
from portfolio.pipeline.flow import Pipeline
from portfolio.web.messages import MESSAGES
from tests.conftest import NOW

FOLDER = Path(portfolio.pipeline.__path__[0]) / "definitions"
FILES = sorted(path.stem for path in FOLDER.glob("*.toml"))


def definition(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


DRAFT = drafts.started(definition("direct-3"))
OPTIONS = options_of(DRAFT)


def typed(part: Part) -> st.SearchStrategy[dict[str, Any]]:
    """Values of a row as a browser may send them."""
    fields = {}
    for column in part.columns:
        offered = st.sampled_from([*OPTIONS.get(column.options, {}), "nonsense"])
        text = st.one_of(st.sampled_from(["", "lead", "7", "-1"]), st.text())
        fields[column.name] = {
            "flag": st.booleans(),
            "several": st.lists(offered, max_size=3, unique=True),
            "pairs": st.lists(st.fixed_dictionaries({"from": offered, "to": offered}), max_size=2),
            "choice": st.one_of(st.just(""), offered),
        }.get(column.kind, text)
    return st.fixed_dictionaries(fields)


@pytest.mark.parametrize("name", PARTS)
@given(data=st.data())
def test_what_was_typed_is_shown_again_and_means_the_same(name, data) -> None:
    part = PARTS[name]
    row = closed(part, data.draw(typed(part)))
    assert closed(part, opened(part, row)) == row


@pytest.mark.parametrize("name", OUTER)
@given(data=st.data())
def test_each_fault_has_a_sentence_and_a_field_that_is_there(name, data) -> None:
    part = PARTS[name]
    rows = data.draw(st.lists(typed(part), max_size=3))
    numbers = [row[ROW_ID] for row in DRAFT[part.place]]
    draft = drafts.replaced(DRAFT, part, None, list(zip(numbers, rows, strict=False)))
    assert draft is not None
    for place, fault in drafts.faults_of(draft, PERMISSIONS, {"taken"}):
        assert fault.code in MESSAGES
        if place.row_id is not None:
            shown = drafts.rows_at(draft, PARTS[place.part], place.outer_id)
            assert place.row_id in [row[ROW_ID] for row in shown]
            assert place.column in ["", *(c.name for c in PARTS[place.part].columns)]


@pytest.mark.parametrize("name", FILES)
def test_what_is_in_force_becomes_a_draft_and_comes_back_the_same(name) -> None:
    known = definition(name)
    draft = drafts.started(known)
    assert not drafts.faults_of(draft, PERMISSIONS, ())
    again = drafts.definition_of(draft, known["version"], [known])
    assert not compare(known, again)
    whole = {k: v for k, v in normalised(known).items() if v}
    whole["stage"] = [{"committee": False, **row} for row in whole["stage"]]
    kept = {k: v for k, v in again.items() if v and k != "former"}
    assert kept == whole


def test_a_copy_shares_no_stage_and_holds_together() -> None:
    known = definition("subfund-3")
    copy = drafts.copied(known, "twin", "孪生", "Twin")
    taken = {stage["key"] for stage in known["stage"]}
    assert not drafts.faults_of(copy, PERMISSIONS, taken)


def test_changes_are_told_by_part_and_field_and_touch_the_deals_they_mean() -> None:
    old, new = definition("direct-3"), definition("direct-3")
    new["stage"][0] |= {"target_days": 2, "warn_days": 3}
    new["stage"][1], new["stage"][2] = new["stage"][2], new["stage"][1]
    del new["stage"][-1]
    new["checklist"][0]["item"][0]["zh"] = "主体"
    new["reason"][0]["kind"] = "hold"
    new["moves"]["hold"]["revisit_days"] = 90
    found = compare(old, new)
    told = {(c.part, c.kind, c.key): {f.column.name for f in c.fields} for c in found}
    assert told == {
        ("stages", "changed", "lead"): {"target_days", "warn_days"},
        ("stages", "changed", "pool"): {"position"},
        ("stages", "changed", "screening"): {"position"},
        ("stages", "removed", "closed"): set(),
        ("items", "changed", "s01"): {"zh"},
        ("reasons", "changed", new["reason"][0]["key"]): {"kind"},
        ("moves", "changed", "hold"): {"revisit_days"},
    }
    before, after = as_audited(found)
    assert before["moves.hold.revisit_days"] == "180" and after["moves.hold.revisit_days"] == "90"
    assert before["stages.closed"] and "stages.closed" not in after
    new["moves"]["reject"].pop("except"), new["moves"]["withdraw"].pop("except")
    new["moves"]["hold"].pop("except"), new["moves"]["back"].pop("except")
    new["checklist"] = [c for c in new["checklist"] if c["stage"] != "closed"]
    flows, after_all = {1: Pipeline(old)}, Pipeline(new)
    keys = [stage["key"] for stage in old["stage"]]
    deals = [OpenDeal(n, 1, key, "active", NOW) for n, key in enumerate(keys)]
    for change in found:
        ids = touched(change, flows, after_all, deals)
        if change.part == "stages":
            assert [keys[n] for n in ids] == [change.key]
    effects = affected(flows, after_all, deals, NOW.date().replace(month=12, day=1))
    assert [keys[n] for n in effects["removed"]] == ["closed"]
    assert [keys[n] for n in effects["late"]] == ["lead"]
