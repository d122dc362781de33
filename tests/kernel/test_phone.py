"""Telephone numbers as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio.kernel.errors import InputError
from portfolio.kernel.phone import LONGEST, SHORTEST, checked, dialled


@pytest.mark.parametrize(
    ("typed", "kept", "called"),
    [
        ("13800000000", "13800000000", "13800000000"),
        (" +86 138 0000 0000 ", "+86 138 0000 0000", "+8613800000000"),
        ("（０５３２）８８８８－７７７７", "(0532)8888-7777", "053288887777"),
        ("(+86) 532 8888 7777", "(+86) 532 8888 7777", "+8653288887777"),
        ("0532—88887777 转 801", "0532-88887777 转 801", "053288887777;ext=801"),
        ("0532-88887777转801", "0532-88887777转801", "053288887777;ext=801"),
        ("400 800 1234 Ext. 5", "400 800 1234 Ext. 5", "4008001234;ext=5"),
        ("400 800 1234分机５", "400 800 1234分机5", "4008001234;ext=5"),
        ("95-588", "95-588", "95588"),
    ],
)
def test_a_number_is_kept_in_common_digits_and_can_be_called(typed, kept, called) -> None:
    assert checked(typed) == kept
    assert checked(kept) == kept
    assert dialled(kept) == called


@pytest.mark.parametrize(
    "typed",
    [
        "张三",
        "12345",  # five characters
        "1 2 3 4",  # four digits
        "1234 转 5678",  # four digits before the extension
        "1" * 31,
        "138+0000+0000",
        "138 0000 0000 / 139 0000 0000",
        "138 0000 0000 wechat",
        "=1+2+3+4+5",
        "转801",
        "+-()",
        "0532-88887777转",
        "",
    ],
)
def test_what_is_no_number_is_refused_with_what_was_typed(typed) -> None:
    with pytest.raises(InputError) as refused:
        checked(typed)
    assert (refused.value.code, refused.value.params) == ("phone.malformed", {"value": typed})


def test_what_was_kept_before_and_is_no_number_is_no_link() -> None:
    assert dialled("微信 zhangsan") == ""


@given(st.text(alphabet="0123456789０５+＋-－()（） 转extx.分机a", max_size=40))
def test_whatever_is_taken_is_taken_again_and_is_short_enough(typed) -> None:
    try:
        kept = checked(typed)
    except InputError:
        return
    assert checked(kept) == kept and SHORTEST <= len(kept) <= LONGEST
    assert set(dialled(kept)) <= set("+0123456789;ext=")
