"""Money as whole fen: reading what people type, writing what people read."""

import re
from decimal import ROUND_DOWN, ROUND_UP, Decimal

from portfolio.kernel.errors import InputError
from portfolio.kernel.numbers import scaled_exactly, signed

FEN_PER_YUAN = 100
FEN_PER_WAN = 1_000_000
MOST_FEN = 10**17  # 10**15 yuan
_CHINESE = {"": 1, "百": 10**2, "千": 10**3, "万": 10**4, "百万": 10**6, "千万": 10**7}
_CHINESE |= {"亿": 10**8, "十亿": 10**9, "百亿": 10**10, "千亿": 10**11, "万亿": 10**12}
_UNITS = {
    **{unit: size for unit, size in _CHINESE.items() if unit},
    **{f"{unit}元": size for unit, size in _CHINESE.items()},
    "k": 10**3,
    "m": 10**6,
    "bn": 10**9,
    "b": 10**9,
}
_CHINESE_SIZES = ((10**8, "亿"), (10**4, "万"), (1, "元"))
_ENGLISH_SIZES = ((10**9, "bn"), (10**6, "m"), (10**3, "k"), (1, ""))
_NUMBER = r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?|\.[0-9]+"
_AMOUNT = re.compile(rf"([-+]?)\s*({_NUMBER})\s*([a-z]*|[元十百千万亿]*)", re.IGNORECASE)
_PREFIX = re.compile(r"^([-+]?)(?:人民币|rmb|cny|¥)\s*", re.IGNORECASE)


def parse_yuan(text: str, default_unit: int = 1, negative: bool = False) -> int:
    """Fen of an amount such as 1.2亿, 800万, 1,200元, 3.5m; full-width signs are fine,
    and brackets for what is below zero.

    A bare number is in `default_unit` yuan (10,000 for fields in 万元). Raises InputError
    `money.malformed`, `money.negative`, `money.below_fen` or `money.too_large`.
    """
    plain = _PREFIX.sub(r"\1", signed(text))
    match = _AMOUNT.fullmatch(plain)
    unit = match.group(3).lower() if match else "?"
    if match is None or unit not in {"", *_UNITS}:
        raise InputError("money.malformed", value=text)
    number = Decimal(match.group(2).replace(",", ""))
    fen = scaled_exactly(number, _UNITS.get(unit, default_unit) * FEN_PER_YUAN)
    if fen is None:
        raise InputError("money.below_fen", value=text)
    check_size(fen, text)
    fen = -fen if match.group(1) == "-" else fen
    if fen < 0 and not negative:
        raise InputError("money.negative", value=text)
    return fen


def check_size(fen: int, text: str) -> None:
    """Refuse an amount beyond any sense. Raises InputError `money.too_large`."""
    if abs(fen) > MOST_FEN:
        raise InputError("money.too_large", value=text)


def wan(fen: int) -> str:
    """The exact amount in 万元: at least two decimals, up to six, no grouping."""
    sign = "-" if fen < 0 else ""
    whole, rest = divmod(abs(fen), FEN_PER_WAN)
    decimals = f"{rest:06d}".rstrip("0").ljust(2, "0")
    return f"{sign}{whole}.{decimals}"


def column_wan(fen: int) -> str:
    """The amount in 万元 for a column of figures: grouped, two decimals, cut and not rounded."""
    sign = "-" if fen < 0 else ""
    whole, rest = divmod(abs(fen), FEN_PER_WAN)
    return f"{sign}{whole:,}.{rest // 10_000:02d}"


def exact_yuan(fen: int) -> str:
    """The exact amount in yuan with grouping: 8,000,000.00."""
    sign = "-" if fen < 0 else ""
    whole, rest = divmod(abs(fen), FEN_PER_YUAN)
    return f"{sign}{whole:,}.{rest:02d}"


def format_money(fen: int, locale: str = "zh") -> str:
    """The amount for reading: 1.2亿, 800万, 3,200元; CNY 120m, CNY 1.2bn.

    At most two decimals; cut, never rounded up, so that an amount just below a threshold does not
    read as having reached it.
    """
    return ("-" if fen < 0 else "") + _scaled(abs(fen), locale, ROUND_DOWN)


def format_missing(fen: int, locale: str = "zh") -> str:
    """An amount that is missing, for reading: rounded up, so that as much as it says is enough."""
    return _scaled(fen, locale, ROUND_UP)


def _scaled(fen: int, locale: str, rounding: str) -> str:
    yuan, units = Decimal(fen) / FEN_PER_YUAN, _ENGLISH_SIZES if locale == "en" else _CHINESE_SIZES
    size, name = next(((s, n) for s, n in units if yuan >= s), units[-1])
    value = (yuan / size).quantize(Decimal("0.01"), rounding=rounding)
    text = f"{value:,.2f}".rstrip("0").rstrip(".")
    return f"CNY {text}{name}" if locale == "en" else text + name
