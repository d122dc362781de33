"""Figures changed in thought: read as they are typed, put in the place of those on record, and which
verdicts move by it (pure)."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from portfolio.companies.sheet_groups import Value, read_number
from portfolio.kernel.errors import InputError
from portfolio.kernel.numbers import short_number
from portfolio.readiness.inputs import Stated, figures_from
from portfolio.readiness.pictures import Finding, Picture, picture_of
from portfolio.rulebook.engine import PASS, Outcome
from portfolio.rulebook.metrics import Metric, dictionary

YEARLY, FACT = "y", "f"
FIRST_YEAR, LAST_YEAR = 1950, 2199
MOST = 60  # as many as an address can carry
NOTHING: Value = (None, None)


class Key(NamedTuple):
    """Which figure: of a fiscal year, or a dated fact without one."""

    metric: str
    year: int | None

    @property
    def name(self) -> str:
        """What it is called in an address and in a form: y.revenue.2025, f.share_capital."""
        return (
            f"{FACT}.{self.metric}" if self.year is None else f"{YEARLY}.{self.metric}.{self.year}"
        )

    @property
    def entry(self) -> Metric:
        """Its entry in the dictionary."""
        return dictionary()[self.metric]


def key_of(name: str) -> Key | None:
    """The figure that a name in an address means; None for any other argument."""
    kind, *rest = name.split(".")
    if not rest or rest[0] not in dictionary():
        return None
    if kind == FACT and len(rest) == 1:
        return Key(rest[0], None)
    year = short_number(rest[1]) if kind == YEARLY and len(rest) == 2 else None
    if year is None or not FIRST_YEAR <= year <= LAST_YEAR or not dictionary()[rest[0]].yearly:
        return None
    return Key(rest[0], year)


@dataclass
class Assumed:
    """What is assumed instead of the figures on record: the values, where `NOTHING` takes a figure
    away, the texts as typed, and what is wrong with those that say no value."""

    values: dict[Key, Value] = field(default_factory=dict)
    texts: dict[Key, str] = field(default_factory=dict)
    errors: dict[Key, InputError] = field(default_factory=dict)

    @property
    def arguments(self) -> dict[str, str]:
        """The arguments of an address that says the same."""
        return {key.name: text for key, text in self.texts.items()}


def on_record(stated: Iterable[Stated]) -> dict[Key, Value]:
    """The figures that are known, by key."""
    return {
        Key(row.metric, row.year): (row.micro, row.choice)
        for row in stated
        if row.value is not None
    }


def read_assumed(texts: Mapping[str, str], stated: Iterable[Stated]) -> Assumed:
    """What some texts by name assume. One that repeats what is on record assumes nothing; an empty
    one takes the figure away."""
    known, found = on_record(stated), Assumed()
    for name, text in texts.items():
        key = key_of(name)
        if key is None:
            continue
        try:
            value = read_value(key.entry, text.strip())
            if value == known.get(key, NOTHING):
                continue
            if len(found.values) == MOST:
                raise InputError("assumed.too_many", most=MOST)
            found.values[key] = value
        except InputError as error:
            found.errors[key] = error
        found.texts[key] = text.strip()
    return found


def read_value(metric: Metric, text: str) -> Value:
    """What a text says of a figure; an empty one takes it away. Raises InputError."""
    if not text:
        return NOTHING
    return (read_number(metric, text), None) if metric.numeric else metric.read(text)


def applied(stated: Iterable[Stated], values: Mapping[Key, Value]) -> list[Stated]:
    """The figures on record with those that are assumed in their place; they count as audited
    where their year is."""
    rows = list(stated)
    audited = {row.year for row in rows if row.audited and row.year}
    kept = [row for row in rows if Key(row.metric, row.year) not in values]
    return kept + [
        Stated(key.metric, key.year, *value, key.year in audited)
        for key, value in values.items()
        if value != NOTHING
    ]


def supposed(
    stated: Iterable[Stated], values: Mapping[Key, Value], day: dt.date, region: str | None
) -> Picture:
    """What a company would come to with some figures changed."""
    figures, audited = figures_from(applied(stated, values), day)
    return picture_of(figures, audited, day, region)


@dataclass(frozen=True, eq=False)
class Move:
    """A target that stands otherwise with changed figures; there is a result on both sides."""

    before: Finding
    after: Finding

    @property
    def turned(self) -> bool:
        """Whether the verdict is another one."""
        return self.before.status != self.after.status

    @property
    def decided_by(self) -> Sequence[Outcome]:
        """The tests that decide: of a target that is met now those that were not met before, of
        any other the one that most is missing to."""
        if self.after.status != PASS:
            return (self.after.hardest,)
        was = {id(outcome.clause): outcome.status for outcome in _all_of(self.before)}
        turned = [test for test in self.after.tests if was.get(id(test.clause)) != PASS]
        return turned or (self.after.hardest,)

    @property
    def nearer(self) -> bool:
        """Whether less is missing than before."""
        return self.after.distance < self.before.distance


def _all_of(finding: Finding) -> Iterator[Outcome]:
    if finding.result is not None:
        yield from finding.result.outcome.walk()


def moves(before: Picture, after: Picture) -> list[Move]:
    """The targets that stand otherwise: those with another verdict first, of them the ones that
    are met now."""
    pairs = zip(before.findings, after.findings, strict=True)
    found = [
        Move(was, now)
        for was, now in pairs
        if was.result and now.result and _standing(was) != _standing(now)
    ]
    return sorted(found, key=lambda move: (not move.turned, move.after.status != PASS))


def _standing(finding: Finding) -> tuple[str, int, int]:
    return finding.status, finding.distance, finding.open_tests
