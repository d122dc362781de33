"""Rows of deals, people, tasks and documents: from texts to values, or to what is wrong (pure)."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from portfolio.intake.checks import LIKE_FORMULA, Tell, silent
from portfolio.intake.headings import Target, required
from portfolio.intake.lengths import fitting
from portfolio.intake.reading import Table
from portfolio.intake.rows import Row
from portfolio.kernel import dates, money, phone, stockcode, uscc
from portfolio.kernel.errors import InputError
from portfolio.kernel.records import PaperKind
from portfolio.kernel.text import clean, halfwidth
from portfolio.rulebook.metrics import FALSE, TRUE

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_LINK = re.compile(r"https?://[^\s]+", re.IGNORECASE)
TRL = range(1, 10)
# Fields that say which company is meant, under the names that rows of companies have.
IDENTITY = {"company": "name_zh"}


def _flag(text: str) -> bool:
    word = text.casefold()
    if word not in TRUE | FALSE:
        raise InputError("flag.unknown", value=text)
    return word in TRUE


def _email(text: str) -> str:
    if not _EMAIL.fullmatch(text):
        raise InputError("email.malformed", value=text)
    return fitting("email", text)


def _link(text: str) -> str:
    if not _LINK.fullmatch(text):
        raise InputError("link.malformed", value=text)
    return fitting("link", text)


def _trl(text: str) -> int:
    digit = halfwidth(text).upper().removeprefix("TRL").strip().removesuffix(".0")
    if digit not in map(str, TRL):
        raise InputError("trl.range")
    return int(digit)


def _kind(text: str) -> str:
    return OPEN_KINDS.get(text.casefold()) or fitting("kind", text)


# A paper of a kind that means something here, by its title in either language.
OPEN_KINDS = {
    title.casefold(): str(kind.value)
    for kind in PaperKind
    if kind is not PaperKind.TERMS
    for title in (str(kind.value), kind.zh, kind.en)
}
READERS: dict[str, Callable[[str], Any]] = {
    "uscc": uscc.checked,
    "stock_code": stockcode.several,
    "due_on": dates.parse_date,
    "dated_on": dates.parse_date,
    "next_step_on": dates.parse_date,
    "founder": _flag,
    "email": _email,
    "phone": phone.checked,
    "kind": _kind,
    "link": _link,
    "trl": _trl,
}
# What is read is no formula, even where it begins with a plus as a telephone may.
FREE = frozenset(READERS) - {"kind"}


def read_records(
    table: Table, targets: Sequence[Target], kind: str, tell: Tell = silent
) -> list[Row]:
    """Every row that is not blank, with its values or its refusals."""
    rows = []
    for number, cells in enumerate(table.rows):
        if any(cell.strip() for cell in cells):
            rows.append(_row(number, cells, targets, table, kind))
        tell(number)
    return rows


def _row(
    number: int, cells: Sequence[str], targets: Sequence[Target], table: Table, kind: str
) -> Row:
    row = Row(number + table.first_row)
    for place, (cell, target) in enumerate(zip(cells, targets, strict=True)):
        text = clean(cell)
        if target.field and (number, place) in table.formulas:
            row.refuse_formula(target.field, text)
            continue
        if not target.field or not text:
            continue
        try:
            row.columns[IDENTITY.get(target.field, target.field)] = _value(target, text)
        except InputError as error:
            row.refuse(target.field, error.code, **error.params)
        if target.field not in FREE and LIKE_FORMULA.match(text):
            row.doubt(target.field, "cell.like_formula", value=text)
    _require(row, kind)
    return row


def _value(target: Target, text: str) -> Any:
    if target.field.endswith("_fen"):
        return money.parse_yuan(text, default_unit=int(target.factor * 10_000))
    reader = READERS.get(target.field)
    return reader(text) if reader else fitting(target.field, text)


def _require(row: Row, kind: str) -> None:
    if row.refusals:
        return
    for group in required(kind):
        if not row.columns.keys() & {IDENTITY.get(name, name) for name in group}:
            code = "row.no_company" if "company" in group else f"row.no_{kind}"
            row.refuse(group[0], code)
