"""From the bytes of an uploaded file to a table of texts; refuses what cannot be read for sure."""

import csv
import hashlib
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from portfolio.kernel.errors import InputError
from portfolio.kernel.text import clean, folded

MOST_ROWS = 200_000
MOST_COLUMNS = 250  # our own export of every figure has 180
MOST_CHARACTERS = 20_000
BOM = b"\xef\xbb\xbf"
ENCODINGS = ("utf-8", "gb18030")
UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")  # what Excel calls Unicode text begins so
FIRST_CJK = "\u2e80"
ZIP_HEAD = b"PK\x03\x04"
OLE_HEAD = b"\xd0\xcf\x11\xe0"
# What other kinds of files begin with, whatever their names say.
FOREIGN_HEADS = (
    *(b"%PDF-", b"\x89PNG", b"GIF8", b"\xff\xd8\xff", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"%!PS"),
    *(b"{\\rtf", b"<!DOCTYPE", b"<!doctype", b"<html", b"<HTML", b"<?xml", b"SQLite format 3"),
)
HEAD = 1024
# A text never holds these; the tab and the ends of lines are not among them.
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")
# A spreadsheet program takes a cell that begins so for a formula.
_FORMULA = re.compile("[ \u00a0\u3000\ufeff\u200b]*[=@＝＠]")
FAILED = "#"  # the value of a formula that could not be computed, such as #DIV/0!


@dataclass
class Table:
    """Headings and rows of texts. `first_row` is the number of the first data row in the file;
    `formulas` are cells (row, column) whose value a spreadsheet computed and that nobody has let in,
    `taken` those whose value counts. `other_sheets` are a workbook's further sheets that hold
    anything."""

    headings: list[str]
    rows: list[list[str]]
    encoding: str = ""
    first_row: int = 2
    formulas: set[tuple[int, int]] = field(default_factory=set)
    taken: set[tuple[int, int]] = field(default_factory=set)
    other_sheets: list[str] = field(default_factory=list)

    def with_value(self) -> set[tuple[int, int]]:
        """The formulas whose value the file holds beside them."""
        return {
            (row, place)
            for row, place in self.formulas
            if (text := self.rows[row][place].strip())
            and not text.startswith(FAILED)
            and not _FORMULA.match(text)
        }

    def take_values(self) -> None:
        """Let the values of formulas count as if they had been typed."""
        self.taken = self.with_value()
        self.formulas = self.formulas - self.taken


def is_workbook(content: bytes) -> bool:
    """Whether the content is an XLSX file. Raises InputError for .xls and encrypted ones."""
    if content.startswith(OLE_HEAD):
        raise InputError("file.old_or_locked")
    return content.startswith(ZIP_HEAD)


def require_as_named(content: bytes, name: str) -> None:
    """Raise InputError `workbook.broken` for what is called a workbook and is none."""
    if name.lower().endswith(".xlsx") and not is_workbook(content):
        raise InputError("workbook.broken")


def read_csv(content: bytes) -> Table:
    """A CSV file in UTF-8 (with or without BOM), GB18030 or marked UTF-16, told apart strictly.

    Raises InputError `file.empty`, `file.encoding` (naming the byte), `file.encodings_mixed`
    (naming the row), `file.encoding_unknown`, `file.not_text`,
    `file.too_many_rows`, `file.too_many_columns`, `file.cell_too_long` or `file.ragged`.
    """
    if not content.strip():
        raise InputError("file.empty")
    if content[:HEAD].removeprefix(BOM).lstrip().startswith(FOREIGN_HEADS):
        raise InputError("file.not_text")
    text, encoding = _decoded(content)
    table = table_of(_parsed(text), encoding)
    table.formulas = {
        (number, place)
        for number, row in enumerate(table.rows)
        for place, cell in enumerate(row)
        if _FORMULA.match(cell)
    }
    return table


def labels(headings: Sequence[str]) -> list[str]:
    """The headings, told apart: two columns of one name are called `name (1)` and `name (2)`."""
    seen: dict[str, int] = {}
    found = []
    for heading in headings:
        seen[heading] = seen.get(heading, 0) + 1
        alone = headings.count(heading) == 1 and heading
        found.append(heading if alone else f"{heading} ({seen[heading]})".strip())
    return found


def folded_label(label: str) -> str:
    """A label as mappings are remembered by; one without letters and digits stays as it is."""
    return folded(label) or label


def shape_of(headings: Sequence[str]) -> str:
    """The hash of the folded headings: files of one shape are mapped alike."""
    text = "\n".join(map(folded_label, labels(headings)))
    return hashlib.sha256(text.encode()).hexdigest()


def _decoded(content: bytes) -> tuple[str, str]:
    if content.startswith(UTF_16_MARKS):
        return _utf_16(content), "utf-16"
    failure: UnicodeDecodeError | None = None
    marked = content.startswith(BOM)
    for encoding in ENCODINGS[:1] if marked else ENCODINGS:
        try:
            text = content.decode(encoding).removeprefix(BOM.decode())
        except UnicodeDecodeError as error:
            failure = failure or error
            continue
        if encoding == "gb18030":
            _refuse_mixed(content)
        if _CONTROL.search(text):
            raise InputError("file.not_text")
        if _looks_mangled(text, encoding):
            raise InputError("file.encoding_unknown")
        return text, f"{encoding}-bom" if marked else encoding
    assert failure is not None  # noqa: S101 - the loop ends here only after a failure
    row = content[: failure.start].count(b"\n") + 1
    raise InputError("file.encoding", row=row, byte=failure.start + 1)


def _utf_16(content: bytes) -> str:
    """A file that says it is UTF-16."""
    try:
        text = content.decode("utf-16")
    except UnicodeDecodeError as error:
        raise InputError("file.encoding_unknown") from error
    if _CONTROL.search(text):
        raise InputError("file.not_text")
    return text


def _refuse_mixed(content: bytes) -> None:
    """GB18030 reads nearly any bytes, also lines of UTF-8, as other characters than were meant.

    A line that is UTF-8 with Chinese in it is no GB18030 by chance; beside a line that is no
    UTF-8 the file mixes both. The row named is the first of the fewer.
    """
    kinds: dict[bool, list[int]] = {True: [], False: []}
    for row, line in enumerate(content.split(b"\n"), start=1):
        if not line.isascii():
            kinds[_is_chinese_utf8(line)].append(row)
    if all(kinds.values()):
        raise InputError("file.encodings_mixed", row=min(kinds.values(), key=len)[0])


def _is_chinese_utf8(line: bytes) -> bool:
    try:
        return any(character >= FIRST_CJK for character in line.decode())
    except UnicodeDecodeError:
        return False


def _looks_mangled(text: str, encoding: str) -> bool:
    """GB18030 accepts nearly any bytes: private-use characters betray a wrong guess."""
    return encoding == "gb18030" and bool(re.search(r"[\ue000-\uf8ff\ufffd]", text))


def _parsed(text: str) -> list[list[str]]:
    head = text[:4096].lstrip("\r\n").split("\n", 1)[0]
    delimiter = max(",;\t", key=head.count)
    csv.field_size_limit(MOST_CHARACTERS * 4)
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        code = "file.cell_too_long" if "field larger" in str(error) else "file.quotes"
        raise InputError(code) from error


def table_of(lines: Sequence[Sequence[str]], encoding: str = "") -> Table:
    """Lines as a table: the first that is not blank holds the headings."""
    start = next((n for n, line in enumerate(lines) if any(c.strip() for c in line)), None)
    if start is None:
        raise InputError("file.empty")
    headings = [clean(text) for text in lines[start]]
    while headings and not headings[-1]:
        headings.pop()
    _check_size(headings, lines[start + 1 :])
    width = len(headings)
    rows = []
    for number, line in enumerate(lines[start + 1 :], start=start + 2):
        if len(line) > width and any(c.strip() for c in line[width:]):
            raise InputError("file.ragged", row=number, found=len(line), expected=width)
        rows.append([*line[:width], *[""] * (width - len(line))])
    while rows and not any(cell.strip() for cell in rows[-1]):
        rows.pop()
    return Table(headings, rows, encoding, start + 2)


def _check_size(headings: Sequence[str], lines: Sequence[Sequence[str]]) -> None:
    if len(headings) > MOST_COLUMNS:
        raise InputError("file.too_many_columns", most=MOST_COLUMNS)
    if len(lines) > MOST_ROWS:
        raise InputError("file.too_many_rows", most=MOST_ROWS)
    for number, line in enumerate(lines, start=2):
        if any(len(cell) > MOST_CHARACTERS for cell in line):
            raise InputError("file.cell_too_long", row=number)
