"""The one writer of CSV and XLSX files: formula-safe, exact, headed in the reader's language."""

import csv
import datetime as dt
import io
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any, BinaryIO

import xlsxwriter

from portfolio.kernel import money
from portfolio.kernel.numbers import plain

BOM = "\ufeff"
BATCH = 500
# Spreadsheet programs take a text that begins so for a formula; blanks before it do not help.
TRIGGERS = frozenset("=+-@\t\r\n|%＝＋－＠'")
BLANKS = " \u00a0\u3000\ufeff\u200b"
EXACT_DIGITS = 15  # a spreadsheet's number keeps so many digits, no more


class Kind(Enum):
    """How a column's values are written."""

    TEXT = "text"
    CODE = "code"
    INTEGER = "integer"
    DECIMAL = "decimal"
    WAN = "wan"
    DATE = "date"


FORMATS = {Kind.WAN: "#,##0.00####", Kind.DATE: "yyyy-mm-dd", Kind.CODE: "@"}


@dataclass(frozen=True)
class Column:
    """A column: machine key, headings, kind, and how its value is taken from a row.

    WAN takes fen and writes 万元; DECIMAL takes a Decimal; None is an empty cell, never 0. `unit`
    is for numbers whose Chinese heading is fixed without one: the English heading names it, and in
    a Chinese workbook each number shows it.
    """

    key: str
    zh: str
    en: str
    kind: Kind
    value: Callable[[Any], Any]
    unit: tuple[str, str] = ("", "")

    def heading(self, header: str) -> str:
        """The heading in "zh", "en" or "machine"."""
        english = f"{self.en} ({self.unit[1]})" if self.unit[1] else self.en
        return {"zh": self.zh, "en": english}.get(header, self.key)


def neutralise(text: str) -> str:
    """The text as a spreadsheet shows it as text; `restore` gives back the very same text."""
    bare = text.replace("\x00", "")
    first = bare.lstrip(BLANKS)[:1]
    return "'" + bare if first in TRIGGERS or bare[:1] in TRIGGERS else bare


def restore(text: str) -> str:
    """What `neutralise` was given; a text that it would not have made stays as it is."""
    return text[1:] if text.startswith("'") and neutralise(text[1:]) == text else text


def cell(column: Column, row: Any) -> str:
    """One value as text, decided by the column's kind and not by what the text looks like."""
    value = column.value(row)
    if value is None:
        return ""
    if column.kind is Kind.WAN:
        return money.wan(value)
    if column.kind is Kind.DECIMAL:
        return plain(value)
    if column.kind is Kind.INTEGER:
        return str(int(value))
    if column.kind is Kind.DATE:
        return str(value.isoformat())
    return neutralise(str(value))


def write_csv(columns: Sequence[Column], rows: Iterable[Any], header: str) -> Iterator[bytes]:
    """The file in pieces: UTF-8 with BOM, CRLF, every field quoted, one row a record."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    buffer.write(BOM)
    writer.writerow([neutralise(column.heading(header)) for column in columns])
    for number, row in enumerate(rows, start=1):
        writer.writerow([cell(column, row) for column in columns])
        if number % BATCH == 0:
            yield _drained(buffer)
    yield _drained(buffer)


def _drained(buffer: io.StringIO) -> bytes:
    piece = buffer.getvalue().encode()
    buffer.seek(0)
    buffer.truncate()
    return piece


@dataclass(frozen=True)
class Sheet:
    """One sheet of a workbook."""

    title: str
    columns: Sequence[Column]
    rows: Iterable[Any]


def write_xlsx(target: BinaryIO, sheets: Sequence[Sheet], header: str) -> None:
    """A workbook in constant memory; texts stay texts, codes keep their zeros, no formulas."""
    book = xlsxwriter.Workbook(
        target,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    book.set_properties({"created": dt.datetime(2000, 1, 1)})  # noqa: DTZ001 - same rows, same bytes
    for sheet in sheets:
        _write_sheet(book, sheet, header)
    book.close()


def _write_sheet(book: Any, sheet: Sheet, header: str) -> None:
    page = book.add_worksheet(sheet.title[:31])
    page.freeze_panes(1, 0)
    head = book.add_format({"bold": True, "bg_color": "#EEF1F4", "text_wrap": True})
    styles = [_style(book, column, header) for column in sheet.columns]
    for place, column in enumerate(sheet.columns):
        page.set_column(place, place, 28 if column.kind is Kind.TEXT else 16)
        page.write_string(0, place, column.heading(header), head)
    for line, row in enumerate(sheet.rows, start=1):
        for place, column in enumerate(sheet.columns):
            _write_cell(page, line, place, column, row, styles[place])


def _style(book: Any, column: Column, header: str) -> Any:
    """How a column's cells look: the value stays a bare number where it shows with its unit."""
    pattern = FORMATS.get(column.kind, "General")
    if header == "zh" and column.unit[0]:
        pattern += f'"{column.unit[0]}"'
    return book.add_format({"num_format": pattern})


def _write_cell(page: Any, line: int, place: int, column: Column, row: Any, style: Any) -> None:
    value = column.value(row)
    if value is None:
        return
    if column.kind is Kind.DATE:
        page.write_datetime(line, place, dt.datetime.combine(value, dt.time()), style)
        return
    if column.kind in {Kind.TEXT, Kind.CODE}:
        page.write_string(line, place, str(value).replace("\x00", ""), style)
        return
    text = cell(column, row)
    digits = len(text.replace("-", "").replace(".", "").lstrip("0"))
    if digits <= EXACT_DIGITS:
        page.write_number(line, place, float(Decimal(text)), style)
    else:  # a number would lose its last digits
        page.write_string(line, place, text, style)


def save(
    sheet: Sheet, header: str, output: Path | None, workbook: bool, notes: Sequence[Sheet] = ()
) -> None:
    """Write a file for the command line, as a workbook or as CSV; CSV to stdout without a name. A
    workbook has further sheets with what there is to know of it.

    Raises OSError when it cannot be written.
    """
    if output is None:
        for piece in write_csv(sheet.columns, sheet.rows, header):
            sys.stdout.buffer.write(piece)
        return
    with output.open("wb") as file:
        if workbook:
            write_xlsx(file, [sheet, *notes], header)
        else:
            file.writelines(write_csv(sheet.columns, sheet.rows, header))
