"""A phrase of tokens finds exactly what a plain comparison of folded texts finds."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypinyin import lazy_pinyin

from portfolio.kernel import tokens
from portfolio.kernel.text import folded

# Few characters, so that fragments meet by chance; Latin ones in both cases and widths, and
# characters that are neither Latin nor Chinese.
CHINESE = "青岛海纳重庆长安银行"
ALPHABET = CHINESE + "aAbＢ1é -（"
NAMES = st.text(alphabet=ALPHABET, min_size=1, max_size=24)
TOKEN = re.compile(r"[a-z][a-z0-9]*")


def hit(query: str, *names: str, codes: tuple[str, ...] = ()) -> bool:
    """What the full-text engine answers to the phrase."""
    phrase = tokens.query_phrases(query)
    assert phrase is not None
    return f" {' '.join(phrase)} " in f" {tokens.index_text(names, codes)} "


@given(st.lists(NAMES, min_size=1, max_size=3), st.text(alphabet=CHINESE, min_size=2, max_size=6))
def test_a_chinese_fragment_finds_the_names_that_hold_it(names: list[str], query: str) -> None:
    assert hit(query, *names) == any(folded(query) in folded(name) for name in names)


@given(st.text(alphabet="aAbＢ1é -（", min_size=1, max_size=24), st.data())
def test_a_latin_fragment_finds_the_names_that_hold_it(name: str, data: st.DataObject) -> None:
    query = data.draw(st.text(alphabet="abé1", min_size=2, max_size=6))
    assert hit(query, name) == (folded(query) in folded(name))


@given(NAMES, st.data())
def test_each_fragment_of_a_name_finds_it(name: str, data: st.DataObject) -> None:
    text = folded(name)
    if len(text) < 2:
        return
    start = data.draw(st.integers(0, len(text) - 2))
    assert hit(text[start : data.draw(st.integers(start + 2, len(text)))], name)


@given(st.lists(NAMES, max_size=3), st.lists(NAMES, max_size=2))
def test_tokens_mean_the_same_to_both_databases(names: list[str], codes: list[str]) -> None:
    for token in tokens.index_text(names, codes).split():
        assert TOKEN.fullmatch(token)


@pytest.mark.parametrize("query", ["", "青", "a", " - ", "（", "%"])
def test_what_is_too_short_has_no_phrase(query: str) -> None:
    assert tokens.query_phrases(query) is None


@pytest.mark.parametrize(
    "query",
    ["qdhn", "hainajing", "QingDao", "海纳", "纳精密", "qd", "cdkj", "科技有限公司"],
)
def test_pinyin_and_initials_find_a_company(query: str) -> None:
    assert hit(query, "青岛海纳精密传动科技有限公司")


@pytest.mark.parametrize("query", ["cqcajs", "zqca", "chongqing", "zhongqing", "chongqingchangan"])
def test_characters_with_several_readings_are_found_by_each(query: str) -> None:
    assert hit(query, "重庆长安建设")


def test_latin_inside_a_chinese_name_is_found() -> None:
    assert hit("uvled", "青岛 UV-LED 光电")
    assert hit("青岛uv", "青岛 UV-LED 光电")
    assert not hit("vle光", "青岛 UV-LED 光电")


def test_a_fragment_does_not_cross_from_one_name_into_the_next() -> None:
    assert not hit("岛海纳", "青岛海", "海纳")
    assert not hit("abcd", "abc", "bcd")
    assert not hit("qdhn", "青岛", "海纳")
    assert not hit("0123", "甲", codes=("430", "123"))


def test_codes_are_found_by_a_part() -> None:
    assert hit("2002645", "甲乙", codes=("91370200264574251E",))
    assert hit("430047", "甲乙", codes=("430047",))


def test_a_name_has_at_most_eight_readings() -> None:
    assert len(tokens.readings("重长行乐朝厦都传单曾盛藏")) == tokens.MOST_READINGS
    assert tokens.readings("acme") == ()


@given(NAMES)
def test_readings_are_those_of_the_whole_name(name: str) -> None:
    text = folded(name)
    found = tokens.readings(text)
    usual = [folded(sound) or sound for sound in lazy_pinyin(text, errors=list)]
    if len(usual) == len(text) and "".join(usual) != text:
        assert found[0] == ("".join(usual), "".join(sound[0] for sound in usual))
    else:
        assert found == ()
