"""Values of the trail as people read them."""

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio.audit.words import LONGEST, Words

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
