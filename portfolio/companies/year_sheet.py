"""Reading a year's figures as typed, with the questions they raise (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from portfolio.kernel import money
from portfolio.kernel.errors import InputError
from portfolio.kernel.numbers import from_micro, parse_decimal, plain, to_micro
from portfolio.rulebook.metrics import Metric, yearly

# What a page asks for, in the order of a Chinese annual report: profit and loss, R&D, balance
# sheet, cash flow, staff, per share. Every entry is a yearly metric that is not derived.
ORDER = tuple(m for m in yearly() if not m.derive)


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
            typed.values[metric.id] = _read(metric, text)
        except InputError as error:
            typed.errors[metric.id] = error
    for metric in ORDER:
        if metric.id in typed.values:
            _question(typed, metric)
    return typed


def _read(metric: Metric, text: str) -> int:
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


def shown(micro: int | None) -> str:
    """A kept figure as the form shows it: in the dictionary's unit, exact."""
    return "" if micro is None else plain(from_micro(micro))
