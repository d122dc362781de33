"""What a founder is asked for an input, in words of a conversation, as data (pure)."""

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from portfolio.kernel.titles import untitled
from portfolio.rulebook.metrics import Metric, dictionary

FILE = Path(__file__).with_name("questions.toml")
KINDS = ("flag", "choice", "yearly", "fact")


class FaultyQuestions(ValueError):
    """The file of questions cannot be used: the reason."""


@cache
def texts() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    """The texts of the file, by `kind` and by `ask`."""
    return read_texts(FILE.name, FILE.read_text(encoding="utf-8"))


def read_texts(file: str, text: str) -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    """Texts from a file. Raises FaultyQuestions."""
    data: dict[str, Any] = tomllib.loads(text)
    kinds, own = data.get("kind", {}), data.get("ask", {})
    for name, row in (*kinds.items(), *own.items()):
        if missing := untitled(row):
            raise FaultyQuestions(f"{file}: {name} lacks its words in {missing}")
    if lacking := {*KINDS} - kinds.keys():
        raise FaultyQuestions(f"{file}: there are no words for {min(lacking)}")
    if strange := own.keys() - dictionary().keys():
        raise FaultyQuestions(f"{file}: there is no input {min(strange)}")
    return data


def asked_for(metric: Metric, years: Sequence[int], language: str) -> str:
    """The question for an input in "zh" or "en"; `years` are the fiscal years that lack."""
    known = texts()
    words = known["ask"].get(metric.id) or known["kind"][_kind(metric)]
    title = metric.zh if language == "zh" else metric.en
    between = "、" if language == "zh" else ", "
    listed = between.join(map(str, sorted(years)))
    return words[language].format(title=title, years=listed)


def _kind(metric: Metric) -> str:
    if not metric.numeric:
        return "choice" if metric.values else "flag"
    return "yearly" if metric.yearly else "fact"
