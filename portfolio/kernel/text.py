"""Texts as people type them: cleaned for keeping, folded for comparing."""

import re
import unicodedata

# Control characters but tab and new line, zero-width and direction marks, lone surrogates.
_INVISIBLE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    r"\ufff9-\ufffb\ud800-\udfff]"
)
_SPACES = re.compile(r"[ \t\u00a0\u2000-\u200a\u202f\u205f\u3000]+")
_LEGAL_FORMS = re.compile(
    r"(?:股份有限公司|有限责任公司|有限公司|集团公司|股份公司|集团|"
    r"(?<![a-z])(?:co\.?\s*,?\s*ltd|company\s+limited|limited|inc|corp|corporation|ltd|llc|plc)\.?)$",
    re.IGNORECASE,
)
_PARTNERSHIP = re.compile(r"[(（](?:有限|普通|特殊普通)合伙[)）]$")
_WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
_STATUS_MARKS = re.compile(r"[(（](?:已切换|已退市|已摘牌|退市|集团)[)）]")


def clean(text: str) -> str:
    """The text without invisible characters, outer space and doubled spaces; nothing else."""
    if text.isprintable() and "  " not in text:  # neither kind of character is printable
        return text.strip()
    return _SPACES.sub(" ", _INVISIBLE.sub("", text)).strip()


def halfwidth(text: str) -> str:
    """Full-width digits, letters and signs as their common forms."""
    return text if text.isascii() else unicodedata.normalize("NFKC", text)


def fullwidth(text: str) -> str:
    """Common signs, letters and digits in the width of Chinese characters."""
    return text.translate(_WIDE)


def folded(text: str) -> str:
    """The text for comparing: one width, one case, letters and digits alone."""
    return "".join(filter(str.isalnum, halfwidth(text).casefold()))


def legal_form(name: str) -> str:
    """The legal form at the end of a company's name, as written; empty where it has none."""
    bare = _STATUS_MARKS.sub("", clean(name)).rstrip()
    found = _LEGAL_FORMS.search(bare) or _PARTNERSHIP.search(bare)
    return found.group() if found else ""


def without_legal_form(name: str) -> str:
    """A company's name without its legal form and marks such as (已切换), folded."""
    bare = _STATUS_MARKS.sub("", clean(name))
    while True:
        shorter = _LEGAL_FORMS.sub("", bare).strip(" ,，")
        if not shorter or shorter == bare:
            return folded(bare)
        bare = shorter
