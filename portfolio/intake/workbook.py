"""Reading an XLSX file in a process of its own, whose memory and time are limited.

Run as a module it is that process: it checks the archive while really inflating it, then prints
the first sheet as JSON. A file that inflates to gigabytes ends this process, not the server.
"""

import datetime as dt
import json
import re
import resource
import subprocess
import sys
import tempfile
import zipfile
from decimal import Decimal
from pathlib import Path, PurePosixPath
from typing import Any
from xml.parsers import expat

from portfolio.intake.reading import Table, table_of
from portfolio.kernel.errors import InputError
from portfolio.kernel.numbers import plain

MOST_ENTRIES = 200
MOST_INFLATED = 256 * 1024 * 1024
MOST_RATIO = 100
RATIO_MATTERS_FROM = 4 * 1024 * 1024
MEMORY = 1024 * 1024 * 1024
CPU_SECONDS = 120
WALL_SECONDS = 180
PIECE = 1024 * 1024
ROOT = Path(__file__).resolve().parents[2]
SHEETS = "xl/worksheets/"
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_FORMULA = re.compile(rb"<(?:[A-Za-z0-9_.-]+:)?f[\s/>]")
_VALUE = re.compile(rb"<(?:[A-Za-z0-9_.-]+:)?[vt][\s>]")
_PLACE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")


def read_workbook(content: bytes) -> Table:
    """The first sheet. Raises InputError `workbook.*` with what is wrong."""
    with tempfile.NamedTemporaryFile(suffix=".xlsx") as file:
        file.write(content)
        file.flush()
        command = [sys.executable, "-m", "portfolio.intake.workbook", file.name]
        try:
            done = subprocess.run(  # noqa: S603 - our own module
                command,
                cwd=ROOT,
                capture_output=True,
                timeout=WALL_SECONDS,
                preexec_fn=_limit,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise InputError("workbook.too_slow") from error
    if done.returncode != 0:
        raise InputError("workbook.too_large")
    answer = json.loads(done.stdout)
    if "code" in answer:
        raise InputError(answer["code"], **answer["params"])
    table = table_of(answer["lines"], "xlsx")
    offset = table.first_row
    table.formulas = {(row - offset, column) for row, column in answer["formulas"]}
    table.other_sheets = answer["others"]
    return table


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))


def _check_archive(path: str) -> tuple[list[tuple[int, int]], list[str]]:
    """Inflate every entry within the limits; answer the formula cells of the first sheet and the
    names of the others that hold anything."""
    try:
        archive = zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        raise InputError("workbook.broken") from error
    names = archive.namelist()
    if len(names) > MOST_ENTRIES:
        raise InputError("workbook.too_large")
    if any("vbaProject" in name for name in names):
        raise InputError("workbook.macros")
    if any("externalLinks" in name for name in names):
        raise InputError("workbook.links")
    if "xl/workbook.xml" not in names:
        raise InputError("workbook.broken")
    budget, formulas, filled = MOST_INFLATED, {}, set()
    for entry in archive.infolist():
        data, budget = _inflated(archive, entry, budget)
        if entry.filename.startswith(SHEETS) and _FORMULA.search(data):
            formulas[entry.filename] = _formula_cells(data)
        if entry.filename.startswith(SHEETS) and _VALUE.search(data):
            filled.add(entry.filename)
    sheets = _sheets(archive) if formulas or len(filled) > 1 else []
    others = [name for name, file in sheets[1:] if file in filled]
    if sheets and sheets[0][1] in names:
        return formulas.get(sheets[0][1], []), others
    return [cell for cells in formulas.values() for cell in cells], others  # rather too many


def _elements(data: bytes) -> list[tuple[str, dict[str, str]]]:
    """The elements of a small document with their attributes, without prefixes."""
    found: list[tuple[str, dict[str, str]]] = []
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda tag, said: found.append(
        (_local(tag), {_local(name): value for name, value in said.items()})
    )
    parser.Parse(data, True)
    return found


def _local(name: str) -> str:
    return name.rsplit(":", 1)[-1]


def _sheets(archive: zipfile.ZipFile) -> list[tuple[str, str]]:
    """The workbook's sheets in their order with the file of each; the first need not be sheet1."""
    files = {
        said.get("Id"): str(PurePosixPath("/xl", said.get("Target", "")))[1:]
        for tag, said in _elements(archive.read("xl/_rels/workbook.xml.rels"))
        if tag == "Relationship"
    }
    book = _elements(archive.read("xl/workbook.xml"))
    named = [said for tag, said in book if tag == "sheet"]
    return [(said.get("name", ""), files.get(said.get("id"), "")) for said in named]


def _formula_cells(data: bytes) -> list[tuple[int, int]]:
    """Row (from 1) and column (from 0) of each cell with a formula; a cell or row that does not
    say its place follows the one before it."""
    found: list[tuple[int, int]] = []
    row, column = 0, -1

    def start(tag: str, said: dict[str, str]) -> None:
        nonlocal row, column
        name, place = _local(tag), _PLACE.fullmatch(said.get("r", ""))
        if name == "row":
            row, column = int(said.get("r", row + 1)), -1
        elif name == "c":
            column = _column(place[1]) if place else column + 1
            row = int(place[2]) if place else row
        elif name == "f":
            found.append((row, column))

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.Parse(data, True)
    return found


def _inflated(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, budget: int) -> tuple[bytes, int]:
    """The entry's content, counted while it comes out: its own claim is not believed."""
    keep, pieces, size = entry.filename.startswith(SHEETS), [], 0
    with archive.open(entry) as stream:
        while piece := stream.read(PIECE):
            size += len(piece)
            odd = size > RATIO_MATTERS_FROM and size > MOST_RATIO * max(1, entry.compress_size)
            if size > budget or odd:
                raise InputError("workbook.too_large")
            if b"<!DOCTYPE" in piece or b"<!ENTITY" in piece or piece.startswith(UTF_16):
                raise InputError("workbook.broken")
            if keep:
                pieces.append(piece)
    return b"".join(pieces), budget - size


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return plain(Decimal(repr(value)))
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat()
    return str(value)


def main(path: str) -> None:
    """Print the first sheet, or the refusal, as JSON."""
    try:
        formulas, others = _check_archive(path)
        # Imported here: only this process needs it, and only after the archive was checked.
        from python_calamine import CalamineWorkbook  # noqa: PLC0415

        sheet = CalamineWorkbook.from_path(path).get_sheet_by_index(0)
        rows = sheet.to_python(skip_empty_area=False)
        answer: dict[str, Any] = {
            "lines": [[_text(value) for value in row] for row in rows],
            "formulas": formulas,
            "others": others,
        }
    except InputError as error:
        answer = {"code": error.code, "params": error.params}
    except Exception:
        answer = {"code": "workbook.broken", "params": {}}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main(sys.argv[1])
