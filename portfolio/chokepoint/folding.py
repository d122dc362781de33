"""One form for every way of writing: markup, width, case, simplified characters (pure).

Nothing here changes a text's length, so that places found in it hold for the original.
"""

import re
import sys
import tomllib
import unicodedata
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

FILE = Path(__file__).with_name("traditional.toml")
FEW = 0x10000
_TAG = re.compile(r"</?([a-zA-Z!][a-zA-Z0-9]*)[^<>]{0,2000}>")
_ENTITY = re.compile(r"&(?:[a-zA-Z]{2,8}|#[0-9]{1,6});")
UNREAD = frozenset({"script", "style"})


class Traditional(NamedTuple):
    """How the same is written and called elsewhere: characters with their simplified ones, words
    with ours, and where either may stand."""

    characters: Mapping[str, str]
    words: Mapping[str, str]
    character: re.Pattern[str]
    word: re.Pattern[str]


@cache
def traditional() -> Traditional:
    """The table of the file."""
    data = tomllib.loads(FILE.read_text(encoding="utf-8"))
    old, new = (data[key].replace("\n", "") for key in ("traditional", "simplified"))
    words = dict(pair.split("=") for pair in data["elsewhere"].split())
    return Traditional(
        dict(zip(old, new, strict=True)),
        words,
        re.compile(f"[{old}]"),
        re.compile("|".join(sorted(words, key=len, reverse=True))),
    )


@lru_cache(maxsize=FEW)
def form(char: str) -> str:
    """The one form of a character: its width, case and strokes."""
    one = unicodedata.normalize("NFKC", char)
    small = (one if len(one) == 1 else char).lower()
    found = small if len(small) == 1 else char
    return traditional().characters.get(found, found)


@cache
def _changing() -> re.Pattern[str]:
    """The characters that have another form; of the rare ones (beyond 16 bits) all."""
    chars = "".join(c for c in map(chr, range(FEW)) if form(c) != c)
    form.cache_clear()
    return re.compile(f"[{re.escape(chars)}{chr(FEW)}-{chr(sys.maxunicode)}]")


def flattened(text: str) -> str:
    """One width, one case, simplified characters and words."""
    flat = _changing().sub(lambda match: form(match[0]), text)
    table = traditional()
    if table.character.search(text):
        flat = table.word.sub(lambda match: table.words[match[0]], flat)
    return flat


def unmarked(text: str) -> str:
    """A text with blanks for its tags and entities and for what stands in scripts and styles."""
    if "<" in text:
        text = _untagged(text)
    return _ENTITY.sub(lambda match: " " * len(match[0]), text) if "&" in text else text


def _untagged(text: str) -> str:
    pieces: list[str] = []
    place, unread = 0, ""
    for tag in _TAG.finditer(text):
        name, closing = tag[1].lower(), tag[0].startswith("</")
        between = text[place : tag.start()]
        pieces.append(" " * len(between) if unread else between)
        pieces.append(" " * len(tag[0]))
        if unread:
            unread = "" if closing and name == unread else unread
        elif name in UNREAD and not closing:
            unread = name
        place = tag.end()
    rest = text[place:]
    return "".join([*pieces, " " * len(rest) if unread else rest])
