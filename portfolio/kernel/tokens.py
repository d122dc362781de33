"""Search tokens: overlapping pieces of names, so that a phrase of them is a fragment search.

The same ASCII tokens go into the full-text engine of either database. Names and initials are cut
into pairs of characters; runs of Latin letters and digits (English, pinyin, codes) into triples.
A fragment is found where its own pieces stand one after another.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from pypinyin import Style, lazy_pinyin, pinyin
from pypinyin.seg.simpleseg import seg

from portfolio.kernel.text import folded, without_legal_form

BREAK = "zz"
MOST_READINGS = 8
AROUND = 5  # syllables kept on each side of a character that is read in another way
_LATIN = re.compile(r"[0-9a-z]+")


def index_text(names: Iterable[str], codes: Iterable[str]) -> str:
    """Everything a company is found by, as tokens with breaks between the fields."""
    named = _distinct(folded(name) for name in names)
    sounds = [reading for name in named for reading in readings(name)]
    initials = _distinct(short for _, short in sounds)
    streams = [
        *(_pieces(text, 2) for text in (*named, *initials)),
        *(_triples(run) for run in _distinct(_runs(named, sounds, initials, codes))),
    ]
    return f" {BREAK} ".join(" ".join(stream) for stream in streams if stream)


def query_phrases(query: str) -> Sequence[str] | None:
    """The consecutive tokens of a fragment, or None when it is too short to have any."""
    text = folded(query)
    if len(text) < 2:
        return None
    return _pieces(text, 3 if _LATIN.fullmatch(text) and len(text) > 2 else 2)


def _distinct(texts: Iterable[str]) -> list[str]:
    """The texts that are no part of a longer one: what they would add is there already."""
    kept: list[str] = []
    for text in sorted(sorted(set(texts)), key=len, reverse=True):
        for longer in kept:
            if text in longer:
                break
        else:
            if text:
                kept.append(text)
    return kept


def _runs(
    named: Iterable[str],
    sounds: Iterable[tuple[str, str]],
    initials: Iterable[str],
    codes: Iterable[str],
) -> Iterator[str]:
    """Every unbroken run of Latin letters and digits in the fields."""
    fields = [*named, *(full for full, _ in sounds), *initials, *(folded(code) for code in codes)]
    for text in fields:
        yield from _LATIN.findall(text)


def _pieces(text: str, size: int) -> list[str]:
    return [_token(text[n : n + size]) for n in range(len(text) - size + 1)]


def _triples(run: str) -> list[str]:
    """The pieces of a run of Latin letters and digits, which need no look at their characters."""
    return [f"t{run[n : n + 3]}" for n in range(len(run) - 2)]


@lru_cache(maxsize=200_000)
def _token(piece: str) -> str:
    if _LATIN.fullmatch(piece):
        return f"t{piece}"
    return "u" + "x".join(f"{ord(c):x}" for c in piece)


@lru_cache(maxsize=20_000)
def _other_sound(character: str, usual: str) -> str:
    """The commonest other reading of a character, without tone; "" when there is none."""
    if _LATIN.fullmatch(character):
        return ""
    found = pinyin(character, style=Style.NORMAL, heteronym=True, errors="ignore")
    sounds = (folded(sound) for sound in (found[0] if found else ()))
    return next((sound for sound in sounds if sound and sound != usual), "")


@lru_cache(maxsize=50_000)
def _sounds(word: str) -> tuple[str, ...]:
    """The usual reading of each character of a word, without tone; what has none stays as it is."""
    if _LATIN.fullmatch(word):
        return tuple(word)
    cut = lazy_pinyin([word], errors=list)  # type: ignore[arg-type]  # a list is what it wants
    return tuple(folded(sound) or sound for sound in cut)


@lru_cache(maxsize=1_000)
def _spoken(text: str) -> tuple[str, ...]:
    return tuple(sound for word in seg(text) for sound in _sounds(word))


@lru_cache(maxsize=1_000)
def syllables(text: str) -> tuple[str, ...]:
    """How each part of a folded text is spoken, without tones; Latin letters stay as they are."""
    return tuple(_spoken(text))


def sound(text: str) -> str:
    """A folded text as it is spoken, in one word."""
    return folded("".join(_spoken(text)))


@lru_cache(maxsize=1_000)
def readings(text: str) -> tuple[tuple[str, str], ...]:
    """(pinyin, initials) of a folded name, empty without Chinese.

    First the whole name as its words suggest, then the surroundings of each character that can be
    read in another way (重庆: chongqing, zhongqing), but not of those in the legal form.
    """
    bare = without_legal_form(text)
    head = bare if text.startswith(bare) else text
    usual = [*_spoken(head), *_spoken(text[len(head) :])]
    if len(usual) != len(text) or "".join(usual) == text:
        return ()
    variants = [usual]
    for place, character in enumerate(bare):
        other = _other_sound(character, usual[place])
        if other and len(variants) < MOST_READINGS:
            before = usual[max(0, place - AROUND) : place]
            variants.append([*before, other, *usual[place + 1 : place + 1 + AROUND]])
    return tuple(("".join(v), "".join(sound[0] for sound in v)) for v in variants)
