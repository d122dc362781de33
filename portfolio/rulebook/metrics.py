"""The metric dictionary: what each figure is called, its unit, and how it is kept."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from portfolio.kernel.errors import InputError
from portfolio.kernel.numbers import from_micro, parse_decimal, plain, to_micro
from portfolio.kernel.titles import untitled

FILE = Path(__file__).with_name("metrics.toml")
UNIT_TITLES = {
    "wan": {"zh": "万元", "en": "10,000 CNY"},
    "percent": {"zh": "%", "en": "%"},
    "fraction": {"zh": "比例", "en": "fraction"},
    "yuan": {"zh": "元", "en": "CNY"},
}
FLAGS = {"true": {"zh": "是", "en": "Yes"}, "false": {"zh": "否", "en": "No"}}
TRUE = frozenset({"true", "yes", "1", "是", "有", "y"})
FALSE = frozenset({"false", "no", "0", "否", "无", "n"})


DERIVATIONS = frozenset(
    {"min", "sum", "mean", "growth", "mean_growth", "compound_growth", "ratio_of_sums", "book"}
)


class FaultyDictionary(ValueError):
    """The dictionary cannot be used: the reason."""


@dataclass(frozen=True)
class Metric:
    """One entry. Numbers are kept in millionths of `unit` (for 万元 that is the fen), flags and
    enumerations as words."""

    id: str
    zh: str
    en: str
    unit: str
    family: tuple[str, ...]
    yearly: bool = False
    values: tuple[str, ...] = ()
    values_zh: tuple[str, ...] = ()
    values_en: tuple[str, ...] = ()
    judgement: bool = False
    granted: bool = False
    derive: str = ""
    inputs: tuple[str, ...] = ()
    years: int = 1
    book: str = ""
    never_negative: bool = False
    part_of: str = ""

    @property
    def numeric(self) -> bool:
        """Whether it is a number."""
        return self.unit not in {"bool", "enum"}

    @property
    def money(self) -> bool:
        """Whether it is an amount in 万元."""
        return self.unit == "wan"

    def heading(self, header: str) -> str:
        """Its title with its unit, as the heading of a column in "zh", "en" or "machine"."""
        if header not in {"zh", "en"}:
            return self.id
        title = self.zh if header == "zh" else self.en
        unit = UNIT_TITLES.get(self.unit, {}).get(header, "")
        left, right = ("（", "）") if header == "zh" else (" (", ")")
        return f"{title}{left}{unit}{right}" if unit else title

    def read(self, text: str) -> tuple[int | None, str | None]:
        """(millionths, word) of a value as people write it in the dictionary's unit.

        Raises InputError `number.*`, `flag.unknown` or `option.unknown`.
        """
        if self.numeric:
            return to_micro(parse_decimal(text)), None
        word = text.strip().casefold()
        if self.unit == "bool":
            if word not in TRUE | FALSE:
                raise InputError("flag.unknown", value=text)
            return None, "true" if word in TRUE else "false"
        option = next((value for value in self.values if value.casefold() == word), None)
        if option is None:
            raise InputError("option.unknown", value=text)
        return None, option

    def option_title(self, word: str, locale: str) -> str:
        """What a flag or an option is called; a word that is none stays as it is."""
        if self.unit == "bool":
            return FLAGS.get(word, {}).get(locale, word)
        titles = self.values_en if locale == "en" else self.values_zh
        return titles[self.values.index(word)] if word in self.values else word

    def written(self, micro: int | None, choice: str | None) -> str | None:
        """The kept value as text in the dictionary's unit; None when unknown."""
        return choice if micro is None else plain(from_micro(micro))

    def number(self, micro: int | None) -> Decimal | None:
        """The kept value as a number in the dictionary's unit."""
        return None if micro is None else from_micro(micro)


def read_metrics(text: str) -> Mapping[str, Metric]:
    """Metrics by id from a text. Raises FaultyDictionary when one lacks a title in a language."""
    data: dict[str, Any] = tomllib.loads(text)
    found = {row["id"]: _metric(row) for row in data["metric"]}
    for entry in found.values():
        if lost := [name for name in entry.inputs if name not in found]:
            raise FaultyDictionary(f"{entry.id}: there is no metric {lost[0]} to derive it from")
    return found


def _metric(row: Mapping[str, Any]) -> Metric:
    if missing := untitled(row):
        raise FaultyDictionary(f"{row['id']}: its title is missing in {missing}")
    fields: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in row.items()}
    found = Metric(**fields)
    if found.derive not in {"", *DERIVATIONS} or bool(found.derive) != bool(found.inputs):
        raise FaultyDictionary(f"{found.id}: it cannot be derived by {found.derive or 'nothing'}")
    if not len(found.values) == len(found.values_zh) == len(found.values_en):
        raise FaultyDictionary(f"{found.id}: not all options have both titles")
    return found


@cache
def dictionary() -> Mapping[str, Metric]:
    """Every metric by its id."""
    return read_metrics(FILE.read_text(encoding="utf-8"))


@cache
def yearly() -> tuple[Metric, ...]:
    """The metrics that stand under a fiscal year, in the dictionary's order."""
    return tuple(m for m in dictionary().values() if m.yearly)


def metric(metric_id: str) -> Metric:
    """The metric with this id. Raises InputError `metric.unknown`."""
    try:
        return dictionary()[metric_id]
    except KeyError:
        raise InputError("metric.unknown", value=metric_id) from None


@cache
def used_as(use: str) -> str:
    """The id of the metric that stands for something outside of any rule. Raises KeyError for a use
    that the data does not name, or that names no metric."""
    uses: dict[str, str] = tomllib.loads(FILE.with_name("uses.toml").read_text(encoding="utf-8"))
    return dictionary()[uses[use]].id
