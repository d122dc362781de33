"""Titles in both languages, carried by the data itself."""

import enum
import re
from collections.abc import Mapping
from typing import Any


class TitledEnum(str, enum.Enum):
    """An enumeration whose members have a stored value and a title in Chinese and English."""

    zh: str
    en: str

    def __new__(cls, value: str, zh: str, en: str) -> "TitledEnum":
        member = str.__new__(cls, value)
        member._value_ = value
        member.zh = zh
        member.en = en
        return member

    def title(self, locale: str = "zh") -> str:
        """The title in a language ("zh" or "en")."""
        return self.en if locale == "en" else self.zh


def titled(thing: Any, locale: str) -> str:
    """The title of anything with `zh` and `en`, as attributes or as keys."""
    if isinstance(thing, Mapping):
        return str(thing.get(locale) or thing["zh"])
    return str(getattr(thing, locale, "") or thing.zh)


CHINESE = re.compile(r"[\u3400-\u9fff]")


def untitled(row: Mapping[str, Any]) -> str:
    """The language ("zh" or "en") in which a row of a data file has no title; "" when it has both.

    Chinese characters are no English title.
    """
    if not str(row.get("zh", "")).strip():
        return "zh"
    english = str(row.get("en", "")).strip()
    return "en" if not english or CHINESE.search(english) else ""
