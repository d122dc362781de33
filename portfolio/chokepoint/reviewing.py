"""The terms of a review of suggestions: reasons of rejection, bands of confidence, and where in a text
the words stand that a suggestion rests on (pure)."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

from portfolio.kernel.titles import untitled

FILE = Path(__file__).with_name("review.toml")
MOST_REASONS = 9  # one a digit
MOST_PLACES = 8
WHOLE = 420  # characters of a text that is shown whole
AROUND = 90  # characters shown on either side of a place, in a longer one


class FaultyReview(ValueError):
    """The terms of the review say something that cannot be."""


@dataclass(frozen=True)
class Reason:
    """Why a suggestion is rejected; a retired one is read where it was given and chosen no more."""

    value: str
    zh: str
    en: str
    retired: bool = False


@dataclass(frozen=True)
class Band:
    """Suggestions whose confidence, in millionths, is from `least` up to below `below`."""

    key: str
    zh: str
    en: str
    least: int
    below: int


@dataclass(frozen=True)
class Terms:
    """The terms of a review, by key in their order."""

    version: int
    reasons: Mapping[str, Reason]
    bands: Mapping[str, Band]

    def offered(self) -> list[Reason]:
        """The reasons that can be chosen, each by the digit of its place from 1."""
        return [reason for reason in self.reasons.values() if not reason.retired]


def read_terms(text: str) -> Terms:
    """The terms from their file. Raises FaultyReview."""
    data = tomllib.loads(text)
    for row in (*data["reason"], *data["band"]):
        if lacking := untitled(row):
            raise FaultyReview(f"{row['key']} has no title in {lacking}")
    reasons = {
        row["key"]: Reason(row["key"], row["zh"], row["en"], row.get("retired", False))
        for row in data["reason"]
    }
    bands = {
        row["key"]: Band(
            row["key"], row["zh"], row["en"], _micro(row["least"]), _micro(row["below"])
        )
        for row in data["band"]
    }
    terms = Terms(data["version"], reasons, bands)
    if len(terms.offered()) > MOST_REASONS:
        raise FaultyReview("more reasons than digits")
    return terms


def _micro(share: float) -> int:
    return round(share * 1_000_000)


@cache
def terms() -> Terms:
    """The terms of the house."""
    return read_terms(FILE.read_text(encoding="utf-8"))


class Stretch(NamedTuple):
    """A part of a text, marked where a suggestion rests on it."""

    text: str
    marked: bool


def places_of(text: str, words: str) -> list[tuple[int, int]]:
    """Where some words stand in a text."""
    found: list[tuple[int, int]] = []
    start = text.find(words) if words else -1
    while start >= 0 and len(found) < MOST_PLACES:
        found.append((start, start + len(words)))
        start = text.find(words, start + len(words))
    return found


def stretches(
    text: str, places: Iterable[tuple[int, int]], whole: int = WHOLE, around: int = AROUND
) -> list[Stretch]:
    """A text in parts, marked and not; of one longer than `whole` only what stands around the
    marks."""
    marks = _joined(sorted(places)[:MOST_PLACES], 0)
    shown = [(0, len(text))]
    if len(text) > whole:
        wide = [(max(0, start - around), min(len(text), end + around)) for start, end in marks]
        shown = _joined(wide, around) or [(0, whole)]
    found: list[Stretch] = []
    for start, end in shown:
        if start:
            found.append(Stretch("… ", False))
        at = start
        for first, last in marks:
            if start <= first and last <= end:
                found += [Stretch(text[at:first], False), Stretch(text[first:last], True)]
                at = last
        found.append(Stretch(text[at:end], False))
        if end < len(text):
            found.append(Stretch(" …", False))
    return [one for one in found if one.text]


def _joined(spans: Sequence[tuple[int, int]], gap: int) -> list[tuple[int, int]]:
    """Spans in order, those as one that are no further apart than `gap`."""
    found: list[tuple[int, int]] = []
    for start, end in spans:
        if found and start <= found[-1][1] + gap:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return found
