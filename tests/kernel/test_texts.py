"""Names cleaned, folded, and without their legal form; stock codes; titles."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio.kernel import stockcode
from portfolio.kernel.errors import InputError
from portfolio.kernel.text import clean, folded, without_legal_form
from portfolio.kernel.titles import TitledEnum, titled


def test_cleaning_keeps_what_one_sees() -> None:
    assert clean("\ufeff 青岛\u3000\u3000海纳（集团）\u200b Ａ \x00") == "青岛 海纳（集团） Ａ"
    assert clean("a\nb") == "a\nb"
    assert clean("甲\ud800\u2066乙") == "甲乙"


@given(st.text(max_size=60))
def test_cleaning_and_folding_twice_change_nothing_more(text: str) -> None:
    assert clean(clean(text)) == clean(text)
    clean(text).encode("utf-8")
    assert folded(clean(text)) == folded(text)


def test_folding_ignores_width_case_and_signs() -> None:
    assert folded("ＵＶ-Led （青岛）") == folded("uvled(青岛)") == "uvled青岛"


@pytest.mark.parametrize(
    ("name", "bare"),
    [
        ("海尔智家股份有限公司", "海尔智家"),
        ("青岛海纳有限责任公司", "青岛海纳"),
        ("腾讯科技(深圳)有限公司", "腾讯科技深圳"),
        ("山东银行设备（集团）有限公司", "山东银行设备"),
        ("海尔集团公司", "海尔"),
        ("青岛甲(已切换)", "青岛甲"),
        ("Haier Smart Home Co., Ltd.", "haiersmarthome"),
        ("Haier Smart Home Co.,Ltd", "haiersmarthome"),
        ("Acme, Inc.", "acme"),
        ("Zinc", "zinc"),
        ("Unlimited", "unlimited"),
        ("有限公司", "有限公司"),
    ],
)
def test_the_legal_form_does_not_tell_companies_apart(name: str, bare: str) -> None:
    assert without_legal_form(name) == bare


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("430047", "430047"),
        ("871444.OC", "871444"),
        ("920000.bj", "920000"),
        (" ４３００４７.NQ", "430047"),
    ],
)
def test_stock_codes_have_six_digits(text: str, code: str) -> None:
    assert stockcode.normalise(text) == code


@pytest.mark.parametrize("text", ["43047", "4300477", "ABCDEF", "430047.X1", "٤٣٠٠٤٧", ""])
def test_what_is_no_stock_code_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"stock_code\.malformed"):
        stockcode.normalise(text)


def test_the_first_digits_point_to_a_board() -> None:
    boards = [stockcode.board_of(code) for code in ("920000", "871444", "688001", "999999")]
    assert boards == ["BSE", "NEEQ", "STAR", ""]


class Colour(TitledEnum):
    RED = "red", "红", "Red"


def test_titles_come_in_the_language_asked_for() -> None:
    assert Colour("red") is Colour.RED
    assert [Colour.RED.title("zh"), titled(Colour.RED, "en")] == ["红", "Red"]
    assert titled({"zh": "红", "en": "Red"}, "en") == "Red"
    assert titled({"zh": "红"}, "en") == "红"
