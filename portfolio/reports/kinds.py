"""Which reports there are, what each is about, and how long papers are kept, as data (pure)."""

import datetime as dt
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from portfolio.readiness.targets import plan

FILE = Path(__file__).with_name("kinds.toml")


@dataclass(frozen=True)
class Chapter:
    """Targets that stand together, by their keys."""

    zh: str
    en: str
    targets: tuple[str, ...]


@dataclass(frozen=True)
class Kind:
    """One report."""

    key: str
    zh: str
    en: str
    chapters: tuple[Chapter, ...]


@cache
def kinds() -> Mapping[str, Kind]:
    """Every report by its key."""
    return read_kinds(FILE.read_text(encoding="utf-8"))


@cache
def kept_for() -> dt.timedelta:
    """How long a batch of papers is kept."""
    return dt.timedelta(days=tomllib.loads(FILE.read_text(encoding="utf-8"))["kept_days"])


def read_kinds(text: str) -> Mapping[str, Kind]:
    """Reports from a text. Raises ValueError when one names a target that does not exist."""
    known = {target.key for target in plan().targets}
    found = {}
    for row in tomllib.loads(text)["report"]:
        chapters = tuple(Chapter(c["zh"], c["en"], tuple(c["targets"])) for c in row["chapter"])
        if strange := {key for chapter in chapters for key in chapter.targets} - known:
            raise ValueError(f"{row['key']}: there is no target {min(strange)}")
        found[row["key"]] = Kind(row["key"], row["zh"], row["en"], chapters)
    return found
