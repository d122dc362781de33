"""The groups in which figures and facts are asked for, from `sheets.toml` (pure)."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from portfolio.kernel import money
from portfolio.kernel.errors import InputError
from portfolio.kernel.numbers import parse_decimal, to_micro
from portfolio.rulebook.metrics import Metric
from portfolio.rulebook.plausible import Known, questions

FILE = Path(__file__).with_name("sheets.toml")


@dataclass(frozen=True)
class Group:
    """Figures that stand together."""

    zh: str
    en: str
    metrics: tuple[Metric, ...]


@cache
def _data() -> Mapping[str, Any]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def named_groups(sheet: str, left: dict[str, Metric]) -> Iterator[Group]:
    """The groups of a sheet, "yearly" or "dated"; what they name is taken from `left`."""
    for row in _data()[sheet]:
        metrics = tuple(left.pop(name) for name in row["metrics"] if name in left)
        yield Group(row["zh"], row["en"], metrics)


HUNDRED = 100

# Millionths of the metric's unit, or a word; neither for what nobody knows.
Value = tuple[int | None, str | None]


@dataclass
class Typed:
    """What was typed: values, errors and questions by metric."""

    values: dict[str, Value] = field(default_factory=dict)
    errors: dict[str, InputError] = field(default_factory=dict)
    questions: dict[str, list[InputError]] = field(default_factory=dict)

    def ask(self, known: Known, before: Known) -> None:
        """Ask about what is odd in what was typed, beside what else is known of the same year, or
        of today, and of the year before. What was typed counts before what is known."""
        numbers = {name: micro for name, (micro, _) in self.values.items() if micro is not None}
        kept = {name: micro for name, micro in known.items() if name not in self.values}
        for found in questions({**kept, **numbers}, before, frozenset(numbers)):
            error = InputError(found.code, **found.params)
            self.questions.setdefault(found.metric, []).append(error)


def read_number(metric: Metric, text: str) -> int:
    """Millionths of the metric's unit; amounts may carry 万 and 亿, shares %. Raises InputError."""
    if metric.money:
        return money.parse_yuan(text, default_unit=10_000, negative=True)
    bare = text.rstrip("%％") if metric.unit in {"percent", "fraction"} else text
    of_hundred = metric.unit == "fraction" and bare != text
    return to_micro(parse_decimal(bare) / (HUNDRED if of_hundred else 1))
