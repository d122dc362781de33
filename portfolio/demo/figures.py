"""Figures of invented companies: consistent with each other, spread around the thresholds (pure)."""

import random
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DATA: Mapping[str, Any] = tomllib.loads(
    Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
)
YEARLY: Mapping[str, str] = DATA["yearly"]
WAN = 1_000_000  # fen in 万元, and micro in one


@dataclass(frozen=True)
class Invented:
    """Yearly figures by (metric, years back) and facts by metric, as they are kept."""

    yearly: dict[tuple[str, int], int]
    facts: dict[str, int | str]


BASE = {"a": (12_000, 40_000), "b": (8_000, 20_000), "c": (300, 3_000), "d": (500, 5_000)}
MARGIN = {"a": (0.14, 0.20), "b": (0.10, 0.13), "c": (-0.4, 0.05), "d": (-0.2, 0.1)}


def invent(strength: str, rng: random.Random) -> Invented:
    """Three years of a company of this strength: a meets a standard, b just misses one, c is
    early, d has figures missing."""
    revenue = rng.randint(*BASE[strength])
    growth = rng.uniform(1.12, 1.45)
    yearly: dict[tuple[str, int], int] = {}
    for back in range(3):
        amount = int(revenue / growth**back)
        yearly |= {(name, back): value for name, value in _year(strength, amount, rng).items()}
    if strength == "d":
        missing = DATA["lists"]["missing"]
        yearly = {key: value for key, value in yearly.items() if key[0] not in missing}
    return Invented(yearly, _facts(strength, yearly, rng))


def _year(strength: str, revenue: int, rng: random.Random) -> dict[str, int]:
    profit = int(revenue * rng.uniform(*MARGIN[strength]))
    recurring = profit - rng.randint(20, 200)
    equity = max(600, int(revenue * rng.uniform(0.7, 1.1)))
    liabilities = int(equity * rng.uniform(0.3, 0.9))
    research = int(revenue * rng.uniform(0.05, 0.16)) + 80
    staff = max(12, revenue // 60)
    found = {
        "sales": revenue * WAN,
        "main_sales": int(revenue * rng.uniform(0.82, 0.98)) * WAN,
        "profit": profit * WAN,
        "recurring": recurring * WAN,
        "return": int(profit / equity * 10_000) * WAN // 100,
        "recurring_return": int(recurring / equity * 10_000) * WAN // 100,
        "cash": int(profit * rng.uniform(0.5, 1.3)) * WAN,
        "research": research * WAN,
        "research_expense": research * WAN,
        "equity": equity * WAN,
        "assets": (equity + liabilities) * WAN,
        "liabilities": liabilities * WAN,
        "staff": staff * WAN,
        "researchers": max(4, int(staff * rng.uniform(0.2, 0.5))) * WAN,
    }
    return {YEARLY[name]: value for name, value in found.items()}


def _facts(
    strength: str, yearly: dict[tuple[str, int], int], rng: random.Random
) -> dict[str, int | str]:
    if strength in {"c", "d"}:
        return {}
    profit = yearly[(YEARLY["profit"], 0)] // WAN
    value = (
        max(profit * rng.randint(14, 24), 15_000)
        if strength == "a"
        else rng.randint(16_000, 19_990)
    )
    found: dict[str, int | str] = {
        "value": value * WAN,
        "layer": "innovation" if strength == "a" else rng.choice(["base", "innovation"]),
        "months": (rng.randint(12, 40) if strength == "a" else rng.randint(6, 14)) * WAN,
    }
    facts = {DATA["facts"][name]: value for name, value in found.items()}
    if strength == "a":
        facts |= _offering(rng)
    return facts


def _offering(rng: random.Random) -> dict[str, int | str]:
    plan: dict[str, int | str] = {
        "shares": rng.randint(800, 2_000) * WAN,
        "takers": rng.randint(100, 400) * WAN,
        "capital": rng.randint(5_000, 12_000) * WAN,
        "holders": rng.choice([180, 230, 420]) * WAN,
        "float": rng.choice([24, 25, 31]) * WAN,
    }
    named = {DATA["offering"][name]: value for name, value in plan.items()}
    return named | dict.fromkeys(DATA["lists"]["judged"], "true")
