"""Telephone numbers as people write them: one number, perhaps with an extension."""

import re

from portfolio.kernel.errors import InputError
from portfolio.kernel.text import clean, halfwidth

SHORTEST, LONGEST, LEAST_DIGITS = 6, 30, 5
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−", "-"))
_EXTENSION = r"(?:转|轉|分机|ext\.?|x)"
_NUMBER = re.compile(
    rf"(?P<number>\(?\+?[0-9][0-9() -]*)(?:{_EXTENSION}\s?(?P<extension>[0-9]{{1,6}}))?",
    re.IGNORECASE,
)


def checked(text: str) -> str:
    """The number in common digits and signs: 0532-88887777转801, +86 138 0000 0000.

    Raises InputError `phone.malformed` for anything but digits, spaces, +, -, brackets and an
    extension, for fewer than 5 digits, and outside of 6 to 30 characters.
    """
    plain = clean(halfwidth(clean(text)).translate(_DASHES))
    match = _NUMBER.fullmatch(plain)
    if match is None or not SHORTEST <= len(plain) <= LONGEST:
        raise InputError("phone.malformed", value=text)
    if sum(map(str.isdigit, match["number"])) < LEAST_DIGITS:
        raise InputError("phone.malformed", value=text)
    return plain


def dialled(text: str) -> str:
    """What a link calls: the digits with a leading plus, the extension apart; empty for a text
    that is no number."""
    match = _NUMBER.fullmatch(text)
    if match is None:
        return ""
    digits = "".join(filter(str.isdigit, match["number"]))
    called = f"+{digits}" if "+" in match["number"] else digits
    return f"{called};ext={match['extension']}" if match["extension"] else called
