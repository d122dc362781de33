"""Days as people type them, and the readers' clock."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio.kernel import dates
from portfolio.kernel.errors import InputError

FORMS = ("{0:%Y-%m-%d}", "{0:%Y/%m/%d}", "{0:%Y.%m.%d}", "{0:%Y%m%d}", "{0:%Y年%m月%d日}")
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


@given(st.dates(dt.date(1900, 1, 1), dt.date(2200, 12, 31)), st.sampled_from(FORMS))
def test_a_day_reads_back_in_each_form(day: dt.date, form: str) -> None:
    text = form.format(day)
    assert dates.parse_date(text) == day
    assert dates.parse_date(f" {text.translate(FULL_WIDTH)}\u200b") == day


def test_short_months_and_a_spreadsheets_midnight_are_days_too() -> None:
    assert dates.parse_date("2026/3/1") == dates.parse_date("2026年3月1日")
    assert dates.parse_date("2026-03-01 00:00:00") == dt.date(2026, 3, 1)


@pytest.mark.parametrize("text", ["2026-02-30", "20260230", "2026年2月30日", "2026-13-01"])
def test_a_day_that_no_calendar_has_is_told_apart(text: str) -> None:
    with pytest.raises(InputError) as refusal:
        dates.parse_date(text)
    assert refusal.value.code == "date.impossible"
    assert refusal.value.params == {"value": text}


@pytest.mark.parametrize(
    "text", ["", "soon", "31.12.2026", "2026-3", "2026-3/1", "2026年3月1", "46000", "26-03-01"]
)
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"date\.malformed"):
        dates.parse_date(text)


def test_an_evening_in_utc_is_the_next_day_in_shanghai() -> None:
    evening = dt.datetime(2026, 3, 31, 16, 0, tzinfo=dt.UTC)
    assert dates.local_date(evening) == dt.date(2026, 4, 1)
    assert dates.days_between(evening - dt.timedelta(minutes=1), evening) == 1


def test_the_iso_week_belongs_to_its_own_year() -> None:
    assert dates.iso_week(dt.date(2027, 1, 1)) == "2026-W53"
    assert dates.iso_week(dt.date(2026, 11, 23)) == "2026-W48"
