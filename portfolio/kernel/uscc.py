"""The unified social credit code (统一社会信用代码, GB 32100-2015) and its check characters."""

from portfolio.kernel.errors import InputError
from portfolio.kernel.text import clean, halfwidth

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_WEIGHTS = [3**n % 31 for n in range(17)]
_ORGANISATION = (3, 7, 9, 10, 5, 8, 4, 2)
_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def check_character(body: str) -> str:
    """The 18th character for the first 17."""
    total = sum(ALPHABET.index(c) * w for c, w in zip(body, _WEIGHTS, strict=True))
    return ALPHABET[(31 - total % 31) % 31]


def checked(text: str) -> str:
    """The code in its one written form.

    Raises InputError `uscc.length`, `uscc.character` (with the first bad one) or
    `uscc.check_digit`. Which character is the wrong one nobody can tell, so none is proposed.
    """
    code = halfwidth(clean(text)).replace(" ", "").upper()
    if len(code) != 18:
        raise InputError("uscc.length", length=len(code))
    bad = next((c for c in code if c not in ALPHABET), None)
    if bad:
        raise InputError("uscc.character", value=bad)
    if code[17] != check_character(code[:17]):
        raise InputError("uscc.check_digit", value=code)
    return code


def organisation_check_ok(code: str) -> bool:
    """Whether characters 9 to 17 fit the organisation code of GB 11714; a warning only."""
    body, check = code[8:16], code[16]
    total = sum(_LETTERS.index(c) * w for c, w in zip(body, _ORGANISATION, strict=True))
    return check == {10: "X", 11: "0"}.get(11 - total % 11, str(11 - total % 11))
