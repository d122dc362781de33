"""The words a text is read by: names of technologies and the words that say what is done with
them, in one table that is looked up by the first two characters (pure)."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

from portfolio.chokepoint.folding import flattened
from portfolio.chokepoint.taxonomy import Taxonomy, taxonomy

CUES_FILE = Path(__file__).with_name("cues.toml")
VOCABULARY = Path(__file__).with_name("vocabulary")
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
    """All words; by the first two characters of words and the third (or "" for none) the lengths of
    words that may stand there, the longest first; the words that mark the registered scope of a
    business; the domain of each technology, and the domains of which a product may be a stuff; the
    technology that the pieces of another are; the technologies that equipment called after them is
    not; what may follow a name and leaves it what it is."""

    words: Mapping[str, Word]
    lengths: Mapping[tuple[str, str], Mapping[str, tuple[int, ...]]]
    markers: tuple[str, ...]
    domains: Mapping[str, str]
    stuffs: frozenset[str]
    pieces: Mapping[str, str]
    not_equipment: frozenset[str]
    after: frozenset[str]


def parted(text: str) -> list[str]:
    """The words of a list as the data files write it: between 、 or line breaks."""
    return [word for line in text.split("\n") for word in line.split("、") if word]


def vocabulary() -> dict[str, dict[str, list[str]]]:
    """The words of each technology besides its names and aliases: words, loose, not."""
    found: dict[str, dict[str, list[str]]] = {}
    for path in sorted(VOCABULARY.glob("*.toml")):
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        data.pop("version")
        for technology, kinds in data.items():
            found[technology] = {kind: parted(words) for kind, words in kinds.items()}
    return found


def build(book: Taxonomy, more: Mapping[str, Mapping[str, Sequence[str]]]) -> Lexicon:
    """The table for a taxonomy and further words of its technologies."""
    words: dict[str, Word] = {}

    def word(text: str) -> Word:
        return words.setdefault(flattened(text), Word())

    for technology in book.technologies.values():
        own = more.get(technology.id, {})
        entries = [(True, n) for n in own.get("loose", ())] + [
            (False, n) for n in own.get("words", ())
        ]
        known = {name.partition(" & ")[0] for _, name in entries}
        names = dict.fromkeys((technology.zh, *technology.aliases))
        entries += [(False, name) for name in names if name not in known]
        for loose, name in entries:
            text, _, beside = name.partition(" & ")
            if len(text) > 1:
                near = tuple(flattened(b) for b in beside.split("|")) if beside else ()
                found = word(text)
                found.meanings += (Meaning(technology.id, loose, near),)
                found.sure = found.sure and not near
        for name in (*technology.exclude, *own.get("not", ())):
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
        _lengths(words),
        tuple(parted(data["registered"]["markers"])),
        {t.id: t.domain for t in book.technologies.values()},
        frozenset(data["stuffs"]["domains"]),
        {whole: kinds["pieces"][0] for whole, kinds in more.items() if "pieces" in kinds},
        frozenset(name for name, kinds in more.items() if "equipment" in kinds),
        frozenset((*data["after"]["characters"], *parted(data["after"]["words"]))),
    )


def _lengths(words: Iterable[str]) -> dict[tuple[str, str], dict[str, tuple[int, ...]]]:
    found: dict[tuple[str, str], dict[str, set[int]]] = {}
    for word in words:
        if len(word) > 1:
            third = found.setdefault((word[0], word[1]), {})
            third.setdefault(word[2:3], set()).add(len(word))
    return {
        two: {
            third: tuple(sorted(of | thirds.get("", set()), reverse=True))
            for third, of in thirds.items()
        }
        for two, thirds in found.items()
    }


@cache
def lexicon() -> Lexicon:
    """The table of the house."""
    return build(taxonomy(), vocabulary())
