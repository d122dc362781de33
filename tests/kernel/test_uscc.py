"""The credit code: seven real ones, and what is wrong with the others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio.kernel import uscc
from portfolio.kernel.errors import InputError

REAL = (
    "91370200264574251E",
    "914403001922038216",
    "9144030071526726XG",
    "91100000100003962T",
    "91330100799655058B",
    "91110000802100433B",
    "91370200163562681G",
)


@pytest.mark.parametrize("code", REAL)
def test_real_codes_hold(code: str) -> None:
    assert uscc.checked(code) == code
    assert uscc.checked(f" {code.lower()[:8]} {code.lower()[8:]}\u200b") == code
    assert uscc.organisation_check_ok(code)


@pytest.mark.parametrize("code", REAL)
def test_a_wrong_last_character_is_refused_without_proposing_one(code: str) -> None:
    wrong = code[:17] + ("0" if code[17] != "0" else "1")
    with pytest.raises(InputError) as refusal:
        uscc.checked(wrong)
    assert refusal.value.code == "uscc.check_digit"
    assert refusal.value.params == {"value": wrong}


@given(st.sampled_from(REAL), st.integers(0, 16), st.sampled_from(uscc.ALPHABET))
def test_one_wrong_character_never_passes(code: str, place: int, other: str) -> None:
    changed = code[:place] + other + code[place + 1 :]
    if changed == code:
        return
    with pytest.raises(InputError, match="check_digit"):
        uscc.checked(changed)


def test_length_and_letters_that_never_occur_are_told_apart() -> None:
    with pytest.raises(InputError, match=r"uscc\.length") as short:
        uscc.checked(REAL[0][:17])
    assert short.value.params == {"length": 17}
    with pytest.raises(InputError, match=r"uscc\.character") as letter:
        uscc.checked("9137020026457425OE")
    assert letter.value.params == {"value": "O"}


def test_full_width_digits_are_read() -> None:
    assert uscc.checked("９１３７０２００264574251E") == REAL[0]


def test_a_foreign_organisation_code_is_only_a_warning() -> None:
    body = "91370200264574252"  # the organisation code's own check is off
    code = body + uscc.check_character(body)
    assert uscc.checked(code) == code
    assert not uscc.organisation_check_ok(code)
