"""Exact numbers: strict reading, and whole millionths for keeping."""

import re
from decimal import Decimal

from portfolio.kernel.errors import InputError
from portfolio.kernel.text import clean, halfwidth

MICRO = 1_000_000
LONGEST = 40  # digits
MOST_MICRO = 9 * 10**18  # a database's largest integer is a little more
_SHORT = re.compile(r"(-)?([0-9]{1,10})(?:\.([0-9]{1,6}))?", re.ASCII)
_BRACKETED = re.compile(r"\(\s*([^-+()\s][^()]*?)\s*\)(.*)")
_NUMBER = re.compile(r"[-+]?(?:(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?|\.[0-9]+)")


def parse_decimal(text: str) -> Decimal:
    """A decimal number with optional grouping by thousands; full-width digits are fine, and the
    accountants' brackets for what is below zero.

    Raises InputError `number.malformed` for anything else: exponents, NaN, words.
    """
    plain = signed(text)
    if not _NUMBER.fullmatch(plain):
        raise InputError("number.malformed", value=text)
    return Decimal(plain.replace(",", ""))


def short_number(text: str) -> int | None:
    """What nine digits at most say, as numbers of rows and versions do; None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def signed(text: str) -> str:
    """The text in half width, with a minus where accountants write (1,234.5)."""
    plain = halfwidth(clean(text)).replace("−", "-")
    return _BRACKETED.sub(r"-\1\2", plain) if plain.startswith("(") else plain


def to_micro(value: Decimal) -> int:
    """Whole millionths. Raises InputError `number.too_fine` or `number.too_large`."""
    micro = scaled_exactly(value, MICRO)
    if micro is None:
        raise InputError("number.too_fine", value=str(value))
    if abs(micro) > MOST_MICRO:
        raise InputError("number.too_large", value=str(value))
    return micro


def short_micro(text: str) -> int | None:
    """Millionths of a number as most files write it, of at most ten digits and six decimals; None
    for anything else, which `parse_decimal` may well read."""
    match = _SHORT.fullmatch(text)
    if match is None:
        return None
    sign, whole, rest = match.groups("")
    micro = int(whole) * MICRO + int(rest.ljust(6, "0"))
    return -micro if sign else micro


def rounded_micro(value: Decimal, factor: Decimal) -> tuple[int, bool]:
    """Whole millionths of the value times a factor, and whether something was rounded off, half
    to even. Raises InputError `number.too_large`."""
    if value.adjusted() > LONGEST:
        raise InputError("number.too_large", value=str(value))
    (top, bottom), (times, over) = value.as_integer_ratio(), factor.as_integer_ratio()
    top, bottom = top * times, bottom * over
    micro = ratio_micro(top, bottom)
    if abs(micro) > MOST_MICRO:
        raise InputError("number.too_large", value=str(value))
    return micro, micro * bottom != top * MICRO


def scaled_exactly(value: Decimal, factor: int) -> int | None:
    """The value times a factor as a whole number, None when something is left behind the point.

    In whole numbers, because decimals are rounded to 28 digits. A value far beyond any amount is
    given back as one that every bound refuses.
    """
    if not value.is_finite() or value.adjusted() > LONGEST:
        return 10**LONGEST
    numerator, denominator = value.as_integer_ratio()
    whole, rest = divmod(numerator * factor, denominator)
    return None if rest else whole


def from_micro(micro: int) -> Decimal:
    """The number that so many millionths are, exactly."""
    return Decimal(micro) / MICRO


def ratio_micro(top: int, bottom: int) -> int:
    """Whole millionths of top / bottom, half to even; `bottom` is above zero."""
    whole, rest = divmod(top * MICRO, bottom)
    return whole + (2 * rest > bottom or (2 * rest == bottom and whole % 2))


def micro_text(micro: int) -> str:
    """So many millionths as text, without exponent and without zeros at the end."""
    whole, rest = divmod(abs(micro), MICRO)
    text = f"{whole}.{rest:06d}".rstrip("0") if rest else str(whole)
    return f"-{text}" if micro < 0 else text


def grouped(value: Decimal) -> str:
    """The number for reading, with thousands set apart: 12,000.5."""
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def plain(value: Decimal) -> str:
    """The number without exponent and without zeros at the end."""
    text = f"{value:f}"
    short = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if short == "-0" else short
