"""Values of the trail as people read them."""

from itertools import pairwise
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio.audit.runs import runs
from portfolio.audit.words import LONGEST, MASK, Words

ZONE = ZoneInfo("Asia/Shanghai")
STAGES = {"dd": {"zh": "尽职调查", "en": "Due diligence"}}
KINDS = {"note": {"zh": "记录", "en": "Note"}}


def words(locale: str = "zh") -> Words:
    titles = {"stage": STAGES, ("activity", "kind"): KINDS}
    return Words(locale, ZONE, {7: "王建国"}, titles, {"document": {3: "增资协议"}})


@pytest.mark.parametrize(
    ("column", "value", "zh", "en"),
    [
        ("amount_fen", 313_370_000_001, "313,370.000001万元", "CNY 3,133,700,000.01"),
        ("amount_fen", 0, "0万元", "CNY 0.00"),
        ("micro", 12_500_000, "12.5", "12.5"),
        ("stage", "dd", "尽职调查", "Due diligence"),
        ("kind", "note", "记录", "Note"),
        ("owner_id", 7, "王建国", "王建国"),
        ("owner_id", 8, "8", "8"),
        ("document_id", 3, "增资协议", "增资协议"),
        ("document_id", 4, "4", "4"),
        ("company_id", 3, "3", "3"),
        ("walled", True, "是", "Yes"),
        ("walled", False, "否", "No"),
        ("done_at", "2026-03-31T18:00:00+00:00", "2026-04-01 02:00", "2026-04-01 02:00"),
        ("done_at", "gestern", "gestern", "gestern"),
        ("due_on", "2026-03-31", "2026-03-31", "2026-03-31"),
        ("risks", None, "", ""),
        ("figures", {"revenue 2025": 1}, '{"revenue 2025": 1}', '{"revenue 2025": 1}'),
    ],
)
def test_a_value_reads_as_its_column_says(column, value, zh, en) -> None:
    assert words().said("activity", column, value) == zh
    assert words("en").said("activity", column, value) == en


@given(st.sampled_from(["risks", "done_at", "amount_fen", "micro", "owner_id", "stage"]), st.data())
def test_whatever_an_entry_holds_can_be_read(column, data) -> None:
    value = data.draw(
        st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.integers())
    )
    assert len(words().said("deal", column, value)) <= max(LONGEST, len(str(value)) * 2 + 10)


def test_a_filter_is_read_by_the_list_it_belongs_to() -> None:
    told = Words(
        "zh", ZONE, filters={"deal_list": lambda asked: [("阶段", "、".join(asked["stage"]))]}
    )
    assert told.said("deal_list", "query", "stage=dd&stage=ic") == "阶段: dd、ic"
    assert told.said("deal_list", "query", "") == ""
    assert told.said("other", "query", "stage=dd") == "stage=dd", "nobody reads it: as it is"
    assert len(told.said("deal_list", "query", "stage=" + "长" * 500)) <= LONGEST


def test_columns_that_are_not_for_the_reader_are_named_apart() -> None:
    changes = (
        ("id", 1, 1),
        ("place", "甲", "乙"),
        ("risks", None, MASK),
        ("amount_fen", MASK, MASK),
    )
    line = SimpleNamespace(object_type="deal", changes=changes)
    assert words().parted(line) == ([("place", "甲", "乙")], ["risks", "amount_fen"])


def line(seq: int, hidden: bool, masked: bool, person: str) -> SimpleNamespace:
    """An entry as a reader sees it: of what is hidden not even the person is left."""
    actor = "" if hidden else person
    return SimpleNamespace(seq=seq, hidden=hidden, masked=masked, actor_name=actor)


@given(
    st.lists(
        st.fixed_dictionaries(
            {"hidden": st.booleans(), "masked": st.booleans(), "person": st.sampled_from("ab")}
        )
    )
)
def test_runs_keep_every_entry_in_its_order_and_join_what_reads_the_same(drawn) -> None:
    lines = [line(-place, **values) for place, values in enumerate(drawn)]
    found = runs(lines)
    assert [one for run in found for one in run.lines] == lines
    for run in found:
        if len(run.lines) > 1:
            assert all(one.hidden for one in run.lines) or all(one.masked for one in run.lines)
            assert len({one.actor_name for one in run.lines}) == 1
    for one, other in pairwise(found):
        assert not (one.newest.hidden and other.newest.hidden), "a run is as long as can be"
