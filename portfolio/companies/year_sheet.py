"""Reading a year's figures as typed, with the questions they raise (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from portfolio.kernel import money
from portfolio.kernel.errors import InputError
from portfolio.kernel.numbers import parse_decimal, to_micro
from portfolio.rulebook.metrics import Metric, yearly


@dataclass(frozen=True)
class Group:
    """Figures that stand together, as in a Chinese annual report."""

    zh: str
    en: str
    ids: tuple[str, ...]
    metrics: tuple[Metric, ...] = ()


_GROUPS = (
    Group(
        "收入与利润",
        "Revenue and profit",
        (
            "revenue",
            "main_revenue",
            "revenue_growth_pct",
            "gross_margin_pct",
            "net_profit",
            "net_profit_parent",
            "net_profit_parent_ex_nonrecurring",
        ),
    ),
    Group(
        "研发与人员",
        "R&D and people",
        (
            "rd_expense",
            "rd_spend",
            "rd_cost_ratio",
            "employees",
            "rd_staff",
            "rd_staff_pct",
            "tech_staff_ratio",
        ),
    ),
    Group(
        "资产与现金流",
        "Assets and cash flow",
        ("total_assets", "total_liabilities", "net_assets", "operating_cash_flow"),
    ),
    Group(
        "回报与每股指标",
        "Returns and per share",
        ("roe_weighted", "roe_weighted_ex_nonrecurring", "eps", "bvps"),
    ),
)


def _grouped() -> tuple[Group, ...]:
    """The groups with their metrics; what no group names stands in a last one."""
    asked = {m.id: m for m in yearly() if not m.derive}
    groups = [
        Group(g.zh, g.en, g.ids, tuple(asked.pop(i) for i in g.ids if i in asked)) for g in _GROUPS
    ]
    rest = Group("其他", "Other", tuple(asked), tuple(asked.values()))
    return (*groups, rest) if rest.metrics else tuple(groups)


# What a page asks for: every yearly metric that is not derived from others.
GROUPS = _grouped()
ORDER = tuple(metric for group in GROUPS for metric in group.metrics)


@dataclass
class Typed:
    """What was typed for a year: values by metric, errors and questions by metric."""

    values: dict[str, int] = field(default_factory=dict)
    errors: dict[str, InputError] = field(default_factory=dict)
    questions: dict[str, InputError] = field(default_factory=dict)


def read_figures(texts: Mapping[str, str]) -> Typed:
    """The figures typed, by metric id; empty texts say nothing. Amounts may carry 万 and 亿."""
    typed = Typed()
    for metric in ORDER:
        text = texts.get(metric.id, "").strip()
        if not text:
            continue
        try:
            typed.values[metric.id] = read_number(metric, text)
        except InputError as error:
            typed.errors[metric.id] = error
    for metric in ORDER:
        if metric.id in typed.values:
            _question(typed, metric)
    return typed


def read_number(metric: Metric, text: str) -> int:
    """Millionths of the metric's unit; amounts may carry 万 and 亿, shares %. Raises InputError."""
    if metric.money:
        return money.parse_yuan(text, default_unit=10_000, negative=True)
    return to_micro(parse_decimal(text.rstrip("%％") if metric.unit == "percent" else text))


def _question(typed: Typed, metric: Metric) -> None:
    """A value that is odd by itself or contradicts another one is asked about, not refused."""
    value = typed.values[metric.id]
    whole = typed.values.get(metric.part_of)
    if metric.never_negative and value < 0:
        typed.questions[metric.id] = InputError("figure.negative")
    elif whole is not None and value > whole:
        typed.questions[metric.id] = InputError("figure.part_exceeds_whole")
