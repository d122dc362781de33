"""Citations: the official Chinese reference, its articles counted in the reader's language (pure)."""

import re

DIGITS = {sign: number for number, sign in enumerate("零一二三四五六七八九")}
NUMERAL = "[零一二三四五六七八九十百]+"
ARTICLES = re.compile(f"第({NUMERAL})(?:至({NUMERAL}))?条")
# What a book says instead of a number that could not be found.
UNFOUND = {"not found": "未查到文件", "number not found": "未查到文号"}
ITEM = re.compile(f"[(（]({NUMERAL})[)）]")


def cited(reference: str, locale: str) -> str:
    """A citation for reading: names and numbers of documents stay as they are officially written,
    in English 第十条 reads Article 10 and item (一) reads (1)."""
    if locale != "en":
        return UNFOUND.get(reference, reference)
    return ITEM.sub(lambda m: f"({_number(m[1])})", ARTICLES.sub(_articles, reference))


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
