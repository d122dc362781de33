"""What each heading of a file stands for: a column of the company, a figure, or nothing (pure)."""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from portfolio.intake.reading import folded_label, labels, shape_of
from portfolio.kernel.errors import InputError
from portfolio.kernel.text import folded, halfwidth
from portfolio.rulebook.metrics import dictionary

FILE = Path(__file__).with_name("headings.toml")
_BRACKETS = re.compile(r"[(（\[【][^)）\]】]*[)）\]】]")
RECORDS_FILE = Path(__file__).with_name("record_headings.toml")
METRIC = "metric:"
COMPANIES = "companies"
# How many 万元 one of a unit is, as headings name it in brackets.
UNITS = {
    "元": Decimal("0.0001"),
    "千元": Decimal("0.1"),
    "万元": Decimal(1),
    "百万元": Decimal(100),
    "千万元": Decimal(1000),
    "亿元": Decimal(10000),
}
# Shares stand for percentages or for parts of one; by the unit of the figure, how many of it one is.
SHARES = {
    "percent": {"%": Decimal(1), "比例": Decimal(100)},
    "fraction": {"%": Decimal("0.01"), "比例": Decimal(1)},
}
SHARE_UNITS = frozenset().union(*SHARES.values())
_SHARE = re.compile(
    "[(\\[【](?:单位:?)?(?:(%|百分比|百分数|pct|percent)|比例|小数|fraction|ratio)[)\\]】]"
)
# Between a field and the unit of its amounts in a mapping: "metric:revenue@元".
IN = "@"
_UNIT = re.compile("[(\\[【](?:单位:?|人民币)?((?:千万|百万|千|万|亿)?元|cny|rmb|yuan)[)\\]】]")


@dataclass(frozen=True)
class Target:
    """Where a column goes: `field` is a company's or row's field, `metric:<id>`, or "" for
    nowhere, with the reason; a figure's value is multiplied by `factor`. `assumed` says that nobody
    named the unit of an amount."""

    field: str
    factor: Decimal = Decimal(1)
    reason: str = ""
    assumed: bool = False

    @property
    def money(self) -> bool:
        """Whether its values are amounts, which have a unit of their own."""
        # Of a field that a browser made up there is no entry; what maps it refuses it.
        entry = dictionary().get(self.metric)
        return entry.money if entry else self.field.endswith("_fen")

    @property
    def units(self) -> Mapping[str, Decimal]:
        """The units in which its values may stand in a file, each with its factor."""
        if self.money:
            return UNITS
        entry = dictionary().get(self.metric)
        return SHARES.get(entry.unit, {}) if entry else {}

    @property
    def unit(self) -> str:
        """The unit in which its values are read, "" where there is but one."""
        return next((unit for unit, factor in self.units.items() if factor == self.factor), "")

    @cached_property
    def metric(self) -> str:
        """The metric's id, "" when it is no figure."""
        return self.field.removeprefix(METRIC) if self.field.startswith(METRIC) else ""


NOWHERE = Target("", reason="column.unknown")


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


@cache
def _records() -> dict[str, Any]:
    return tomllib.loads(RECORDS_FILE.read_text(encoding="utf-8"))


def fields_of(kind: str) -> dict[str, list[str]]:
    """The fields of a kind of list, each with its spellings."""
    if kind == COMPANIES:
        return dict(_data()["fields"])
    return {**_records()["common"], **_records()[kind]}


@cache
def synonyms(kind: str = COMPANIES) -> tuple[dict[str, Target], dict[str, Target]]:
    """Every known spelling and what it stands for: as written, and without its bracketed unit
    where that leaves no doubt."""
    exact: dict[str, Target] = {}
    for name, target in _spellings(kind):
        exact.setdefault(folded(name), target)
    loose: dict[str, Target] = {}
    doubtful: set[str] = set()
    for name, target in _spellings(kind):
        key = _bare(name)
        if loose.setdefault(key, target) != target:
            doubtful.add(key)
    return exact, {key: target for key, target in loose.items() if key not in doubtful}


def _spellings(kind: str) -> Iterator[tuple[str, Target]]:
    fields = fields_of(kind)
    for field, names in fields.items():
        yield from ((name, Target(field)) for name in names)
    yield from ((field, Target(field)) for field in fields)
    for reason, names in _data()["ignored"].items():
        yield from ((name, Target("", reason=f"column.{reason}")) for name in names)
    if kind == COMPANIES:
        yield from _metric_spellings()


def _metric_spellings() -> Iterator[tuple[str, Target]]:
    for row in _data()["metrics"]:
        target = Target(METRIC + row["id"], Decimal(row.get("factor", "1")))
        yield from ((name, target) for name in row["names"])
    for metric in dictionary().values():
        headings = (metric.heading(header) for header in ("machine", "zh", "en"))
        for name in (*headings, metric.zh, metric.en):
            yield name, Target(METRIC + metric.id)


def _bare(heading: str) -> str:
    return folded(_BRACKETS.sub("", halfwidth(heading)))


def matched(headings: Sequence[str], kind: str = COMPANIES) -> list[Target]:
    """What each heading stands for, by its synonyms; columns of our own files always match."""
    exact, loose = synonyms(kind)
    return [
        _in_its_unit(exact.get(folded(h)), h)
        or _in_its_unit(exact.get(folded(_UNIT.sub("", halfwidth(h).casefold()))), h)
        or _in_its_unit(loose.get(_bare(h)), h)
        or NOWHERE
        for h in headings
    ]


def _in_its_unit(target: Target | None, heading: str) -> Target | None:
    """An amount whose heading names another unit than 万元 is brought to that; of a figure whose
    heading names none, 万元 is assumed. A share may be named a percentage or a part of one."""
    if target is None or not target.units:
        return target
    if not target.money:
        share = _SHARE.search(halfwidth(heading).casefold())
        return (
            replace(target, factor=target.units["%" if share[1] else "比例"]) if share else target
        )
    unit = _UNIT.search(halfwidth(heading).casefold())
    if unit:
        return replace(target, factor=UNITS.get(unit[1], UNITS["元"]))
    return replace(target, assumed=bool(target.metric) and not _names_its_unit(heading, target))


def _names_its_unit(heading: str, target: Target) -> bool:
    """Whether the heading is that of our own files, or ends with the unit as foreign files have it."""
    text = folded(heading)
    own = (dictionary()[target.metric].heading(header) for header in ("machine", "zh", "en"))
    return text.endswith("wan") or text in map(folded, own)


def recognised(headings: Sequence[str]) -> str:
    """The kind of list whose headings these most likely are."""
    kinds = (COMPANIES, *_records()["required"])
    return max(kinds, key=lambda kind: _fitting(headings, kind))


def _fitting(headings: Sequence[str], kind: str) -> int:
    """How many columns mean something in this kind; none when one that it needs is missing."""
    targets = matched(headings, kind)
    try:
        check_targets(headings, targets, kind)
    except InputError as error:
        if error.code != "mapping.twice":
            return 0
    return sum(bool(target.field) for target in targets)


def choices(kind: str = COMPANIES) -> list[str]:
    """Every field a column can be mapped onto."""
    metrics = (METRIC + metric_id for metric_id in dictionary()) if kind == COMPANIES else ()
    return [*fields_of(kind), *metrics]


def read_mapping(content: bytes) -> dict[str, str]:
    """A mapping of headings onto fields from a JSON file. Raises InputError `mapping.malformed`, or
    `mapping.column_twice` where a column is named twice."""
    try:
        pairs = json.loads(content.decode("utf-8-sig"), object_pairs_hook=tuple)
    except (ValueError, RecursionError) as error:
        raise InputError("mapping.malformed") from error
    if not isinstance(pairs, tuple) or not all(isinstance(field, str) for _, field in pairs):
        raise InputError("mapping.malformed")
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [heading for heading, _ in pairs]
        twice = next(heading for heading in names if names.count(heading) > 1)
        raise InputError("mapping.column_twice", value=twice)
    return found


def mapped(
    headings: Sequence[str], chosen: Mapping[str, str], kind: str = COMPANIES
) -> list[Target]:
    """Targets from a mapping of headings onto fields; two columns of one name are told apart as
    `labels` does. Raises InputError on unknown names and on a name that two columns bear."""
    named, known = labels(headings), set(choices(kind))
    for heading, field in chosen.items():
        if heading not in named:
            twice = heading in headings
            raise InputError(
                "mapping.two_columns" if twice else "mapping.no_such_column", value=heading
            )
        name, _, unit = field.partition(IN)
        if name and name not in known:
            raise InputError("mapping.no_such_field", value=name)
        if unit and unit not in Target(name).units:
            raise InputError("mapping.no_such_unit", value=unit)
    automatic = matched(headings, kind)
    return [
        _chosen(chosen[label], auto, heading) if label in chosen else auto
        for label, heading, auto in zip(named, headings, automatic, strict=True)
    ]


def _chosen(field: str, automatic: Target, heading: str) -> Target:
    name, _, unit = field.partition(IN)
    if not name:
        return automatic if not automatic.field else Target("", reason="column.unmapped")
    if unit:
        return Target(name, Target(name).units[unit])
    return automatic if automatic.field == name else _in_its_unit(Target(name), heading) or NOWHERE


def spelled(target: Target, heading: str, kind: str) -> str:
    """What a mapping says of a column so that the next file of this shape is read the same."""
    automatic = matched([heading], kind)[0]
    as_written = automatic.field != target.field or (automatic.factor, automatic.assumed) == (
        target.factor,
        target.assumed,
    )
    return target.field if not target.unit or as_written else target.field + IN + target.unit


def as_remembered(headings: Sequence[str], fields: Mapping[str, str]) -> dict[str, str]:
    """A remembered mapping, for these headings."""
    named = {folded_label(label): label for label in labels(headings)}
    return {named[key]: field for key, field in fields.items() if key in named}


def shape(headings: Sequence[str]) -> str:
    """The shape of a file, whether or not it bears the column of reasons that we add."""
    targets = matched(headings)
    own = [h for h, t in zip(headings, targets, strict=True) if t.reason != "column.reasons"]
    return shape_of(own)


def check_targets(
    headings: Sequence[str], targets: Sequence[Target], kind: str = COMPANIES
) -> None:
    """Refuse a file that lacks what its rows need, or a field that two columns claim."""
    fields = [t.field for t in targets if t.field]
    if kind == COMPANIES:
        needed: list[list[str]] = [["name_zh", "stock_code", "uscc"]]
    else:
        needed = _records()["required"][kind]
    for group in needed:
        if not set(group) & set(fields):
            says_company = "company" in group or "name_zh" in group
            raise InputError("mapping.no_company" if says_company else f"mapping.no_{kind}")
    twice = next((f for f in fields if fields.count(f) > 1), None)
    if twice:
        named = zip(labels(headings), targets, strict=True)
        raise InputError("mapping.twice", value=", ".join(h for h, t in named if t.field == twice))
    yearly = any(t.metric and dictionary()[t.metric].yearly for t in targets)
    if yearly and "fiscal_year" not in fields:
        raise InputError("mapping.no_year")


def required(kind: str) -> list[list[str]]:
    """Groups of fields of which a row must fill one each."""
    return list(_records()["required"][kind])
