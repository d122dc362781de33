"""What each heading of a file stands for: a column of the company, a figure, or nothing (pure)."""

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from portfolio.kernel.errors import InputError
from portfolio.kernel.text import folded, halfwidth
from portfolio.rulebook.metrics import dictionary

FILE = Path(__file__).with_name("headings.toml")
_BRACKETS = re.compile(r"[(（\[【][^)）\]】]*[)）\]】]")
METRIC = "metric:"


@dataclass(frozen=True)
class Target:
    """Where a column goes: `field` is a company's or row's field, `metric:<id>`, or "" for
    nowhere, with the reason; a figure's value is multiplied by `factor`."""

    field: str
    factor: Decimal = Decimal(1)
    reason: str = ""

    @property
    def metric(self) -> str:
        """The metric's id, "" when it is no figure."""
        return self.field.removeprefix(METRIC) if self.field.startswith(METRIC) else ""


NOWHERE = Target("", reason="column.unknown")


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


@cache
def synonyms() -> tuple[dict[str, Target], dict[str, Target]]:
    """Every known spelling and what it stands for: as written, and without its bracketed unit
    where that leaves no doubt."""
    exact: dict[str, Target] = {}
    for name, target in _spellings():
        exact.setdefault(folded(name), target)
    loose: dict[str, Target] = {}
    doubtful: set[str] = set()
    for name, target in _spellings():
        key = _bare(name)
        if loose.setdefault(key, target) != target:
            doubtful.add(key)
    return exact, {key: target for key, target in loose.items() if key not in doubtful}


def _spellings() -> Iterator[tuple[str, Target]]:
    for field, names in _data()["fields"].items():
        yield from ((name, Target(field)) for name in (field, *names))
    for reason, names in _data()["ignored"].items():
        yield from ((name, Target("", reason=f"column.{reason}")) for name in names)
    for row in _data()["metrics"]:
        target = Target(METRIC + row["id"], Decimal(row.get("factor", "1")))
        yield from ((name, target) for name in row["names"])
    for metric in dictionary().values():
        headings = (metric.heading(header) for header in ("machine", "zh", "en"))
        for name in (*headings, metric.zh, metric.en):
            yield name, Target(METRIC + metric.id)


def _bare(heading: str) -> str:
    return folded(_BRACKETS.sub("", halfwidth(heading)))


def matched(headings: Sequence[str]) -> list[Target]:
    """What each heading stands for, by its synonyms; columns of our own files always match."""
    exact, loose = synonyms()
    return [exact.get(folded(h)) or loose.get(_bare(h)) or NOWHERE for h in headings]


def choices() -> list[str]:
    """Every field a column can be mapped onto."""
    return [*_data()["fields"], *(METRIC + metric_id for metric_id in dictionary())]


def mapped(headings: Sequence[str], chosen: dict[str, str]) -> list[Target]:
    """Targets from a mapping of headings onto fields. Raises InputError on unknown names."""
    known = set(choices())
    for heading, field in chosen.items():
        if heading not in headings:
            raise InputError("mapping.no_such_column", value=heading)
        if field and field not in known:
            raise InputError("mapping.no_such_field", value=field)
    automatic = matched(headings)
    return [
        _chosen(chosen[h], auto) if h in chosen else auto
        for h, auto in zip(headings, automatic, strict=True)
    ]


def _chosen(field: str, automatic: Target) -> Target:
    if not field:
        return Target("", reason="column.unmapped")
    return automatic if automatic.field == field else Target(field)


def check_targets(headings: Sequence[str], targets: Sequence[Target]) -> None:
    """Refuse a file that names no company, or a field that two columns claim."""
    fields = [t.field for t in targets if t.field]
    if not {"name_zh", "stock_code", "uscc"} & set(fields):
        raise InputError("mapping.no_company")
    twice = next((f for f in fields if fields.count(f) > 1), None)
    if twice:
        columns = [h for h, t in zip(headings, targets, strict=True) if t.field == twice]
        raise InputError("mapping.twice", value=", ".join(columns))
    yearly = any(t.metric and dictionary()[t.metric].yearly for t in targets)
    if yearly and "fiscal_year" not in fields:
        raise InputError("mapping.no_year")
