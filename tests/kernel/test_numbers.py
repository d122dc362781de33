"""Exact numbers: strict reading, whole millionths."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio.kernel import numbers
from portfolio.kernel.errors import InputError


@pytest.mark.parametrize(
    ("text", "value"),
    [("1,234.5", "1234.5"), ("８．２５", "8.25"), ("-.5", "-0.5"), ("−3", "-3"), (" 7 ", "7")],
)
def test_numbers_are_read_as_people_write_them(text: str, value: str) -> None:
    assert numbers.parse_decimal(text) == Decimal(value)


@pytest.mark.parametrize(
    "text", ["", "1e5", "NaN", "Infinity", "1,23", "1.", "--1", "1 2", "十", "8%", "١"]
)
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"number\.malformed"):
        numbers.parse_decimal(text)


@given(st.integers(-numbers.MOST_MICRO, numbers.MOST_MICRO))
def test_millionths_read_back(micro: int) -> None:
    value = numbers.from_micro(micro)
    assert numbers.to_micro(value) == micro
    assert numbers.to_micro(numbers.parse_decimal(numbers.plain(value))) == micro


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("0.0000001", "number.too_fine"),
        ("1.00000000000000000000000000000001", "number.too_fine"),
        ("9000000000000.000001", "number.too_large"),
        ("1E+999999", "number.too_large"),
        ("Infinity", "number.too_large"),
    ],
)
def test_numbers_that_cannot_be_kept_are_refused(value: str, code: str) -> None:
    with pytest.raises(InputError) as refusal:
        numbers.to_micro(Decimal(value))
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("value", "text"), [("1E+3", "1000"), ("1.500", "1.5"), ("-0.0", "0"), ("100", "100")]
)
def test_plain_numbers_have_no_exponent_and_no_idle_zeros(value: str, text: str) -> None:
    assert numbers.plain(Decimal(value)) == text


DIGITS = st.text(alphabet="0123456789", min_size=1, max_size=12)


@given(st.sampled_from(["", "-", "+"]), DIGITS, st.one_of(st.none(), DIGITS))
def test_the_short_way_reads_a_number_as_the_long_one_does(sign, whole, rest) -> None:
    text = f"{sign}{whole}" + (f".{rest}" if rest is not None else "")
    short = numbers.short_micro(text)
    long, _ = numbers.rounded_micro(numbers.parse_decimal(text), Decimal(1))
    usual = sign != "+" and len(whole) <= 10 and len(rest or "") <= 6
    assert short == (long if usual else None)


@given(st.decimals(-(10**6), 10**6, places=9), st.sampled_from(["1", "0.0001", "10000"]))
def test_rounding_says_whether_something_was_left_behind(value, factor) -> None:
    exact = Fraction(value) * Fraction(factor) * numbers.MICRO
    assert numbers.rounded_micro(value, Decimal(factor)) == (round(exact), round(exact) != exact)


@given(st.integers(), st.integers(1))
def test_a_ratio_is_rounded_half_to_even(top: int, bottom: int) -> None:
    assert numbers.ratio_micro(top, bottom) == round(Fraction(top, bottom) * numbers.MICRO)


@given(st.integers(-(10**25), 10**25))
def test_millionths_are_written_as_the_number_they_are(micro: int) -> None:
    assert Fraction(numbers.micro_text(micro)) == Fraction(micro, numbers.MICRO)
    if abs(micro) < 10**20:
        assert numbers.micro_text(micro) == numbers.plain(numbers.from_micro(micro))
