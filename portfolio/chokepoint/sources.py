"""The texts of a company that suggestions are read from: how each kind is read and what it is worth
(pure)."""

import hashlib
import math
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from portfolio.chokepoint.taxonomy import parted
from portfolio.chokepoint.weighing import weights
from portfolio.kernel.titles import untitled

FILE = Path(__file__).with_name("sources.toml")
DESCRIPTION, PRODUCTS, PATENT, NOTE = "description", "products", "patent", "note"
_CLAUSE = re.compile(r"[^,;:。!?\n]+")


class FaultySources(ValueError):
    """The file of sources says something that cannot be."""


class Text(NamedTuple):
    """One text of a company, and the source that it comes from."""

    source: str
    text: str

    @property
    def digest(self) -> str:
        """What tells this text from another."""
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True)
class Source:
    """A kind of text; `most_sure` is the log-odds that it alone can give, `kinds` are the kinds of
    rows that hold it."""

    key: str
    zh: str
    en: str
    newest: int
    characters: int
    most_sure: float
    bare: Mapping[str, str] | None
    kinds: tuple[str, ...]
    weight: Mapping[str, float]
    aside: tuple[re.Pattern[str], ...]
    endings: tuple[str, ...]
    others: re.Pattern[str] | None
    own: re.Pattern[str] | None
    doubts: re.Pattern[str] | None

    def masked(self, flat: str) -> str:
        """A flattened text with full stops for what is about something else; places in it hold."""
        for pattern in self.aside:
            flat = pattern.sub(_stopped, flat)
        if self.others is not None:
            flat = _CLAUSE.sub(lambda clause: self._of_the_company(clause[0]), flat)
        end = len(flat)
        while found := next((w for w in self.endings if flat.endswith(w, 0, end)), ""):
            end -= len(found)
        return flat[:end]

    def _of_the_company(self, clause: str) -> str:
        doubtful = self.doubts is not None and self.doubts.search(clause)
        return _stopped(clause) if doubtful or self._of_others(clause) else clause

    def _of_others(self, clause: str) -> bool:
        if self.others is None or not self.others.search(clause):
            return False
        return self.own is None or not self.own.search(self.others.sub("", clause))


def _stopped(found: str | re.Match[str]) -> str:
    return "。" * len(found if isinstance(found, str) else found[0])


@dataclass(frozen=True)
class Book:
    """All sources by key, in their order, and what several say together."""

    sources: Mapping[str, Source]
    agrees: float
    against: float
    most_sure: float


def read_sources(text: str) -> Book:
    """The sources from their file. Raises FaultySources."""
    data = tomllib.loads(text)
    for row in data["source"]:
        if lacking := untitled(row):
            raise FaultySources(f"{row['key']} has no title in {lacking}")
        if unknown := row.get("weights", {}).keys() - weights().keys():
            raise FaultySources(f"{row['key']} weighs what is no sign: {sorted(unknown)[0]}")
    found = {row["key"]: _source(row) for row in data["source"]}
    joined = data["joined"]
    return Book(found, joined["agrees"], joined["against"], joined["most_sure"])


def _source(row: Mapping[str, Any]) -> Source:
    return Source(
        row["key"],
        row["zh"],
        row["en"],
        row["newest"],
        row["characters"],
        log_odds(row["most_sure"]),
        row.get("bare"),
        tuple(row.get("kinds", ())),
        {**weights(), **row.get("weights", {})},
        tuple(re.compile(pattern) for pattern in row.get("aside", ())),
        tuple(sorted(parted(row.get("endings", "")), key=len, reverse=True)),
        *(_any_of(row.get(name, "")) for name in ("others", "own", "doubts")),
    )


def _any_of(words: str) -> re.Pattern[str] | None:
    longest_first = sorted(parted(words), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first))) if longest_first else None


def log_odds(sure: float) -> float:
    """A probability as log-odds."""
    return math.log(sure / (1 - sure))


@cache
def book() -> Book:
    """The sources of the house."""
    return read_sources(FILE.read_text(encoding="utf-8"))


def bounded(source: Source, texts: Iterable[str]) -> list[Text]:
    """The texts of one source, the newest first, as far as they are read."""
    found: list[Text] = []
    left = source.characters
    for text in texts:
        if not text.strip():
            continue
        if len(found) == source.newest or left <= 0:
            break
        found.append(Text(source.key, text[:left]))
        left -= len(text)
    return found


def digests_of(texts: Iterable[Text]) -> str:
    """What a suggestion rests on, in one column: the texts in no order."""
    return " ".join(sorted({text.digest for text in texts}))


def any_new(digests: Iterable[str], known: str) -> bool:
    """Whether any of these texts is none of those that a column names."""
    return not set(digests) <= set(known.split())


def in_order(keys: Iterable[str]) -> Sequence[str]:
    """Keys of sources, each once, in the order of the file."""
    wanted = set(keys)
    return [key for key in book().sources if key in wanted]
