"""Titles of tests that have no text of their own, from the dictionary (pure)."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from portfolio.kernel import money
from portfolio.kernel.numbers import MICRO, grouped
from portfolio.kernel.titles import titled
from portfolio.rulebook.language import EACH, IN_PERCENT, RATIO
from portfolio.rulebook.metrics import Metric, dictionary
from portfolio.rulebook.model import ALL, ANY, NEVER, SCORE, TIERS

SIGNS = {">=": "≥", "<=": "≤", ">": ">", "<": "<", "==": "="}
GROUPS = {
    ALL: {"zh": "同时满足", "en": "All of these"},
    ANY: {"zh": "满足其一", "en": "One of these"},
    NEVER: {"zh": "无此路径", "en": "No way leads there"},
}
OVER = {
    EACH: {"zh": "近{years}年每年{what}", "en": "{what}, in each of {years} years"},
    "mean": {"zh": "近{years}年平均{what}", "en": "{what}, mean of {years} years"},
    "sum": {"zh": "近{years}年累计{what}", "en": "{what}, sum of {years} years"},
    "growth": {"zh": "{what}增长率", "en": "{what}, growth"},
    "compound_growth": {
        "zh": "{what}复合增长率（{years}个年度）",
        "en": "{what}, compound growth over {years} years of figures",
    },
    RATIO: {
        "zh": "近{years}年{what}合计占{of}合计",
        "en": "{what} over {of}, {years} years together",
    },
}
IN_WAN = {"wan": 1, "cny_100m": 10_000}  # units of money
UNITS = {
    "year": {"zh": "年", "en": " years"},
    "month": {"zh": "个月", "en": " months"},
    "person": {"zh": "人", "en": " people"},
    "item": {"zh": "项", "en": ""},
    "point": {"zh": "分", "en": " points"},
    "firm": {"zh": "家", "en": ""},
    "level": {"zh": "级", "en": ""},
    "times": {"zh": "倍", "en": " times"},
    "percent": {"zh": "%", "en": "%"},
}


EXACT = {
    **UNITS,
    "wan": {"zh": "万元", "en": " × 10,000 CNY"},
    "yuan": {"zh": "元", "en": " CNY"},
    "cny_100m": {"zh": "亿元", "en": " × 100m CNY"},
    "usd_million": {"zh": "百万美元", "en": "m USD"},
    "wan_shares": {"zh": "万股", "en": " × 10,000 shares"},
    "rank": {"zh": "名", "en": ""},
}


def exactly(entry: Metric, number: Decimal) -> dict[str, str]:
    """A figure as it is kept, to its last digit and with its unit, in both languages; a share as a
    percentage."""
    if entry.unit == "fraction":
        return dict.fromkeys(("zh", "en"), f"{grouped(number * 100)}%")
    units = EXACT.get(entry.unit, {})
    return {locale: grouped(number) + units.get(locale, "") for locale in ("zh", "en")}


def title_of(fields: dict[str, Any], group: dict[str, str], locale: str) -> str:
    """What a test or a group says; `group` are the titles of the score group it reads."""
    over = fields.get("over", "")
    kind = fields.get("group") or over
    if kind in GROUPS:
        return GROUPS[kind][locale]
    if over == SCORE:
        return f"{group[locale]} {SIGNS[fields['test']]} {fields['threshold']}"
    entry = dictionary()[fields["metrics"][0]]
    name = entry.en if locale == "en" else entry.zh
    if over == TIERS:
        return f"Tiers: {name}" if locale == "en" else f"按{name}分档"
    threshold = fields["threshold"]
    if isinstance(threshold, bool):
        return name if threshold else f"{'Not' if locale == 'en' else '无'}: {name}"
    if isinstance(threshold, str | tuple):
        words = (threshold,) if isinstance(threshold, str) else threshold
        options = " / ".join(entry.option_title(word, locale) for word in words)
        return f"{name}: {options}"
    name = reading_title(fields["metrics"], over, fields.get("years", 1), locale)
    return f"{name} {SIGNS[fields['test']]} {_amount(entry, over, threshold, locale)}"


def reading_title(metrics: Sequence[str], over: str, years: int, locale: str) -> str:
    """What a test compares: a metric, or what is made of it over the years."""
    what, of = (titled(dictionary()[name], locale) for name in (metrics[0], metrics[-1]))
    return OVER[over][locale].format(what=what, of=of, years=years) if over in OVER else what


def _amount(entry: Metric, over: str, number: Decimal, locale: str) -> str:
    if over in IN_PERCENT:
        return f"{grouped(number)}%"
    if entry.unit == "fraction":
        return f"{grouped(number * 100)}%"
    if entry.unit in IN_WAN:
        return money.format_money(int(number * IN_WAN[entry.unit] * MICRO), locale)
    return grouped(number) + UNITS.get(entry.unit, {}).get(locale, "")
