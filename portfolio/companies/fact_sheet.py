"""Reading dated facts as typed: numbers, flags and options, with the questions they raise (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from portfolio.companies.year_sheet import Group, read_number
from portfolio.kernel.errors import InputError
from portfolio.kernel.numbers import MICRO
from portfolio.rulebook.metrics import Metric, dictionary

# What a person answers who cannot tell: recorded as not known, where a blank records nothing.
NOT_KNOWN = "unknown"
Value = tuple[int | None, str | None]

_GROUPS = (
    Group(
        "挂牌与公开发行",
        "Listing and offering",
        (
            *("neeq_tier", "neeq_listed_months", "neeq_listed_months_at_committee"),
            *("expected_market_cap", "share_capital", "share_capital_post", "shares_offered"),
            *("offer_objects", "holders_post", "public_float_pct", "dual_class_months_or_none"),
        ),
    ),
    Group(
        "规范运作与合规",
        "Governance and compliance",
        (
            *("governance_sound", "going_concern_sound", "clean_audit_3y", "lawful_operation"),
            *("crime_36m", "penalty_or_censure_12m", "under_investigation", "dishonest_debtor"),
            *("late_periodic_report_36m", "adverse_independence_or_stability"),
        ),
    ),
    Group(
        "融资与估值",
        "Financing and valuation",
        (
            *("valuation", "market_cap", "avg_market_cap_60d", "inst_equity_raised_24m"),
            *("inst_equity_raised_12m", "private_placement_cash", "private_placement_cash_cum"),
            *("equity_raised_2y", "equity_raised_3y", "valuation_cny_100m", "valuation_usd_m"),
            *("equity_sold_at_valuation", "bse_issue_price", "bse_issue_pe"),
        ),
    ),
    Group(
        "知识产权与标准",
        "Intellectual property and standards",
        (
            *("invention_patents_in_use", "class1_ip_in_use", "software_copyrights"),
            *("ip_invention", "ip_utility_plus_software", "ip_class1", "ip_class1_self"),
            *("ip_class1_high", "ip_class1_2026", "ip_class2", "standards_drafted"),
            *("standards_part", "standards_led", "standards_led_top5_5y"),
        ),
    ),
)


def _grouped() -> tuple[Group, ...]:
    """The groups with their metrics; what no group names stands under its own dictionary."""
    left = {m.id: m for m in dictionary().values() if not m.yearly and not m.derive}
    named = [Group(g.zh, g.en, g.ids, tuple(left.pop(i) for i in g.ids)) for g in _GROUPS]
    listing = tuple(m for m in left.values() if "listing" in m.family)
    rest = tuple(m for m in left.values() if "listing" not in m.family)
    return (
        *named,
        Group("新三板挂牌条件", "Conditions of a NEEQ listing", (), listing),
        Group("专精特新及其他", "SRDI and other", (), rest),
    )


# What a page asks for: every dated fact that is not derived from others.
GROUPS = _grouped()
ORDER = tuple(metric for group in GROUPS for metric in group.metrics)


@dataclass
class TypedFacts:
    """What was typed: values (millionths or a word) by metric, errors and questions by metric."""

    values: dict[str, Value] = field(default_factory=dict)
    errors: dict[str, InputError] = field(default_factory=dict)
    questions: dict[str, InputError] = field(default_factory=dict)


def read_facts(texts: Mapping[str, str]) -> TypedFacts:
    """The facts typed, by metric id; empty texts say nothing, `unknown` that nobody knows. What a
    person judges is recorded on its own page, with its evidence."""
    typed = TypedFacts()
    for metric in ORDER:
        text = texts.get(metric.id, "").strip()
        if not text or metric.judgement:
            continue
        try:
            typed.values[metric.id] = _read(metric, text)
        except InputError as error:
            typed.errors[metric.id] = error
        else:
            _question(typed, metric)
    return typed


def _read(metric: Metric, text: str) -> Value:
    if metric.numeric:
        return read_number(metric, text), None
    return (None, None) if text == NOT_KNOWN else metric.read(text)


def _question(typed: TypedFacts, metric: Metric) -> None:
    """No fact is below zero, and no share above the whole: asked about, not refused."""
    micro = typed.values[metric.id][0]
    if micro is None:
        return
    if micro < 0:
        typed.questions[metric.id] = InputError("figure.negative")
    elif micro > {"percent": 100, "fraction": 1}.get(metric.unit, micro) * MICRO:
        typed.questions[metric.id] = InputError("figure.over_whole")
