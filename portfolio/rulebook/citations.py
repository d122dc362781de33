"""Citations: the official Chinese reference, its articles counted in the reader's language (pure)."""

import re
from dataclasses import dataclass

from portfolio.kernel.titles import titled

DIGITS = {sign: number for number, sign in enumerate("零一二三四五六七八九")}
NUMERAL = "[零一二三四五六七八九十百]+"
ARTICLES = re.compile(f"第({NUMERAL})(?:至({NUMERAL}))?条")
# What is said of a number that nobody could look up, by how well it is verified.
BEHIND = {
    "M": {"zh": "（文号凭记忆，未核）", "en": " (number from memory, not verified)"},
    "NF": {"zh": "（未查到文号）", "en": " (number not found)"},
}
ITEM = re.compile(f"[(（]({NUMERAL})[)）]")


@dataclass(frozen=True)
class Reference:
    """A document or an article of it as it is officially written, with a translation where it has
    words; `verified` is the mark of its number, empty where that is as sure as the text."""

    zh: str
    en: str = ""
    verified: str = ""

    def __bool__(self) -> bool:
        return bool(self.zh or self.verified)


def cited(reference: Reference, locale: str) -> str:
    """A citation for reading: names and numbers of documents stay as they are officially written,
    in English 第十条 reads Article 10 and item (一) reads (1)."""
    text = titled(reference, locale)
    if locale == "en":
        text = ITEM.sub(lambda m: f"({_number(m[1])})", ARTICLES.sub(_articles, text))
    behind = BEHIND[reference.verified][locale] if reference.verified else ""
    return text + behind if text else behind.strip(" （）()")


def _articles(found: re.Match[str]) -> str:
    first, last = found.groups()
    if last is None:
        return f"Article {_number(first)}"
    return f"Articles {_number(first)} to {_number(last)}"


def _number(text: str) -> int:
    """A Chinese numeral below a thousand."""
    total, digit = 0, 0
    for sign in text:
        if sign in DIGITS:
            digit = DIGITS[sign]
        else:
            total += (digit or 1) * (10 if sign == "十" else 100)
            digit = 0
    return total + digit
