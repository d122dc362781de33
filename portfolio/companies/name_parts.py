"""The part of a company's name that tells it from others, and what to look for by it (pure)."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from portfolio.kernel.text import folded, without_legal_form
from portfolio.kernel.tokens import syllables

SHORTEST = 2
LONGEST = 100  # what stands behind so many characters tells no company from another
_DATA: dict[str, Any] = tomllib.loads(
    Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
)


def _any(words: list[str]) -> str:
    return "(?:" + "|".join(sorted(map(re.escape, words), key=len, reverse=True)) + ")"


_PLACE = f"{_any(_DATA['places'])}{_any(_DATA['place_forms'])}?"
_FORMS = frozenset(_DATA["place_forms"])
_BEFORE = re.compile(f"^{_PLACE}")
_CITY = re.compile(f"^({_any(_DATA['places'])})市(?=.)")
_BEHIND = re.compile(f"(?:{_PLACE}|{_any(_DATA['trades'])})$")
_SAYS_NOTHING = re.compile(f"(?:{_PLACE}|{_any(_DATA['trades'])})+")


def same_place(one: str, other: str) -> bool:
    """Whether two texts name one place, with or without what it is: 济南市 and 济南."""
    short, long = sorted((folded(one), folded(other)), key=len)
    return short == long or (len(short) >= SHORTEST and long in {short + f for f in _FORMS})


def without_city_mark(bare: str) -> str:
    """A name without its legal form, its city at the beginning without 市: 青岛市海纳 is 青岛海纳."""
    return _CITY.sub(r"\1", bare)


def core(name: str) -> str:
    """A name without legal form, place and what the company does, as far as something is left."""
    rest = without_legal_form(name)
    for ends in (_BEFORE, _BEHIND):
        while len(shorter := ends.sub("", rest)) >= SHORTEST and shorter != rest:
            rest = shorter
    return rest


@dataclass(frozen=True)
class Probe:
    """A text to look for; `spoken` holds the syllables where it is the sound of a name."""

    text: str
    spoken: tuple[str, ...] = ()

    def fits(self, name: str) -> bool:
        """Whether a name that was found by letters has these very syllables in a row."""
        size, heard = len(self.spoken), syllables(without_legal_form(name))
        return not size or any(
            heard[n : n + size] == self.spoken for n in range(len(heard) - size + 1)
        )


def probes(name: str) -> Iterator[Probe]:
    """What to look for when a name is being typed, the most telling first: itself, its core, and
    the sound of that. What says nothing but a place or a trade is looked for as it stands alone."""
    bare, told = without_legal_form(name[:LONGEST]), core(name[:LONGEST])
    if len(bare) < SHORTEST:
        return
    yield Probe(bare)
    if _SAYS_NOTHING.fullmatch(told):
        return
    if told != bare:
        yield Probe(told)
    spoken = syllables(told)
    if len(spoken) >= SHORTEST and "".join(spoken) != told:
        yield Probe("".join(spoken), spoken)
