"""Stock codes: six digits, and the board their first digits stand for."""

import re

from portfolio.kernel.errors import InputError
from portfolio.kernel.text import clean, halfwidth

_CODE = re.compile(r"([0-9]{6})(?:\.[A-Z]{2})?")
_BETWEEN = re.compile(r"[\s;；,，、]+")
# First digits and the board: NEEQ and BSE here, the rest for completeness.
_BOARDS = (
    ("920", "BSE"),
    ("43", "NEEQ"),
    ("83", "NEEQ"),
    ("87", "NEEQ"),
    ("688", "STAR"),
    ("30", "ChiNext"),
    ("60", "SSE"),
    ("00", "SZSE"),
)


def normalise(text: str) -> str:
    """Six digits of 430047, 871444.OC or 920000.BJ. Raises InputError `stock_code.malformed`."""
    match = _CODE.fullmatch(halfwidth(clean(text)).upper())
    if match is None:
        raise InputError("stock_code.malformed", value=text)
    return match.group(1)


def several(text: str) -> list[str]:
    """The codes in a text, parted by spaces, commas or semicolons. Raises as `normalise` does."""
    return [normalise(code) for code in _BETWEEN.split(text) if code]


def board_of(code: str) -> str:
    """The board that the first digits point to, "" when they say nothing."""
    return next((board for prefix, board in _BOARDS if code.startswith(prefix)), "")
