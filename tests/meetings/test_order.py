"""An agenda of which one sees but a part goes into order, and clock times are read as typed."""

import datetime as dt

import pytest

from portfolio.kernel.dates import SHANGHAI
from portfolio.kernel.errors import InputError
from portfolio.kernel.titles import untitled
from portfolio.meetings.kinds import ASKS, KINDS, sat_on_by
from portfolio.meetings.times import instant, read_clock
from portfolio.meetings.turns import reordered, stepped
from portfolio.people.policy import ROLES


def test_what_one_does_not_see_keeps_its_place() -> None:
    assert reordered([1, 9, 2, 3, 8], [1, 2, 3], [1, 2, 3], [3, 1, 2]) == [3, 9, 1, 2, 8]
    assert reordered([1, 2], [1, 2], [1, 2], [2, 1]) == [2, 1]


@pytest.mark.parametrize(
    ("now", "seen", "wanted"),
    [
        ([1, 2], [2, 1], [2, 1]),  # somebody put it in order meanwhile
        ([1, 2, 3], [1, 2], [2, 1]),  # somebody put a deal on
        ([1, 2], [1, 2], [2]),
        ([1, 2], [1, 2], [2, 2]),
        ([1, 2], [1, 2], [2, 1, 9]),
    ],
)
def test_an_agenda_that_changed_meanwhile_is_left_alone(now, seen, wanted) -> None:
    with pytest.raises(InputError, match=r"meeting\.order_changed"):
        reordered([1, 9, 2, 3], now, seen, wanted)


def test_a_step_ends_at_the_ends() -> None:
    assert stepped([1, 2, 3], 2, -1) == [2, 1, 3]
    assert stepped([1, 2, 3], 2, 1) == [1, 3, 2]
    assert stepped([1, 2, 3], 1, -1) == stepped([1, 2, 3], 3, 1) == [1, 2, 3]
    with pytest.raises(InputError):
        stepped([1, 2, 3], 9, 1)


@pytest.mark.parametrize("text", ["9:30", "09:30", "0930", "9：30", " 9.30 "])
def test_a_time_of_day_is_read_as_typed(text) -> None:
    assert read_clock(text) == dt.time(9, 30)
    found = instant(dt.date(2026, 12, 3), read_clock(text), SHANGHAI)
    assert found == dt.datetime(2026, 12, 3, 1, 30, tzinfo=dt.UTC)


@pytest.mark.parametrize("text", ["", "25:00", "9:60", "早上", "9", "9:3", "-9:30"])
def test_what_is_no_time_of_day_is_refused(text) -> None:
    with pytest.raises(InputError, match=r"clock\.malformed"):
        read_clock(text)


def test_kinds_name_what_there_is() -> None:
    for kind in KINDS.values():
        assert kind.ask in ASKS and set(kind.sits) <= set(ROLES)
    for row in (*KINDS.values(), *ASKS.values()):
        assert not untitled({"zh": row.zh, "en": row.en})
    assert sat_on_by({"committee"}) == ["ic"] and sat_on_by({"partner"}) == []
