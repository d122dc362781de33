"""Suggestions from a text: which technologies it claims to develop, and by which words (pure).

A plain matcher: names of technologies are searched in the folded text; within their clause the
words for developing stand against those for using, selling and serving.
"""

import json
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from portfolio.chokepoint.taxonomy import Technology, taxonomy
from portfolio.kernel.errors import InputError

CUES_FILE = Path(__file__).with_name("cues.toml")
LONGEST = 20_000
ENOUGH = 0.45
NEAR = 24
_BREAKS = re.compile(r"[。；;！!？?\n]|(?<=[^0-9])\.(?=\s|$)")


@dataclass(frozen=True)
class Suggestion:
    """A technology that a text seems to claim: how sure, and where its words stand."""

    technology: Technology
    confidence: float
    start: int
    end: int
    evidence: str


@cache
def _cues() -> tuple[dict[str, tuple[str, ...]], dict[int, int]]:
    data = tomllib.loads(CUES_FILE.read_text(encoding="utf-8"))
    pairs = data.pop("traditional")
    data.pop("version")
    table = {ord(a): ord(b) for a, b in zip(pairs["characters"], pairs["simplified"], strict=True)}
    return {kind: tuple(words) for kind, words in data.items()}, table


def flattened(text: str) -> str:
    """One width, one case, simplified characters; every character keeps its place."""
    table = _cues()[1]
    one = (unicodedata.normalize("NFKC", c) for c in text)
    return (
        "".join(n if len(n) == 1 else c for c, n in zip(text, one, strict=True))
        .translate(table)
        .lower()
    )


@cache
def _names() -> tuple[tuple[str, Technology], ...]:
    """Every name with its technology, the longest first."""
    pairs = [
        (flattened(name), technology)
        for technology in taxonomy().technologies.values()
        for name in {*technology.aliases, technology.zh}
    ]
    return tuple(sorted(pairs, key=lambda pair: (-len(pair[0]), pair[0])))


def suggest(text: str) -> list[Suggestion]:
    """The technologies that a text claims, the surest first; at most the first 20,000 characters
    are read."""
    original = text[:LONGEST]
    flat = flattened(original)
    best: dict[str, Suggestion] = {}
    for begin, end in _sentences(flat):
        for found in _claims(original, flat, begin, end):
            known = best.get(found.technology.id)
            if known is None or found.confidence > known.confidence:
                best[found.technology.id] = found
    kept = [s for s in best.values() if s.confidence >= ENOUGH]
    return sorted(kept, key=lambda s: (-s.confidence, s.start))


def _sentences(flat: str) -> Iterator[tuple[int, int]]:
    start = 0
    for match in _BREAKS.finditer(flat):
        yield start, match.start()
        start = match.end()
    yield start, len(flat)


def _claims(original: str, flat: str, begin: int, end: int) -> Iterator[Suggestion]:
    sentence = flat[begin:end]
    taken: list[tuple[int, int]] = []
    crowd = 0
    for name, technology in _names():
        place = sentence.find(name)
        if place < 0 or any(a <= place < b for a, b in taken) or _split_word(sentence, place, name):
            continue
        if any(flattened(word) in sentence for word in technology.exclude):
            continue
        taken.append((place, place + len(name)))
        crowd += 1
        sure = _confidence(sentence, place, len(name))
        if crowd > 6:  # a mere list of keywords claims little
            sure -= 0.3
        start, stop = begin + place, begin + place + len(name)
        yield Suggestion(technology, round(max(sure, 0.0), 2), start, stop, original[start:stop])


def _split_word(sentence: str, place: int, name: str) -> bool:
    """Whether a Latin name was found inside a longer Latin word."""
    before = sentence[place - 1] if place else " "
    after = sentence[place + len(name)] if place + len(name) < len(sentence) else " "
    return (name[0].isascii() and before.isascii() and before.isalpha()) or (
        name[-1].isascii() and after.isascii() and after.isalpha()
    )


def _confidence(sentence: str, place: int, length: int) -> float:
    """0.45 for the bare name; words for developing raise it, others near it lower it."""
    before = sentence[max(0, place - NEAR) : place]
    after = sentence[place + length : place + length + NEAR]
    cues = _cues()[0]
    sure = 0.45
    if any(word in sentence for word in cues["develops"]):
        sure += 0.2
    if any(word in before or word in after for word in cues["develops"]):
        sure += 0.2
    against = _nearest(before, cues["uses"] + cues["sells"] + cues["serves"] + cues["holds"])
    in_favour = _nearest(before, cues["develops"])
    if against > in_favour:
        sure -= 0.35
    if any(after.lstrip("的等与和及、").startswith(w) for w in (*cues["sells"], *cues["serves"])):
        sure -= 0.35
    return sure


def _nearest(text: str, words: Iterable[str]) -> int:
    return max((text.rfind(word) for word in words), default=-1)


def answer(line: str, number: int) -> str:
    """The answer to one line of a file of texts, both as JSON.

    Raises InputError `suggest.line` naming the line that is not `{"id": …, "text": …}`.
    """
    try:
        row = json.loads(line)
        text, row_id = row["text"], row["id"]
        if not isinstance(text, str):
            raise TypeError
    except (ValueError, KeyError, TypeError) as error:
        raise InputError("suggest.line", row=number) from error
    found = [
        {"id": s.technology.id, "confidence": s.confidence, "evidence": s.evidence}
        for s in suggest(text)
    ]
    return json.dumps({"id": row_id, "technologies": found}, ensure_ascii=False)
