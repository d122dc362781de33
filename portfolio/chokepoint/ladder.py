"""The evidence ladder as data: levels, kinds of evidence, words and terms of a claim (pure)."""

import datetime as dt
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from portfolio.kernel.dates import months_later
from portfolio.kernel.titles import untitled

FILE = Path(__file__).with_name("ladder.toml")
TONES = frozenset(("ok", "accent", "warn"))


class FaultyLadder(ValueError):
    """The file of the ladder cannot be used: the reason."""


@dataclass(frozen=True)
class Choice:
    """One of several values that a column may hold."""

    value: str
    zh: str
    en: str


@dataclass(frozen=True)
class Word:
    """What a tag is called in short: claimed, attested, verified."""

    zh: str
    en: str
    tone: str


@dataclass(frozen=True)
class Level:
    """A rung of evidence: the kinds that can show it, and whether they say who gave them and when."""

    value: str
    zh: str
    en: str
    kinds: tuple[str, ...]
    sourced: bool
    word: Word


@dataclass(frozen=True)
class Ladder:
    """Levels from the lowest to the highest, and what goes with them."""

    version: int
    levels: Mapping[str, Level]
    kinds: Mapping[str, Choice]
    choked: Mapping[str, Choice]
    bases: Mapping[str, Choice]
    substitutes: Mapping[str, Choice]
    required: Mapping[str, str]
    counts_from: str
    second_reader_from: str
    recheck_months: int
    due_days: int
    wording: frozenset[str]
    reread_days: int

    def rank(self, level: str) -> int:
        """The place of a level from below, from 0."""
        return list(self.levels).index(level)

    def at_least(self, level: str, least: str) -> bool:
        """Whether a level is another one or above it."""
        return self.rank(level) >= self.rank(least)

    def counting(self) -> tuple[str, ...]:
        """The levels that count in statistics."""
        return self._from(self.counts_from)

    def read_twice(self) -> tuple[str, ...]:
        """The levels that a second person has to stand behind."""
        return self._from(self.second_reader_from)

    def _from(self, least: str) -> tuple[str, ...]:
        return tuple(level for level in self.levels if self.at_least(level, least))

    def latest_recheck(self, today: dt.date) -> dt.date:
        """The last day to which a claim of today may hold without being looked at again."""
        return months_later(today, self.recheck_months)

    def supported(self, evidence: Iterable[tuple[str, str]]) -> str | None:
        """The highest level that evidence of these (kind, level) supports: one that its kind can
        show. None without any."""
        found = [self._shown_by(kind, level) for kind, level in evidence]
        return max((level for level in found if level), key=self.rank, default=None)

    def _shown_by(self, kind: str, level: str) -> str | None:
        can = [
            each.value
            for each in self.levels.values()
            if kind in each.kinds and self.at_least(level, each.value)
        ]
        return can[-1] if can else None


def read_ladder(text: str) -> Ladder:
    """A ladder from its text. Raises FaultyLadder with the reason."""
    data: dict[str, Any] = tomllib.loads(text)
    try:
        words = {row["from"]: Word(row["zh"], row["en"], row["tone"]) for row in data["word"]}
        kinds = _choices(data["kind"])
        ladder = Ladder(
            data["version"],
            _levels(data["level"], words),
            kinds,
            _choices(data["choked"]),
            _choices(data["basis"]),
            _choices(data["substitute"]),
            data["required"],
            data["counts_from"],
            data["second_reader_from"],
            data["recheck_months"],
            data["due_days"],
            frozenset(data["wording"]),
            data["reread_days"],
        )
    except KeyError as error:
        raise FaultyLadder(f"{error.args[0]} is missing") from error
    _check(ladder, words)
    return ladder


def _choices(rows: Sequence[Mapping[str, Any]]) -> dict[str, Choice]:
    for row in rows:
        if lacking := untitled(row):
            raise FaultyLadder(f"{row['key']} has no title in {lacking}")
    return {row["key"]: Choice(row["key"], row["zh"], row["en"]) for row in rows}


def _levels(rows: Sequence[Mapping[str, Any]], words: Mapping[str, Word]) -> dict[str, Level]:
    found: dict[str, Level] = {}
    word = None
    for row in rows:
        word = words.get(row["key"], word)
        if word is None:
            raise FaultyLadder(f"{row['key']} has no word")
        kinds, sourced = tuple(row["kinds"]), row.get("sourced", False)
        found[row["key"]] = Level(row["key"], row["zh"], row["en"], kinds, sourced, word)
    return found


def _check(ladder: Ladder, words: Mapping[str, Word]) -> None:
    named = {ladder.counts_from, ladder.second_reader_from, *ladder.required.values(), *words}
    if unknown := named - ladder.levels.keys():
        raise FaultyLadder(f"there is no level {sorted(unknown)[0]}")
    for level in ladder.levels.values():
        if unknown := set(level.kinds) - ladder.kinds.keys():
            raise FaultyLadder(f"{level.value}: there is no kind {sorted(unknown)[0]}")
    if wrong := {word.tone for word in words.values()} - TONES:
        raise FaultyLadder(f"there is no tone {sorted(wrong)[0]}")
    if ladder.recheck_months < 1 or ladder.due_days < 0 or ladder.reread_days < 0:
        raise FaultyLadder("a claim has to hold for a month at least")


@cache
def ladder() -> Ladder:
    """The ladder of the house."""
    return read_ladder(FILE.read_text(encoding="utf-8"))


def worded(level: str, locale: str) -> str:
    """A level with its word: “E3 已验证”."""
    word = ladder().levels[level].word
    return f"{level} {word.en if locale == 'en' else word.zh}"
