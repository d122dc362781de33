"""The words of the rulebook language: what a test says (pure).

revenue >= 1000                     the latest year, or a fact where the metric has no years
each(revenue, 2) >= 1000            in every one of the last two years
mean(revenue, 2), sum(revenue, 2)   over the last two years
growth(revenue) >= 30               of the latest year, in percent
compound_growth(revenue, 3) >= 25   yearly growth over three years of figures, in percent
ratio_of_sums(rd_spend, revenue, 3) in percent
legal_entity_cn, not crime_36m      a flag that must be set, or must not
neeq_tier == innovation             a word
srdi_level in national, provincial  one of several words
score(total) >= 60                  of the book's own score table, or of a group of it
never                               cannot be met
"""

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from portfolio.rulebook.metrics import Metric
from portfolio.rulebook.model import NEVER, SCORE

FACT, LATEST, EACH, RATIO = "fact", "latest", "each", "ratio_of_sums"
GROWTH, COMPOUND = "growth", "compound_growth"
AGGREGATES = {EACH: 1, "sum": 1, "mean": 1, COMPOUND: 1, RATIO: 2}  # by name how many metrics
IN_PERCENT = frozenset({GROWTH, COMPOUND, RATIO})
TOTAL = "total"
_COMPARED = re.compile(r"(?:(\w+)\(([\w, ]+)\)|(\w+)) (>=|<=|==|>|<) (-?\d+(?:\.\d+)?)")
_WORDS = re.compile(r"(\w+) (==|in) ([A-Za-z_]\w*(?:, \w+)*)")
_FLAG = re.compile(r"(not )?(\w+)")

Fields = dict[str, Any]


class Misread(ValueError):
    """A test that says nothing: the reason."""


def read_test(text: str, known: Mapping[str, Metric], groups: Iterable[str]) -> Fields:
    """The fields of a clause that a test fills. Raises Misread."""
    if text == NEVER:
        return {"over": NEVER}
    if found := _COMPARED.fullmatch(text):
        call, names, metric, test, number = found.groups()
        fields = _read(call, names, known, groups) if call else _plain(_known(metric, known))
        if number_fault := _number_fault(fields, Decimal(number), known):
            raise Misread(number_fault)
        return {**fields, "test": test, "threshold": Decimal(number)}
    if found := _WORDS.fullmatch(text):
        return _worded(found[1], found[2], found[3].split(", "), known)
    if found := _FLAG.fullmatch(text):
        entry = _known(found[2], known)
        if entry.unit != "bool":
            raise Misread(f"the threshold of {entry.id} does not fit: it is no flag")
        book = entry.book if not found[1] else ""
        return {**_plain(entry), "test": "==", "threshold": not found[1], "book": book}
    raise Misread(f"“{text}” is no test")


def _known(name: str, known: Mapping[str, Metric]) -> Metric:
    if name not in known:
        raise Misread(f"there is no metric or clause {name}")
    return known[name]


def _plain(entry: Metric) -> Fields:
    return {"metrics": (entry.id,), "over": LATEST if entry.yearly else FACT}


def _read(call: str, names: str, known: Mapping[str, Metric], groups: Iterable[str]) -> Fields:
    given = names.split(", ")
    if call == SCORE:
        if given[0] not in {*groups, TOTAL} or len(given) != 1:
            raise Misread(f"the score table has no group {names}")
        return {"over": SCORE, "metrics": ()}
    if call == GROWTH and len(given) == 1:
        given.append("2")
    if call != GROWTH and (call not in AGGREGATES or len(given) != AGGREGATES[call] + 1):
        raise Misread(f"an unknown aggregate: {call}({names})")
    *metrics, years = given
    late = next((m for m in metrics if not _known(m, known).yearly), None)
    if late or not years.isdigit() or not 1 < int(years) < 10:
        raise Misread(f"{late} has no years" if late else f"{years} is no number of years")
    return {"metrics": tuple(metrics), "over": call, "years": int(years)}


def _number_fault(fields: Fields, number: Decimal, known: Mapping[str, Metric]) -> str:
    for name in fields["metrics"]:
        entry = known[name]
        if not entry.numeric:
            return f"the threshold of {name} does not fit: it is no number"
        small = entry.unit == "fraction" and fields["over"] not in IN_PERCENT
        if small and abs(number) > 1:
            return f"the threshold of {name} does not fit: it is a fraction"
    return ""


def _worded(name: str, test: str, given: list[str], known: Mapping[str, Metric]) -> Fields:
    entry = _known(name, known)
    odd = next((word for word in given if word not in entry.values), None)
    if odd or (test == "==" and len(given) > 1):
        raise Misread(f"the threshold of {name} does not fit: it has no option {odd or given}")
    threshold = given[0] if test == "==" else tuple(given)
    return {**_plain(entry), "test": test, "threshold": threshold}
