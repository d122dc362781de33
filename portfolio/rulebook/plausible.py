"""What is odd about figures of a company: asked about where they are entered, never refused (pure).

Figures are millionths of their metric's unit, by metric; all sums are exact.
"""

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any

from portfolio.kernel.numbers import MICRO, from_micro, plain
from portfolio.rulebook.metrics import FaultyDictionary, Metric, dictionary

FILE = Path(__file__).with_name("plausible.toml")
HUNDRED = 100
BESIDE = "figure.odd_beside"  # of a figure that makes another one odd
Known = Mapping[str, int]
Params = dict[str, Any]


@dataclass(frozen=True)
class Check:
    """One relation: `metric` is the figure asked about, `needs` are all that it reads, `of_before`
    those that it reads of the year before. `find` gives the values of the sentence under `code`, or
    None when nothing is odd."""

    code: str
    metric: str
    needs: frozenset[str]
    find: Callable[[Known, Known], Params | None]
    of_before: frozenset[str] = frozenset()
    hint: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Question:
    """Something to ask about a figure: a code of a sentence and its values."""

    metric: str
    code: str
    params: Params


def questions(known: Known, before: Known, typed: frozenset[str] | None = None) -> list[Question]:
    """What is odd about the figures known of a year, beside those of the year before.

    With `typed` only what one of those figures is part of, asked about at one of them: what makes a
    figure odd that was not typed is told to be odd beside that one.
    """
    found = []
    for check in _asking(frozenset(known), frozenset(before), typed):
        params = check.find(known, before)
        if params is None:
            continue
        if typed is None or check.metric in typed:
            found.append(Question(check.metric, check.code, params))
        else:
            other = {
                "other": dictionary()[check.metric],
                "value": text_of_micro(known[check.metric]),
            }
            found.append(Question(_first(check, typed), BESIDE, other))
    return found


def _first(check: Check, typed: frozenset[str]) -> str:
    return next(name for name in dictionary() if name in typed and name in check.needs)


@lru_cache(maxsize=1000)
def _asking(
    known: frozenset[str], before: frozenset[str], typed: frozenset[str] | None
) -> tuple[Check, ...]:
    """The checks that these figures are enough for: rows of a file mostly have the same ones."""
    return tuple(
        check
        for check in checks()
        if check.needs <= known
        and check.of_before <= before
        and (typed is None or check.needs & typed)
    )


@cache
def checks() -> tuple[Check, ...]:
    """Every check, in the order of the file."""
    return read_checks(FILE.read_text(encoding="utf-8"))


def read_checks(text: str) -> tuple[Check, ...]:
    """Checks from a text. Raises FaultyDictionary on a kind or a metric that does not exist."""
    data = tomllib.loads(text)
    data.pop("version")
    if strange := data.keys() - KINDS.keys():
        raise FaultyDictionary(f"there is no kind of check {min(strange)}")
    found = [*_negative()]
    for kind, rows in data.items():
        found += [check for row in rows for check in KINDS[kind](row)]
    if lost := frozenset().union(*(check.needs for check in found)) - dictionary().keys():
        raise FaultyDictionary(f"there is no metric {min(lost)} to check")
    return tuple(found)


def text_of_micro(value: int) -> str:
    """A figure as it is told in a question."""
    return plain(from_micro(value))


def _told(value: Fraction) -> str:
    """A computed number as it is told: two decimals."""
    return f"{Decimal(value.numerator) / Decimal(value.denominator):.2f}"


def _negative() -> Iterator[Check]:
    for entry in dictionary().values():
        if entry.never_negative or (entry.numeric and not entry.yearly):
            yield _alone("figure.negative", entry.id, lambda value: value < 0)
        if entry.part_of:
            yield from _part({"part": entry.id, "whole": entry.part_of})


def _alone(code: str, name: str, odd: Callable[[int], bool]) -> Check:
    def find(known: Known, _before: Known) -> Params | None:
        return {} if odd(known[name]) else None

    return Check(code, name, frozenset({name}), find)


def _whole(row: Mapping[str, Any]) -> Iterator[Check]:
    for entry in dictionary().values():
        if entry.unit in row["units"]:
            yield _alone("figure.not_whole", entry.id, lambda value: value % MICRO != 0)


def _most(row: Mapping[str, Any]) -> Iterator[Check]:
    limit = int(Decimal(row["value"]) * MICRO)
    names = row.get("metrics") or [
        m.id for m in dictionary().values() if m.unit == row["dated"] and not m.yearly
    ]
    for name in names:
        yield _alone("figure.over_whole", name, lambda value: value > limit)


def _owed(row: Mapping[str, Any]) -> Iterator[Check]:
    for name in row["metrics"]:
        yield _alone("figure.insolvent", name, lambda value: value < 0)


def _part(row: Mapping[str, Any]) -> Iterator[Check]:
    part, whole = row["part"], row["whole"]

    def find(known: Known, _before: Known) -> Params | None:
        if known[part] <= known[whole]:
            return None
        return {"whole": dictionary()[whole], "value": text_of_micro(known[whole])}

    yield Check("figure.above_whole", part, frozenset({part, whole}), find)


def _sum(row: Mapping[str, Any]) -> Iterator[Check]:
    whole, parts = row["whole"], row["parts"]
    within = int(Decimal(row["within"]) * MICRO)

    def find(known: Known, _before: Known) -> Params | None:
        together = sum(known[part] for part in parts)
        if abs(together - known[whole]) <= within:
            return None
        one, other = (dictionary()[part] for part in parts)
        return {
            "one": one,
            "other": other,
            "computed": text_of_micro(together),
            "rest": text_of_micro(known[whole] - together),
            "hint": {"zh": row["zh"], "en": row["en"]},
        }

    yield Check("figure.sum_differs", whole, frozenset({whole, *parts}), find)


def _share_of(row: Mapping[str, Any], known: Known) -> Fraction | None:
    """The share in the unit of what is stated; None when there is nothing to be part of."""
    above, below = (known[name] for name in row["of"])
    times = HUNDRED if dictionary()[row["stated"]].unit == "percent" else 1
    return Fraction(above * times, below) if below > 0 else None


def _apart(stated: int, computed: Fraction, within: str) -> Params | None:
    """The values of a sentence when a stated share is not the computed one."""
    value = Fraction(stated, MICRO)
    if abs(value - computed) <= Fraction(within):
        return None
    return {"value": text_of_micro(stated), "computed": _told(computed)}


def _share(row: Mapping[str, Any]) -> Iterator[Check]:
    stated, of = row["stated"], row["of"]

    def find(known: Known, _before: Known) -> Params | None:
        computed = _share_of(row, known)
        found = None if computed is None else _apart(known[stated], computed, row["within"])
        return found and found | {"one": dictionary()[of[0]], "other": dictionary()[of[1]]}

    yield Check("share.disagrees", stated, frozenset({stated, *of}), find)


def _growth(row: Mapping[str, Any]) -> Iterator[Check]:
    stated, of = row["stated"], row["of"]

    def computed(known: Known, before: Known) -> Fraction | None:
        return Fraction(known[of] * HUNDRED, before[of]) - HUNDRED if before[of] > 0 else None

    def hundredfold(known: Known, rate: Fraction) -> bool:
        near = max(Fraction(1), abs(rate) / 50)
        return abs(Fraction(known[stated] * HUNDRED, MICRO) - rate) < near

    def find(ratio: bool, known: Known, before: Known) -> Params | None:
        rate = computed(known, before)
        if rate is None or hundredfold(known, rate) != ratio:
            return None
        return _apart(known[stated], rate, row["within"])

    needs = frozenset({stated, of})
    for code, ratio in (("growth.disagrees", False), ("percent.stored_as_ratio", True)):
        yield Check(code, stated, needs, partial(find, ratio), frozenset({of}))


def _floor(row: Mapping[str, Any]) -> Iterator[Check]:
    stated = row["stated"]

    def find(known: Known, _before: Known) -> Params | None:
        computed = _share_of(row, known)
        value = Fraction(known[stated], MICRO)
        if computed is None or value >= HUNDRED or computed <= value + Fraction(row["below"]):
            return None
        return {"value": text_of_micro(known[stated]), "computed": _told(computed)}

    yield Check("margin.below_net", stated, frozenset({stated, *row["of"]}), find)


def _small(row: Mapping[str, Any]) -> Iterator[Check]:
    stated = row["stated"]

    def find(known: Known, _before: Known) -> Params | None:
        computed = _share_of(row, known)
        value = Fraction(known[stated], MICRO)
        if computed is None or not value or abs(value) >= Fraction(row["below"]):
            return None
        if abs(computed) <= Fraction(row["above"]):
            return None
        return {"value": text_of_micro(known[stated]), "computed": _told(computed)}

    yield Check("percent.stored_as_ratio", stated, frozenset({stated, *row["of"]}), find)


def _sign(row: Mapping[str, Any]) -> Iterator[Check]:
    name, other = row["metric"], row["other"]

    def find(known: Known, _before: Known) -> Params | None:
        if known[name] * known[other] >= 0:
            return None
        return {"other": dictionary()[other], "value": text_of_micro(known[other])}

    yield Check("figure.other_sign", name, frozenset({name, other}), find)


def _leap(row: Mapping[str, Any]) -> Iterator[Check]:
    for entry in dictionary().values():
        if entry.unit in row["units"] and entry.yearly and not entry.derive:
            yield _leap_of(entry, row["times"])


def _leap_of(entry: Metric, times: int) -> Check:
    def find(known: Known, before: Known) -> Params | None:
        now, then = abs(known[entry.id]), abs(before[entry.id])
        if not now or not then or max(now, then) < times * min(now, then):
            return None
        return {"value": text_of_micro(before[entry.id]), "times": str(times)}

    name = frozenset({entry.id})
    return Check("figure.leaps", entry.id, name, find, name)


KINDS: Mapping[str, Callable[[Mapping[str, Any]], Iterator[Check]]] = {
    "whole": _whole,
    "most": _most,
    "owed": _owed,
    "part": _part,
    "sum": _sum,
    "share": _share,
    "growth": _growth,
    "floor": _floor,
    "small": _small,
    "sign": _sign,
    "leap": _leap,
}
