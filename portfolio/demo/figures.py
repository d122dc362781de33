"""Figures of invented companies: consistent with each other, spread around the thresholds (pure)."""

import random
from dataclasses import dataclass

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
        for name in ("net_profit_parent_ex_nonrecurring", "rd_spend", "operating_cash_flow"):
            yearly = {key: value for key, value in yearly.items() if key[0] != name}
    return Invented(yearly, _facts(strength, yearly, rng))


def _year(strength: str, revenue: int, rng: random.Random) -> dict[str, int]:
    profit = int(revenue * rng.uniform(*MARGIN[strength]))
    recurring = profit - rng.randint(20, 200)
    equity = max(600, int(revenue * rng.uniform(0.7, 1.1)))
    liabilities = int(equity * rng.uniform(0.3, 0.9))
    research = int(revenue * rng.uniform(0.05, 0.16)) + 80
    staff = max(12, revenue // 60)
    return {
        "revenue": revenue * WAN,
        "main_revenue": int(revenue * rng.uniform(0.82, 0.98)) * WAN,
        "net_profit_parent": profit * WAN,
        "net_profit_parent_ex_nonrecurring": recurring * WAN,
        "roe_weighted": int(profit / equity * 10_000) * WAN // 100,
        "roe_weighted_ex_nonrecurring": int(recurring / equity * 10_000) * WAN // 100,
        "operating_cash_flow": int(profit * rng.uniform(0.5, 1.3)) * WAN,
        "rd_spend": research * WAN,
        "rd_expense": research * WAN,
        "net_assets": equity * WAN,
        "total_assets": (equity + liabilities) * WAN,
        "total_liabilities": liabilities * WAN,
        "employees": staff * WAN,
        "rd_staff": max(4, int(staff * rng.uniform(0.2, 0.5))) * WAN,
    }


def _facts(
    strength: str, yearly: dict[tuple[str, int], int], rng: random.Random
) -> dict[str, int | str]:
    if strength in {"c", "d"}:
        return {}
    profit = yearly[("net_profit_parent", 0)] // WAN
    value = (
        max(profit * rng.randint(14, 24), 15_000)
        if strength == "a"
        else rng.randint(16_000, 19_990)
    )
    facts: dict[str, int | str] = {
        "expected_market_cap": value * WAN,
        "neeq_tier": "innovation" if strength == "a" else rng.choice(["base", "innovation"]),
        "neeq_listed_months": (rng.randint(12, 40) if strength == "a" else rng.randint(6, 14))
        * WAN,
    }
    if strength == "a":
        facts |= _offering(rng)
    return facts


def _offering(rng: random.Random) -> dict[str, int | str]:
    plan: dict[str, int | str] = {
        "shares_offered": rng.randint(800, 2_000) * WAN,
        "offer_objects": rng.randint(100, 400) * WAN,
        "share_capital_post": rng.randint(5_000, 12_000) * WAN,
        "holders_post": rng.choice([180, 230, 420]) * WAN,
        "public_float_pct": rng.choice([24, 25, 31]) * WAN,
    }
    flags = ("governance_sound", "going_concern_sound", "clean_audit_3y", "lawful_operation")
    return plan | dict.fromkeys(flags, "true")
