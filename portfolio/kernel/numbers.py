"""Exact numbers: strict reading, and whole millionths for keeping."""

import re
from decimal import Decimal

from portfolio.kernel.errors import InputError
from portfolio.kernel.text import clean, halfwidth

MICRO = 1_000_000
_NUMBER = re.compile(r"[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|[-+]?\.\d+")


def parse_decimal(text: str) -> Decimal:
    """A decimal number with optional grouping by thousands; full-width digits are fine.

    Raises InputError `number.malformed` for anything else: exponents, NaN, words.
    """
    plain = halfwidth(clean(text)).replace("−", "-")
    if not _NUMBER.fullmatch(plain):
        raise InputError("number.malformed", value=text)
    return Decimal(plain.replace(",", ""))


def to_micro(value: Decimal) -> int:
    """Whole millionths. Raises InputError `number.too_fine` when there is more behind."""
    micro = value * MICRO
    if micro != micro.to_integral_value():
        raise InputError("number.too_fine", value=str(value))
    if abs(micro) > 9 * 10**18:
        raise InputError("number.too_large", value=str(value))
    return int(micro)


def from_micro(micro: int) -> Decimal:
    """The number that so many millionths are, exactly."""
    return Decimal(micro) / MICRO


def plain(value: Decimal) -> str:
    """The number without exponent and without zeros at the end."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
