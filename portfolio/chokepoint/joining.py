"""What the texts of a company say together: each is read by itself as its source is read, and what
several say of one technology is joined into one suggestion (pure)."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from portfolio.chokepoint.lexicon import Lexicon
from portfolio.chokepoint.sources import Book, Text, book, digests_of, in_order, log_odds
from portfolio.chokepoint.suggest import ENOUGH, Role, Suggestion, readings
from portfolio.chokepoint.taxonomy import Technology

LEAST = 0.01  # of what is rounded to nothing or to one


class Part(NamedTuple):
    """What one text says of a technology."""

    text: Text
    said: Suggestion


class Joined(NamedTuple):
    """What the texts of a company that name a technology say of it together: how sure it is that the
    company develops it, the part that says most first, the others as they stand."""

    technology: Technology
    confidence: float
    parts: tuple[Part, ...]

    @property
    def best(self) -> Suggestion:
        """What the text says that says most."""
        return self.parts[0].said

    @property
    def evidence(self) -> str:
        """The words that it rests on first of all."""
        return self.best.evidence

    @property
    def claiming(self) -> Sequence[Part]:
        """The parts that claim it; where none does by itself, the one that says most."""
        return [p for p in self.parts if p.said.confidence >= ENOUGH] or self.parts[:1]

    @property
    def sources(self) -> str:
        """The sources that claim it, in one column."""
        return " ".join(in_order(part.text.source for part in self.claiming))

    @property
    def digests(self) -> str:
        """The texts that name it, in one column."""
        return digests_of(part.text for part in self.parts)


def named(texts: Sequence[Text], words: Lexicon) -> list[Joined]:
    """Every technology that the texts of a company name, claimed or not, the surest first."""
    terms = book()
    parts: dict[str, list[Part]] = {}
    for text in texts:
        for said in readings(text.text, words, source=terms.sources[text.source]):
            parts.setdefault(said.technology.id, []).append(Part(text, said))
    found = [_joined(of, terms) for of in parts.values()]
    return sorted(found, key=lambda one: -one.confidence)


def claimed(texts: Sequence[Text], words: Lexicon) -> list[Joined]:
    """The technologies that the texts of a company claim, the surest first."""
    return [one for one in named(texts, words) if one.confidence >= ENOUGH]


def _joined(parts: list[Part], terms: Book) -> Joined:
    worth = {id(part): _worth(part, terms) for part in parts}
    parts.sort(key=lambda part: -worth[id(part)])
    first = parts[0]
    total = worth[id(first)]
    for source, said in _by_source(parts).items():
        if source != first.text.source:
            if any(one.confidence >= ENOUGH for one in said):
                total += terms.agrees
            elif any(one.role is not Role.MENTIONS for one in said):
                total += terms.against
    sure = min(round(1 / (1 + math.exp(-total)), 2), terms.most_sure)
    return Joined(first.said.technology, sure, tuple(parts))


def _by_source(parts: Sequence[Part]) -> Mapping[str, list[Suggestion]]:
    found: dict[str, list[Suggestion]] = {}
    for part in parts:
        found.setdefault(part.text.source, []).append(part.said)
    return found


def _worth(part: Part, terms: Book) -> float:
    """What a text says in log-odds, no more than its source is worth."""
    said = log_odds(min(1 - LEAST, max(LEAST, part.said.confidence)))
    return min(said, terms.sources[part.text.source].most_sure)
