"""Which figures can be changed in thought: those that some target reads, grouped as an annual report
is, with as many fiscal years as are read (pure)."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from portfolio.companies import fact_sheet, year_sheet
from portfolio.companies.sheet_groups import Group
from portfolio.readiness.targets import targets
from portfolio.readiness.whatif import Key
from portfolio.rulebook.loader import library
from portfolio.rulebook.metrics import Metric, dictionary
from portfolio.rulebook.model import Clause

FURTHER = Group("其他已录入数据", "Other figures on record", ())


@dataclass(frozen=True)
class Row:
    """A figure in the fiscal years that are read of it, the latest first; a fact stands once."""

    metric: Metric
    keys: tuple[Key, ...]


@dataclass(frozen=True)
class Section:
    """Figures that stand together; `years` are those that head its columns."""

    zh: str
    en: str
    rows: tuple[Row, ...]
    years: tuple[int, ...] = ()

    @property
    def keys(self) -> Sequence[Key]:
        """Every figure that stands in it."""
        return [key for row in self.rows for key in row.keys]


def sections(
    day: dt.date, region: str | None, latest: int, besides: Iterable[Key]
) -> Sequence[Section]:
    """What can be changed under the rules of a day, from the latest fiscal year backwards.

    `besides` are figures that are known or assumed: those that stand nowhere else and may count
    all the same stand in a last section.
    """
    depths = _depths(day, region)
    found = [_yearly(group, depths, latest) for group in year_sheet.GROUPS]
    found += [_facts(group, depths) for group in fact_sheet.GROUPS]
    shown = {key for section in found for row in section.rows for key in row.keys}
    other = [k for k in besides if k not in shown and _counts(k, depths, latest)]
    other.sort(key=lambda key: (key.metric, key.year or 0))
    found.append(Section(FURTHER.zh, FURTHER.en, tuple(Row(key.entry, (key,)) for key in other)))
    return [section for section in found if section.rows]


def _yearly(group: Group, depths: Mapping[str, int], latest: int) -> Section:
    rows = tuple(
        Row(metric, tuple(Key(metric.id, latest - back) for back in range(depths[metric.id])))
        for metric in group.metrics
        if metric.id in depths
    )
    deepest = max((len(row.keys) for row in rows), default=0)
    return Section(group.zh, group.en, rows, tuple(latest - back for back in range(deepest)))


def _facts(group: Group, depths: Mapping[str, int]) -> Section:
    asked = (metric for metric in group.metrics if metric.id in depths)
    return Section(group.zh, group.en, tuple(Row(m, (Key(m.id, None),)) for m in asked))


def _counts(key: Key, depths: Mapping[str, int], latest: int) -> bool:
    depth = depths.get(key.metric, 0)
    return depth > 0 and (key.year is None or latest - depth < key.year <= latest)


@lru_cache(maxsize=50)
def _depths(day: dt.date, region: str | None) -> Mapping[str, int]:
    """By metric how many fiscal years of it some target reads on a day."""
    found: dict[str, int] = {}
    for target in targets():
        book = target.book_on(day, region)
        for name, years in _reads(target.clause_of(book)) if book else ():
            found[name] = max(years, found.get(name, 0))
    return found


def _reads(clause: Clause) -> Iterator[tuple[str, int]]:
    for name in clause.metrics:
        yield from _behind(name, clause.years)
    for item in clause.items:
        for name in {item.metric, *(bands.metric for bands in item.bands)} - {""}:
            yield from _behind(name, 1)
    tried = (test for item in clause.items for test, _ in item.choices)
    referred = library()[clause.book].roots if clause.book else ()
    for below in (*clause.children, *tried, *referred):
        yield from _reads(below)


def _behind(name: str, years: int) -> Iterator[tuple[str, int]]:
    yield name, years
    entry = dictionary()[name]
    for below in entry.inputs:
        yield from _behind(below, years + entry.years - 1)
