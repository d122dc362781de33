"""From the texts of a row to values: what is refused, what is doubted (pure)."""

import datetime as dt
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from portfolio.intake.headings import SHARES, Target
from portfolio.intake.lengths import fitting
from portfolio.intake.reading import Table
from portfolio.intake.rows import LONGEST_SHOWN, Row, same_company
from portfolio.kernel import dates, money, stockcode, uscc
from portfolio.kernel.errors import InputError
from portfolio.kernel.numbers import MICRO, parse_decimal, rounded_micro, short_micro, signed
from portfolio.kernel.records import LeadSource
from portfolio.kernel.text import clean, halfwidth
from portfolio.rulebook.metrics import Metric, dictionary, used_as
from portfolio.rulebook.plausible import questions

YEARS = range(1990, 2101)
_BETWEEN_NAMES = re.compile("[;；、]")
_REGION = re.compile(r"[0-9]{6}")
_YEAR = re.compile(r"[0-9]{4}")
TOLD_EVERY = 500


def _year(text: str, this_year: int) -> int:
    """A fiscal year that has begun. Raises InputError `year.malformed` or `year.ahead`."""
    digits = halfwidth(text).removesuffix("年度").removesuffix("年").removesuffix(".0").strip()
    if not (_YEAR.fullmatch(digits) and int(digits) in YEARS):
        raise InputError("year.malformed", value=text)
    if int(digits) > this_year:
        raise InputError("year.ahead", value=digits)
    return int(digits)


def _day(text: str) -> dt.date:
    return dates.parse_date(text)


def _names(text: str) -> list[str]:
    names = map(clean, _BETWEEN_NAMES.split(text))
    return [fitting("former_names", name) for name in names if name]


def _region(text: str) -> str:
    digits = halfwidth(text)
    if not _REGION.fullmatch(digits):
        raise InputError("region.malformed", value=text)
    return digits


def _source(text: str) -> str:
    """The source of a lead by its key or its title in either language; other words stay words."""
    return SOURCES.get(text.casefold()) or fitting("lead_source", text)


SOURCES = {
    word.casefold(): source.value
    for source in LeadSource
    for word in (source.value, source.zh, source.en)
}
READERS: dict[str, Callable[[str], Any]] = {
    "uscc": uscc.checked,
    "founded_on": _day,
    "listed_on": _day,
    "stock_code": stockcode.several,
    "former_names": _names,
    "region_code": _region,
    "lead_source": _source,
}


# A text that a spreadsheet program would take for a formula, and that is no number or telephone.
LIKE_FORMULA = re.compile(r"[-+|%＋－](?![\d\s().-]*$)")
_NAMES_PERCENT = re.compile("%|％|pct|percent|百分", re.IGNORECASE)
NAMES = ("name_zh", "company", "name", "title")
CODES = ("stock_code", "uscc", "deal")
Tell = Callable[[int], None]


def silent(done: int) -> None:
    """Tell nobody how far one is."""


def read_rows(
    table: Table, targets: Sequence[Target], this_year: int, tell: Tell = silent
) -> list[Row]:
    """Every row that is not blank, read and checked by itself and against its neighbours; a fiscal
    year after `this_year` is refused."""
    rows = []
    for number, cells in enumerate(table.rows):
        if any(cells) and any(cell.strip() for cell in cells):
            rows.append(_row(number, cells, targets, table, this_year))
        if number % TOLD_EVERY == 0:
            tell(number)
    refused = [[row] for row in rows if row.refusals]
    for group in [*same_company([row for row in rows if not row.refusals]), *refused]:
        _compare(group)
    for target, heading in zip(targets, table.headings, strict=True):
        if target.assumed:
            _doubt_unit(rows, target, heading)
        elif target.metric and target.unit == "%" and not _NAMES_PERCENT.search(heading):
            _doubt_percent(rows, target, heading)
    return rows


def _doubt_unit(rows: Sequence[Row], target: Target, heading: str) -> None:
    """Say once, at the first amount, that a column's unit was guessed."""
    first = next((row for row in rows if target.metric in row.figures), None)
    if first is not None:
        first.doubt(target.metric, "unit.assumed", value=heading, unit=target.unit)


def _doubt_percent(rows: Sequence[Row], target: Target, heading: str) -> None:
    """Say once that a column of percentages looks like parts of one: all of it is below 1."""
    told = [row for row in rows if (row.figures.get(target.metric) or (0,))[0]]
    most = max((abs(row.figures[target.metric][0] or 0) for row in told), default=MICRO)
    if most < MICRO * target.factor:
        told[0].doubt(target.metric, "unit.perhaps_ratio", value=heading)


def doubt_taken(rows: Sequence[Row], targets: Sequence[Target], table: Table) -> None:
    """Say once for each column, at the first such row, that the values of formulas were taken."""
    by_number = {row.number: row for row in rows}
    counted: dict[int, list[int]] = {}
    for line, place in sorted(table.taken):
        if targets[place].field and line + table.first_row in by_number:
            counted.setdefault(place, []).append(line + table.first_row)
    for place, numbers in counted.items():
        name = targets[place].metric or targets[place].field
        by_number[numbers[0]].doubt(name, "cell.formula_taken", count=len(numbers))


def label_of(cells: Sequence[str], targets: Sequence[Target]) -> tuple[str, str]:
    """Whom a row is about, as the file writes it: the name and the code."""
    said = {t.field: clean(cell) for cell, t in zip(cells, targets, strict=True) if t.field}
    name = next((said[n] for n in NAMES if said.get(n)), "")
    return name[:LONGEST_SHOWN], next((said[c] for c in CODES if said.get(c)), "")[:LONGEST_SHOWN]


def _row(
    number: int, cells: Sequence[str], targets: Sequence[Target], table: Table, this_year: int
) -> Row:
    row = Row(number + table.first_row)
    for place, (cell, target) in enumerate(zip(cells, targets, strict=True)):
        text = clean(cell)
        if target.field and (number, place) in table.formulas:
            row.refuse_formula(target.metric or target.field, text)
            continue
        if not target.field or not text:
            continue
        try:
            _take(row, target, text, this_year)
        except InputError as error:
            row.refuse(target.metric or target.field, error.code, **error.params)
    _require(row, targets)
    return row


def _take(row: Row, target: Target, text: str, this_year: int) -> None:
    if target.metric:
        row.figures[target.metric] = _figure(row, dictionary()[target.metric], text, target.factor)
    elif target.field == "fiscal_year":
        row.year = _year(text, this_year)
    else:
        reader = READERS.get(target.field)
        row.columns[target.field] = reader(text) if reader else fitting(target.field, text)
        if target.field not in READERS and LIKE_FORMULA.match(text):
            row.doubt(target.field, "cell.like_formula", value=text)


def _figure(row: Row, metric: Metric, text: str, factor: Decimal) -> tuple[int | None, str | None]:
    if not metric.numeric:
        return metric.read(text)
    micro, rounded = amount(metric, text, factor)
    if rounded:
        row.doubt(metric.id, "number.rounded", value=text)
    return micro, None


def amount(metric: Metric, text: str, factor: Decimal) -> tuple[int, bool]:
    """Millionths of the metric's unit, which for money are fen, and whether something finer was
    rounded. Raises InputError for what no number or amount is, or is too large to be kept."""
    short = short_micro(text) if factor == 1 else None
    if short is not None:
        return short, False
    if metric.money and any(unit in text for unit in "万亿元"):
        return money.parse_yuan(text, default_unit=10_000, negative=True), False
    if metric.unit in SHARES and (bare := signed(text)).endswith("%"):
        text, factor = (
            bare.rstrip("%").rstrip(),
            SHARES[metric.unit]["%"],
        )  # the cell says so itself
    number = parse_decimal(text)
    micro, rest = rounded_micro(number, factor)
    if metric.money:
        money.check_size(micro, text)
    return micro, bool(rest)


def _require(row: Row, targets: Sequence[Target]) -> None:
    """A row must say which company it means, and figures of which year."""
    if not row.refusals and not row.columns.keys() & {"name_zh", "stock_code", "uscc"}:
        row.refuse("name_zh", "row.no_company")
    yearly = (metric for metric in row.figures if dictionary()[metric].yearly)
    if row.year is None and not row.refusals and any(yearly):
        row.refuse("fiscal_year", "row.no_year")
    sales = used_as("sales")
    blank = row.year is not None and sales not in row.figures
    asked = blank and any(target.metric == sales for target in targets)
    if asked and not any(finding.field == sales for finding in row.refusals):
        row.doubt(sales, "value.missing")


def _compare(group: Sequence[Row]) -> None:
    """What is odd about the figures of one company's rows is doubted."""
    by_year = {row.year: _numbers(row) for row in group}
    for row in group:
        before = by_year.get(row.year - 1, {}) if row.year is not None else {}
        for found in questions(by_year[row.year], before):
            row.doubt(found.metric, found.code, **found.params)


def _numbers(row: Row) -> dict[str, int]:
    return {name: micro for name, (micro, _) in row.figures.items() if micro is not None}
