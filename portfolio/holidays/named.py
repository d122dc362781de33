"""Which of the holidays of every year a notice arranges, as data; it must name all of them (pure)."""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from portfolio.holidays.notice import sentences

FILE = Path(__file__).with_name("holidays.toml")
# A name may stand alone above the sentence with its days; what is longer is an introduction.
LONGEST_HEADING = 16
_VERB = re.compile(r"放假|休息|补休|上班")
_DAYS_OFF = re.compile(r"(?:\d[日号]|\d{4}-\d{1,2}-\d{1,2}).*(?:放假|休息|补休)")


@dataclass(frozen=True)
class Holiday:
    """A holiday of every year, titled; `words` are what a notice calls it."""

    key: str
    zh: str
    en: str
    words: tuple[str, ...]


@cache
def holidays() -> Sequence[Holiday]:
    """Those that a notice must name, in the order of the year."""
    rows = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return [Holiday(key, row["zh"], row["en"], tuple(row["words"])) for key, row in rows.items()]


@lru_cache(maxsize=64)  # every page that counts days asks it of the same few texts
def missing(notice: str) -> tuple[Holiday, ...]:
    """The holidays of which a notice gives no days off."""
    said, heading = "", ""
    for sentence in sentences(notice):
        if _DAYS_OFF.search(sentence):
            said, heading = f"{said}{heading}{sentence}", ""
        elif not _VERB.search(sentence) and len(sentence) <= LONGEST_HEADING:
            heading = sentence
    return tuple(one for one in holidays() if not any(word in said for word in one.words))
