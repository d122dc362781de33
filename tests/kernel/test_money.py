"""Amounts as people type them, kept as whole fen, and written back."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio.kernel import money
from portfolio.kernel.errors import InputError

AMOUNTS = st.integers(-money.MOST_FEN, money.MOST_FEN)


@pytest.mark.parametrize(
    ("text", "yuan"),
    [
        ("1.2亿", "120000000"),
        ("800万", "8000000"),
        ("1,200", "1200"),
        ("1,234.5万", "12345000"),
        ("1,200万元", "12000000"),
        ("１，２００．５元", "1200.5"),
        ("￥3,000", "3000"),
        ("人民币 50 万元", "500000"),
        ("3千万", "30000000"),
        ("1.5万亿", "1500000000000"),
        ("1.2m", "1200000"),
        ("3bn", "3000000000"),
        ("12K", "12000"),
        ("CNY 8m", "8000000"),
        (".5", "0.5"),
        ("\u200b 7 \ufeff", "7"),
        ("1000000000000000", "1000000000000000"),
    ],
)
def test_amounts_are_read_as_people_write_them(text: str, yuan: str) -> None:
    assert money.parse_yuan(text) == Decimal(yuan) * 100


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "money.malformed"),
        ("1,23", "money.malformed"),
        ("12,34,567", "money.malformed"),
        ("1e5", "money.malformed"),
        ("十二万", "money.malformed"),
        ("12万3千", "money.malformed"),
        ("万", "money.malformed"),
        ("NaN", "money.malformed"),
        ("∞", "money.malformed"),
        ("١٢", "money.malformed"),
        ("1.2.3", "money.malformed"),
        ("5 apples", "money.malformed"),
        ("-5", "money.negative"),
        ("−5万", "money.negative"),
        ("0.001", "money.below_fen"),
        ("1.0000000000000000000000000000000000000001", "money.below_fen"),
        ("1000000000000000.01", "money.too_large"),
        ("9" * 5000, "money.too_large"),
        ("99999999999亿", "money.too_large"),
    ],
)
def test_what_is_no_amount_is_refused_with_its_reason(text: str, code: str) -> None:
    with pytest.raises(InputError) as refusal:
        money.parse_yuan(text)
    assert refusal.value.code == code
    assert refusal.value.params["value"] == text


def test_a_bare_number_takes_the_unit_of_its_field() -> None:
    assert money.parse_yuan("1,200", default_unit=10_000) == 1_200_000_000
    assert money.parse_yuan("1,200元", default_unit=10_000) == 120_000
    assert money.parse_yuan("-3", default_unit=10_000, negative=True) == -3_000_000


@given(AMOUNTS)
def test_an_exact_amount_reads_back(fen: int) -> None:
    assert money.parse_yuan(money.exact_yuan(fen), negative=True) == fen
    assert money.parse_yuan(money.wan(fen), default_unit=10_000, negative=True) == fen


@given(AMOUNTS)
def test_an_amount_in_wan_has_two_to_six_decimals_and_no_grouping(fen: int) -> None:
    whole, decimals = money.wan(fen).lstrip("-").split(".")
    assert whole.isdigit()
    assert 2 <= len(decimals) <= 6
    assert len(decimals) == 2 or decimals[-1] != "0"


@given(st.integers(0, money.MOST_FEN), st.sampled_from(["zh", "en"]))
def test_what_is_shown_never_exceeds_the_amount(fen: int, locale: str) -> None:
    shown = money.format_money(fen, locale)
    read = money.parse_yuan(shown)
    assert read <= fen
    assert fen - read <= max(1, fen // 100)


@pytest.mark.parametrize(
    ("fen", "zh", "en"),
    [
        (12_000_000_000, "1.2亿", "CNY 120m"),
        (800_000_000, "800万", "CNY 8m"),
        (9_400_000_000, "9,400万", "CNY 94m"),
        (320_000, "3,200元", "CNY 3.2k"),
        (120_000_000_000, "12亿", "CNY 1.2bn"),
        (9_999_999_999, "9,999.99万", "CNY 99.99m"),
        (5, "0.05元", "CNY 0.05"),
        (0, "0元", "CNY 0"),
        (-800_000_000, "-800万", "-CNY 8m"),
    ],
)
def test_amounts_are_shown_in_the_units_of_the_reader(fen: int, zh: str, en: str) -> None:
    assert money.format_money(fen, "zh") == zh
    assert money.format_money(fen, "en") == en


def test_a_column_of_amounts_has_two_decimals_each() -> None:
    shown = [money.column_wan(fen) for fen in (1_634_617_999, -140_000_000, 9_999, 0)]
    assert shown == ["1,634.61", "-140.00", "0.00", "0.00"]
