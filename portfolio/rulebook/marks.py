"""How well a text is verified: marks and their order (pure).

Vn: n independent sources agree; S1: one source; S1+M: one source and memory; M: from memory;
INC: known to be incomplete; NF: the text was not found.
"""

import re
from collections.abc import Iterable

WEAK = ("S1", "S1+M", "M", "INC", "NF")  # from the stronger to the weaker
NOT_FOUND = "NF"
UNVERIFIED = frozenset({"M", "INC", NOT_FOUND})
_SOURCES = re.compile(r"V([1-9]\d?)")


def is_mark(text: str) -> bool:
    """Whether it is one of the marks."""
    return text in WEAK or bool(_SOURCES.fullmatch(text))


def weakest(marks: Iterable[str]) -> str:
    """The weakest of some marks."""
    return max(marks, key=_weakness)


def _weakness(mark: str) -> int:
    return 100 + WEAK.index(mark) if mark in WEAK else -int(mark[1:])
