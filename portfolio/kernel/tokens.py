"""Search tokens: overlapping pieces of names, so that a phrase of them is a fragment search.

The same ASCII tokens go into the full-text engine of either database. Chinese is cut into pairs
of characters, Latin text (English, pinyin, codes) into triples, and short Latin fields also into
pairs. A fragment is found where its own pieces stand one after another.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from pypinyin import Style, lazy_pinyin, pinyin

from portfolio.kernel.text import folded

BREAK = "zz"
MOST_READINGS = 8
_LATIN = re.compile(r"[0-9a-z]+")


def index_text(names: Iterable[str], codes: Iterable[str]) -> str:
    """Everything a company is found by, as tokens with breaks between the fields."""
    fields: dict[str, None] = {}
    for name in names:
        text = folded(name)
        fields[text] = None
        for full, initials in readings(text):
            fields[full] = None
            fields[initials] = None
    for code in codes:
        fields[folded(code)] = None
    streams = (stream for text in fields if text for stream in _streams(text))
    return f" {BREAK} ".join(" ".join(stream) for stream in streams if stream)


def query_phrases(query: str) -> Sequence[str] | None:
    """The consecutive tokens of a fragment, or None when it is too short to have any."""
    text = folded(query)
    if len(text) < 2:
        return None
    size = 3 if _LATIN.fullmatch(text) and len(text) > 2 else 2
    return _pieces(text, size)


def _streams(text: str) -> Iterator[list[str]]:
    yield _pieces(text, 2)
    if _LATIN.fullmatch(text) and len(text) > 2:
        yield _pieces(text, 3)


def _pieces(text: str, size: int) -> list[str]:
    return [_token(text[n : n + size]) for n in range(len(text) - size + 1)]


@lru_cache(maxsize=200_000)
def _token(piece: str) -> str:
    if _LATIN.fullmatch(piece):
        return f"t{piece}"
    return "u" + "x".join(f"{ord(c):x}" for c in piece)


@lru_cache(maxsize=20_000)
def _sounds(character: str) -> tuple[str, ...]:
    """All readings of one character, without tones."""
    found = pinyin(character, style=Style.NORMAL, heteronym=True, errors="ignore")
    return tuple(dict.fromkeys(folded(s) for s in (found[0] if found else ()) if folded(s)))


def readings(text: str) -> list[tuple[str, str]]:
    """(full pinyin, initials) of a name: the reading its words suggest, then others that differ
    from it in one character (重庆: chongqing, zhongqing). None without Chinese."""
    usual = lazy_pinyin(text, errors=list)
    sounds = [folded(sound) or sound for sound in usual]
    if len(sounds) != len(text) or "".join(sounds) == text:
        return []
    variants = [sounds]
    for place, character in enumerate(text):
        others = () if _LATIN.fullmatch(character) else _sounds(character)
        for other in others:
            if other != sounds[place] and len(variants) < MOST_READINGS:
                variants.append([*sounds[:place], other, *sounds[place + 1 :]])
    return [("".join(v), "".join(sound[0] for sound in v)) for v in variants]
