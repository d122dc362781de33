"""Money as whole fen: reading what people type, writing what people read."""

import re
from decimal import ROUND_DOWN, Decimal

from portfolio.kernel.errors import InputError
from portfolio.kernel.text import clean, halfwidth

FEN_PER_YUAN = 100
FEN_PER_WAN = 1_000_000
MOST_FEN = 10**17  # 10**15 yuan
_UNITS = {
    "": None,
    "元": 1,
    "万": 10**4,
    "万元": 10**4,
    "亿": 10**8,
    "亿元": 10**8,
    "万亿": 10**12,
    "k": 10**3,
    "m": 10**6,
    "bn": 10**9,
    "b": 10**9,
}
_NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|\.\d+"
_AMOUNT = re.compile(rf"([-+]?)\s*({_NUMBER})\s*([a-z]*|[元万亿]*)", re.IGNORECASE)
_PREFIX = re.compile(r"^(?:人民币|rmb|cny|¥|￥)\s*", re.IGNORECASE)


def parse_yuan(text: str, default_unit: int = 1, negative: bool = False) -> int:
    """Fen of an amount such as 1.2亿, 800万, 1,200元, 3.5m; full-width signs are fine.

    A bare number is in `default_unit` yuan (10,000 for fields in 万元). Raises InputError
    `money.malformed`, `money.negative`, `money.below_fen` or `money.too_large`.
    """
    plain = _PREFIX.sub("", halfwidth(clean(text)))
    match = _AMOUNT.fullmatch(plain)
    unit = match.group(3).lower() if match else "?"
    if match is None or unit not in _UNITS:
        raise InputError("money.malformed", value=text)
    amount = Decimal(match.group(2).replace(",", "")) * (_UNITS[unit] or default_unit)
    fen = amount * FEN_PER_YUAN
    if fen != fen.to_integral_value():
        raise InputError("money.below_fen", value=text)
    return _bounded(-int(fen) if match.group(1) == "-" else int(fen), text, negative)


def _bounded(fen: int, text: str, negative: bool) -> int:
    if abs(fen) > MOST_FEN:
        raise InputError("money.too_large", value=text)
    if fen < 0 and not negative:
        raise InputError("money.negative", value=text)
    return fen


def fen_from_wan(value: Decimal) -> int:
    """Fen of an amount in 万元. Raises InputError `money.below_fen` when it has parts of a fen."""
    fen = value * FEN_PER_WAN
    if fen != fen.to_integral_value():
        raise InputError("money.below_fen", value=str(value))
    return int(fen)


def wan(fen: int) -> str:
    """The exact amount in 万元: at least two decimals, up to six, no grouping."""
    sign = "-" if fen < 0 else ""
    whole, rest = divmod(abs(fen), FEN_PER_WAN)
    decimals = f"{rest:06d}".rstrip("0").ljust(2, "0")
    return f"{sign}{whole}.{decimals}"


def exact_yuan(fen: int) -> str:
    """The exact amount in yuan with grouping: 8,000,000.00."""
    sign = "-" if fen < 0 else ""
    whole, rest = divmod(abs(fen), FEN_PER_YUAN)
    return f"{sign}{whole:,}.{rest:02d}"


def format_money(fen: int, locale: str = "zh") -> str:
    """The amount for reading: 1.2亿, 800万, 3,200元; CNY 120m, CNY 1.2bn.

    At most two decimals (one for 亿 and bn from 10 on); cut, never rounded up, so that an amount
    just below a threshold does not read as having reached it.
    """
    yuan = Decimal(abs(fen)) / FEN_PER_YUAN
    sign = "-" if fen < 0 else ""
    if locale == "en":
        return f"{sign}CNY {_scaled(yuan, ((10**9, 'bn'), (10**6, 'm'), (10**3, 'k'), (1, '')))}"
    return sign + _scaled(yuan, ((10**8, "亿"), (10**4, "万"), (1, "元")))


def _scaled(yuan: Decimal, units: tuple[tuple[int, str], ...]) -> str:
    size, name = next(((s, n) for s, n in units if yuan >= s), units[-1])
    value = (yuan / size).quantize(Decimal("0.01"), rounding=ROUND_DOWN)
    text = f"{value:,.2f}".rstrip("0").rstrip(".")
    return text + name
