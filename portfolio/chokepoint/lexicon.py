"""The words a text is read by: names of technologies and the words that say what is done with
them, with the automaton that finds all of them in one pass over a text (pure)."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import ahocorasick

from portfolio.chokepoint.folding import flattened
from portfolio.chokepoint.taxonomy import Taxonomy, Technology, parted, shipped

CUES_FILE = Path(__file__).with_name("cues.toml")
TERM, NEUTRAL, REGISTERED = "term", "neutral", "registered"


class Meaning(NamedTuple):
    """A technology that a word names: `loose` if only in part of the cases, and only where one of
    `beside` (if there are any) stands in the same sentence."""

    technology: str
    loose: bool
    beside: tuple[str, ...]


@dataclass(slots=True)
class Word:
    """What a word of the table can mean: technologies (`sure` if they are meant wherever it stands),
    a verb, a head of compounds, a sign; `plain` if it means anything but technologies, `latin` if it
    begins or ends in a Latin letter."""

    verb: str = ""
    head: str = ""
    sign: str = ""
    neutral: bool = False
    registered: bool = False
    meanings: tuple[Meaning, ...] = ()
    sure: bool = True
    plain: bool = False
    latin: bool = False


@dataclass(frozen=True)
class Lexicon:
    """All words, and the automaton that finds those of more than one character; the words that mark
    the registered scope of a business; the technologies, the domain of each, and the domains of which
    a product may be a stuff; the technology that the pieces of another are; the technologies that
    equipment called after them is not; what may follow a name and leaves it what it is."""

    words: Mapping[str, Word]
    names: Any
    markers: tuple[str, ...]
    technologies: Mapping[str, Technology]
    domains: Mapping[str, str]
    stuffs: frozenset[str]
    pieces: Mapping[str, str]
    not_equipment: frozenset[str]
    after: frozenset[str]


def build(book: Taxonomy) -> Lexicon:
    """The table for a taxonomy."""
    words: dict[str, Word] = {}

    def word(text: str) -> Word:
        return words.setdefault(flattened(text), Word())

    for technology in book.technologies.values():
        entries = [(True, n) for n in technology.loose] + [(False, n) for n in technology.aliases]
        if technology.zh not in {name.partition(" & ")[0] for _, name in entries}:
            entries.append((False, technology.zh))
        for loose, name in entries:
            text, _, beside = name.partition(" & ")
            if len(text) > 1:
                near = tuple(flattened(b) for b in beside.split("|")) if beside else ()
                found = word(text)
                found.meanings += (Meaning(technology.id, loose, near),)
                found.sure = found.sure and not near
        for name in technology.exclude:
            word(name).neutral = True
    data = tomllib.loads(CUES_FILE.read_text(encoding="utf-8"))
    for part in ("verbs", "heads", "signs"):
        for kind, text in data[part].items():
            for name in parted(text):
                setattr(word(name), part[:-1], kind)
    for name in parted(data["neutral"]["words"]):
        word(name).neutral = True
    for name in parted(data["registered"]["words"]):
        word(name).registered = True
    for text, found in words.items():
        found.plain = bool(found.verb or found.head or found.sign or found.neutral)
        found.latin = any(c.isascii() and c.isalpha() for c in (text[0], text[-1]))
    return Lexicon(
        words,
        _automaton(words),
        tuple(parted(data["registered"]["markers"])),
        book.technologies,
        {t.id: t.domain for t in book.technologies.values()},
        frozenset(data["stuffs"]["domains"]),
        {t.id: t.pieces for t in book.technologies.values() if t.pieces in book.technologies},
        frozenset(t.id for t in book.technologies.values() if t.apart),
        frozenset((*data["after"]["characters"], *parted(data["after"]["words"]))),
    )


def _automaton(words: Mapping[str, Word]) -> Any:
    """Finds every word of more than one character where it stands in a text: (its last place,
    (its length, the word)), ordered by the last place."""
    found = ahocorasick.Automaton()
    for text, word in words.items():
        if len(text) > 1:
            found.add_word(text, (len(text), word))
    found.make_automaton()
    return found


@cache
def lexicon() -> Lexicon:
    """The table of the first edition."""
    return build(shipped())
