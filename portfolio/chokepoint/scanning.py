"""The words of the table that stand in a text, from left to right (pure)."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from operator import itemgetter
from typing import NamedTuple

from portfolio.chokepoint.lexicon import Lexicon, Meaning, Word

_ENDS = re.compile(r"[。;!?\n\r.]")
_FULL_STOP = re.compile(r"(?<![0-9])\.(?=\s|$)")

LONGEST = 400
_FROM_THE_LEFT = itemgetter(0, 1)


class Token(NamedTuple):
    """A word of the table where it stands."""

    start: int
    end: int
    word: Word
    meanings: tuple[Meaning, ...]


def tokens(flat: str, lexicon: Lexicon, ends: Sequence[int], registered: bool) -> list[Token]:
    """The words of a flattened text from left to right, each the longest that fits."""
    every = [(end + 1 - size, -size, word) for end, (size, word) in lexicon.names.iter(flat)]
    every.sort(key=_FROM_THE_LEFT)
    found: list[Token] = []
    free = 0
    for place, less, word in every:
        if place < free:
            continue
        end = place - less
        if word.latin and _inside(flat, place, end):
            continue
        if word.registered and registered:
            meanings: tuple[Meaning, ...] = ()
        else:
            meanings = word.meanings if word.sure else _meant(word, flat, place, ends)
            if not meanings and not word.plain:
                continue
        free = end
        found.append(Token(place, end, word, meanings))
    return found


def _inside(flat: str, start: int, end: int) -> bool:
    """Whether what was found is a part of a longer Latin word."""
    first, last = flat[start], flat[end - 1]
    if first.isascii() and first.isalpha() and start:
        before = flat[start - 1]
        if before.isascii() and before.isalpha():
            return True
    if last.isascii() and last.isalpha() and end < len(flat):
        after = flat[end]
        return after.isascii() and after.isalpha()
    return False


def _meant(word: Word, flat: str, place: int, ends: Sequence[int]) -> tuple[Meaning, ...]:
    at = bisect_right(ends, place)
    sentence = flat[ends[at - 1] if at else 0 : ends[at] if at < len(ends) else len(flat)]
    return tuple(
        m for m in word.meanings if not m.beside or any(near in sentence for near in m.beside)
    )


def sentence_ends(flat: str) -> list[int]:
    """Where sentences end; one that never ends is cut."""
    found: list[int] = []
    last = 0
    for end in (*(match.start() for match in _ENDS.finditer(flat)), len(flat)):
        if flat[end : end + 1] == "." and not _FULL_STOP.match(flat, end):
            continue
        if end - last > LONGEST:
            found.extend(range(last + LONGEST, end, LONGEST))
        found.append(end)
        last = end
    return found[:-1]
