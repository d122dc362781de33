"""Files for spreadsheets: no formula starts, numbers stay numbers, texts come back."""

import csv
import io
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio.web.sheets import (
    BLANKS,
    BOM,
    TRIGGERS,
    Column,
    Kind,
    Sheet,
    neutralise,
    restore,
    write_csv,
    write_xlsx,
)

texts = st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
COLUMNS = (
    Column("name", "名称", "Name", Kind.TEXT, lambda r: r[0]),
    Column("code", "代码", "Code", Kind.CODE, lambda r: r[1]),
    Column("amount", "金额", "Amount", Kind.WAN, lambda r: r[2]),
    Column("share", "比例", "Share", Kind.DECIMAL, lambda r: r[3]),
)


@given(texts | st.sampled_from(sorted(TRIGGERS)).flatmap(lambda t: texts.map(lambda x: t + x)))
def test_a_neutralised_text_comes_back_exactly_and_starts_no_formula(text: str) -> None:
    safe = neutralise(text)
    assert restore(safe) == text
    assert safe.startswith("'") or safe.lstrip(BLANKS)[:1] not in TRIGGERS


@pytest.mark.parametrize(
    "text", ["=1+1", "+86 138", "-A01", "@x", "\t=1", "　＝1", "|x", "%x", "'x"]
)
def test_known_tricks_are_defused(text: str) -> None:
    assert neutralise(text) == "'" + text


def parsed(rows: list) -> list[list[str]]:
    text = b"".join(write_csv(COLUMNS, rows, "zh")).decode()
    assert text.startswith(BOM)
    assert "\r\n" in text
    return list(csv.reader(io.StringIO(text.removeprefix(BOM), newline="")))


def test_a_csv_keeps_codes_amounts_and_empty_cells() -> None:
    head, first, second = parsed(
        [("=x", "000123", -1_234_567_890, Decimal("-12.50")), ("乙", None, None, None)]
    )
    assert head == ["名称", "代码", "金额", "比例"]
    assert first == ["'=x", "000123", "-1234.56789", "-12.5"]
    assert second == ["乙", "", "", ""]


def test_a_workbook_holds_texts_as_texts_and_numbers_as_numbers() -> None:
    target = io.BytesIO()
    rows = [("=1+1", "000123", 123_000_000, Decimal("0.08")), ("x", "430047", 10**17 + 1, None)]
    write_xlsx(target, [Sheet("议题", COLUMNS, rows)], "zh")
    page = openpyxl.load_workbook(target)["议题"]
    assert [cell.value for cell in page[2]] == ["=1+1", "000123", 123, 0.08]
    assert page["A2"].data_type == "s"
    assert page["C3"].value == "100000000000.000001"  # more digits than a number keeps


def test_the_same_rows_make_the_same_bytes() -> None:
    files = []
    for _ in range(2):
        target = io.BytesIO()
        write_xlsx(target, [Sheet("a", COLUMNS, [("x", "1", 1, None)])], "en")
        files.append(target.getvalue())
    assert files[0] == files[1]
