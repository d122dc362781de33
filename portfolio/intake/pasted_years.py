"""A block of yearly figures pasted from a spreadsheet, as an annual report has them: figures down and
fiscal years across, or the other way round (pure)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from portfolio.intake.checks import YEARS, amount
from portfolio.intake.headings import UNITS, Target, matched
from portfolio.kernel.errors import InputError
from portfolio.kernel.numbers import from_micro, plain
from portfolio.kernel.text import clean, halfwidth
from portfolio.rulebook.metrics import Metric, dictionary

MOST_LINES = 400
MOST_YEARS = 8
_BRACKETS = re.compile(r"[(\[【].*?[)\]】]")
_YEAR = re.compile(r"(?:fy)?(\d{4})(?:年(?:度|末)?|年?(?:度)?末|[-/.年]12[-/.月]31日?)?(?:\.0)?")
_BLOCK_UNIT = re.compile(r"单位[::]?(?:人民币)?((?:千万|百万|千|万|亿)?元)")
_HEADING_UNIT = re.compile(r"\((?:人民币)?((?:千万|百万|千|万|亿)?元)\)$")
_UNIT_COLUMN = frozenset({"单位", "unit", "units"})
NOTHING = frozenset({"", "-", "--", "—", "——", "–", "/", "n/a", "na", "不适用", "无", "未披露"})


@dataclass
class Pasted:
    """What a block says: texts in the dictionary's unit by fiscal year and metric, or as pasted with
    the error where a cell cannot be read. `passed_over` are labels and periods that mean nothing
    here, `rounded` the figures whose values were finer than can be kept."""

    texts: dict[int, dict[str, str]] = field(default_factory=dict)
    errors: dict[int, dict[str, InputError]] = field(default_factory=dict)
    passed_over: list[str] = field(default_factory=list)
    rounded: list[tuple[Metric, int]] = field(default_factory=list)

    @property
    def years(self) -> list[int]:
        """The fiscal years, the latest first."""
        return sorted(self.texts, reverse=True)


def read_block(text: str, unit: str = "") -> Pasted:
    """The figures of a block of cells parted by tabs. `unit` is that of amounts for which the block
    names none.

    Raises InputError `paste.too_long`, `paste.no_years`, `paste.too_many_years`, `paste.year_twice`,
    `paste.no_figures`, `paste.no_unit`, `paste.twice`.
    """
    rows = [[clean(cell) for cell in line.split("\t")] for line in text.splitlines()]
    rows = [row for row in rows if any(row)]
    if len(rows) > MOST_LINES:
        raise InputError("paste.too_long", most=MOST_LINES)
    place, rows = _upright(rows)
    unit = unit or _unit_named(text, rows[place])
    columns = _years(rows[place])
    pasted = Pasted({year: {} for year in columns})
    unit_at = next((n for n, c in enumerate(rows[place]) if c.casefold() in _UNIT_COLUMN), None)
    pasted.passed_over += [
        cell
        for n, cell in enumerate(rows[place])
        if n and cell and n != unit_at and year_of(cell) is None
    ]
    for row in rows[place + 1 :]:
        _read(row, columns, unit_at, unit, pasted)
    if not any(pasted.texts.values()):
        raise InputError("paste.no_figures", value="、".join(pasted.passed_over[:5]))
    return pasted


def _unit_named(text: str, headings: Sequence[str]) -> str:
    """The unit of amounts that a block names, in a line of its own or behind the headings; empty
    where it names none, or several."""
    named = _BLOCK_UNIT.search(halfwidth(text.replace(" ", "")))
    if named:
        return named[1]
    cells = (halfwidth(cell.replace(" ", "")) for cell in headings)
    found = {match[1] for cell in cells if (match := _HEADING_UNIT.search(cell))}
    return found.pop() if len(found) == 1 else ""


def _bare(cell: str) -> str:
    return _BRACKETS.sub("", halfwidth(cell).casefold().replace(" ", ""))


def year_of(cell: str) -> int | None:
    """The fiscal year that a heading names; None for anything else, parts of a year too."""
    match = _YEAR.fullmatch(_bare(cell))
    return int(match[1]) if match and int(match[1]) in YEARS else None


def _upright(rows: list[list[str]]) -> tuple[int, list[list[str]]]:
    """The block with its years across, and the row in which they stand."""
    for place, row in enumerate(rows):
        if any(year_of(cell) is not None for cell in row[1:]):
            return place, rows
    width = max((len(row) for row in rows), default=0)
    turned = [[row[n] if n < len(row) else "" for row in rows] for n in range(width)]
    if turned and any(year_of(cell) is not None for cell in turned[0]):
        return 0, turned
    raise InputError("paste.no_years")


def _years(row: Sequence[str]) -> Mapping[int, int]:
    """Each fiscal year with its column."""
    columns: dict[int, int] = {}
    for n, cell in enumerate(row):
        year = year_of(cell)
        if year is None:
            continue
        if year in columns:
            raise InputError("paste.year_twice", value=year)
        columns[year] = n
    if len(columns) > MOST_YEARS:
        raise InputError("paste.too_many_years", most=MOST_YEARS)
    return columns


def _read(
    row: Sequence[str],
    columns: Mapping[int, int],
    unit_at: int | None,
    unit: str,
    pasted: Pasted,
) -> None:
    cells = {year: row[n] for year, n in columns.items() if n < len(row)}
    cells = {
        year: cell for year, cell in cells.items() if halfwidth(cell).casefold() not in NOTHING
    }
    label = next((cell for n, cell in enumerate(row) if cell and n not in columns.values()), "")
    target = _target(label, row[unit_at] if unit_at is not None and unit_at < len(row) else "")
    if target is None or not _asked(target):
        if label and cells:
            pasted.passed_over.append(label)
        return
    for year, cell in cells.items():
        _take(target, year, cell, unit, pasted)


def _target(label: str, unit: str) -> Target | None:
    """What a row stands for: by its label, with the unit that a column of its own may name."""
    labels = [f"{label}({unit})", label] if unit else [label]
    found = (matched([text])[0] for text in labels)
    return next((target for target in found if target.metric), None)


def _asked(target: Target) -> bool:
    metric = dictionary()[target.metric]
    return metric.yearly and not metric.derive


def _take(target: Target, year: int, cell: str, unit: str, pasted: Pasted) -> None:
    metric = dictionary()[target.metric]
    if metric.id in pasted.texts[year]:
        raise InputError("paste.twice", value=metric, year=year)
    if target.assumed and not any(sign in cell for sign in "元万亿"):
        if not unit:
            raise InputError("paste.no_unit", value=metric)
        target = replace(target, factor=UNITS[unit], assumed=False)
    try:
        micro, rounded = amount(metric, cell, target.factor)
    except InputError as error:
        pasted.texts[year][metric.id] = cell
        pasted.errors.setdefault(year, {})[metric.id] = error
        return
    pasted.texts[year][metric.id] = plain(from_micro(micro))
    if rounded:
        pasted.rounded.append((metric, year))
