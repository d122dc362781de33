"""One form for every way of writing: markup, width, case, simplified characters (pure).

Nothing here changes a text's length, so that places found in it hold for the original.
"""

import re
import sys
import tomllib
import unicodedata
from functools import cache, lru_cache
from pathlib import Path

FILE = Path(__file__).with_name("traditional.toml")
FEW = 0x10000
_DATA = tomllib.loads(FILE.read_text(encoding="utf-8"))
_OLD, _NEW = (_DATA[key].replace("\n", "") for key in ("traditional", "simplified"))
_ELSEWHERE = dict(pair.split("=") for pair in _DATA["elsewhere"].split())
_TRADITIONAL = re.compile(f"[{_OLD}]")
_CALLED_OTHERWISE = re.compile("|".join(sorted(_ELSEWHERE, key=len, reverse=True)))
_TAG = re.compile(r"</?([a-zA-Z!][a-zA-Z0-9]*)[^<>]{0,2000}>")
_ENTITY = re.compile(r"&(?:[a-zA-Z]{2,8}|#[0-9]{1,6});")
UNREAD = frozenset({"script", "style"})


_SIMPLIFIED = dict(zip(_OLD, _NEW, strict=True))


@lru_cache(maxsize=FEW)
def form(char: str) -> str:
    """The one form of a character: its width, case and strokes."""
    one = unicodedata.normalize("NFKC", char)
    small = (one if len(one) == 1 else char).lower()
    found = small if len(small) == 1 else char
    return _SIMPLIFIED.get(found, found)


@cache
def _changing() -> re.Pattern[str]:
    """The characters that have another form; of the rare ones (beyond 16 bits) all."""
    chars = "".join(c for c in map(chr, range(FEW)) if form(c) != c)
    form.cache_clear()
    return re.compile(f"[{re.escape(chars)}{chr(FEW)}-{chr(sys.maxunicode)}]")


def flattened(text: str) -> str:
    """One width, one case, simplified characters and words."""
    flat = _changing().sub(lambda match: form(match[0]), text)
    if _TRADITIONAL.search(text):
        flat = _CALLED_OTHERWISE.sub(lambda match: _ELSEWHERE[match[0]], flat)
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
