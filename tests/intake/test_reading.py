"""Files as they really come: encodings, broken ones, hostile ones; each refused for its reason."""

import io
import zipfile

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio.intake.reading import is_workbook, read_csv
from portfolio.intake.workbook import read_workbook
from portfolio.kernel.errors import InputError

TEXT = "企业名称,年度,营业收入（万元）\n青岛海纳有限公司,2025,100\n"


def workbook(rows: list[list], title: str = "a") -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def archive(entries: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in entries.items():
            file.writestr(name, content)
    return target.getvalue()


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (TEXT.encode(), "utf-8"),
        (TEXT.encode("utf-8-sig"), "utf-8-bom"),
        (TEXT.encode("gb18030"), "gb18030"),
        (TEXT.replace(",", "\t").encode("utf-16"), "utf-16"),
        (TEXT.replace("\n", "\r\n").replace(",", ";").encode(), "utf-8"),
        (("\n" + TEXT.replace(",", "\t")).encode(), "utf-8"),
    ],
)
def test_encodings_and_delimiters_are_told_apart(content: bytes, encoding: str) -> None:
    table = read_csv(content)
    assert table.encoding == encoding
    assert table.rows == [["青岛海纳有限公司", "2025", "100"]]


NAMES = [
    "青岛海纳科技",
    "山东光学器件",
    "雷神科技",
    "晨光电机",
    "北方股份",
    "联通",
    "中科新材",
    "恒芯碳化硅",
    "凌云航电",
    "微纳传感",
]


@given(st.lists(st.sampled_from(NAMES), min_size=1, max_size=12), st.data())
def test_one_line_in_another_encoding_is_named_and_never_read_as_other_characters(
    names, data
) -> None:
    coded = data.draw(
        st.lists(st.sampled_from(["utf-8", "gb18030"]), min_size=len(names), max_size=len(names))
    )
    lines = [f"{name},1".encode(code) for name, code in zip(names, coded, strict=True)]
    content = b"\n".join([b"name,no", *lines])
    if len(set(coded)) == 1:
        assert [row[0] for row in read_csv(content).rows] == names
        return
    with pytest.raises(InputError) as refusal:
        read_csv(content)
    fewer = min(("utf-8", "gb18030"), key=lambda code: (coded.count(code), code != "utf-8"))
    if refusal.value.code == "file.encodings_mixed":
        assert refusal.value.params["row"] == coded.index(fewer) + 2
    else:
        assert refusal.value.code in {"file.encoding", "file.not_text"}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file.empty"),
        (b"\n\n , \n", "file.empty"),
        (TEXT.encode() + "深圳".encode("gbk") + b"\xff\xfe", "file.encoding"),
        (b"a,b\n1,\x00", "file.not_text"),
        (TEXT.encode("utf-16") + b"x", "file.encoding_unknown"),
        ("企業名稱\n臺北機械公司\n".encode("big5"), "file.encoding_unknown"),
        (TEXT.encode("utf-8-sig") + "深圳".encode("gbk"), "file.encoding"),
        (b'a,b\n"1,2\n', "file.quotes"),
        (b"a,b\n1,2,3\n", "file.ragged"),
        (b"a,b\n" + b"x" * 20_001 + b",1\n", "file.cell_too_long"),
        (b",".join(b"c%d" % n for n in range(251)) + b"\n", "file.too_many_columns"),
    ],
)
def test_a_text_that_cannot_be_read_for_sure_is_refused(content: bytes, code: str) -> None:
    with pytest.raises(InputError) as refusal:
        read_csv(content)
    assert refusal.value.code == code


def test_mixed_encodings_are_refused_naming_the_row() -> None:
    mixed = TEXT.encode() + "第三行,2025,".encode() + b"\xff\n"
    with pytest.raises(InputError) as refusal:
        read_csv(mixed)
    assert refusal.value.params["row"] == 3


def test_a_workbook_is_read_with_dates_numbers_and_long_codes_as_they_are() -> None:
    rows = [["名称", "代码", "数"], ["甲", "000123", 1234567.5], ["乙", "430047", 2.3e-05]]
    table = read_workbook(workbook(rows))
    assert table.rows == [["甲", "000123", "1234567.5"], ["乙", "430047", "0.000023"]]
    assert is_workbook(workbook(rows))


def test_a_formula_in_a_workbook_is_noticed() -> None:
    table = read_workbook(workbook([["名称", "年度"], ["甲", "=1+1"]]))
    assert table.formulas == {(0, 1)}


def test_a_formula_is_noticed_whatever_the_sheet_and_its_cells_are_called() -> None:
    made = zipfile.ZipFile(io.BytesIO(workbook([["名称", "年度"], ["甲", "=1+1"]])))
    files = {name: made.read(name) for name in made.namelist()}
    for name in ("[Content_Types].xml", "xl/_rels/workbook.xml.rels"):
        files[name] = files[name].replace(b"sheet1.xml", b"first.xml")
    sheet = files.pop("xl/worksheets/sheet1.xml")
    files["xl/worksheets/first.xml"] = sheet.replace(b'<c r="B2"', b'<c s="0" r="B2"')
    assert read_workbook(archive(files)).formulas == {(0, 1)}


def test_a_workbook_that_inflates_to_gigabytes_is_refused_quickly() -> None:
    bomb = archive({"xl/workbook.xml": b"x", "xl/worksheets/sheet1.xml": b"0" * (300 << 20)})
    assert len(bomb) < 1 << 20
    with pytest.raises(InputError) as refusal:
        read_workbook(bomb)
    assert refusal.value.code == "workbook.too_large"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"PK\x03\x04 broken", "workbook.broken"),
        (archive({"hello.txt": b"x"}), "workbook.broken"),
        (archive({"xl/workbook.xml": b"x", "xl/vbaProject.bin": b"x"}), "workbook.macros"),
        (archive({"xl/workbook.xml": b"x", "xl/externalLinks/a.xml": b"x"}), "workbook.links"),
        (archive({"xl/workbook.xml": b"<!DOCTYPE lolz [<!ENTITY l 'x'>]>"}), "workbook.broken"),
        (archive({f"x{n}": b"" for n in range(201)}), "workbook.too_large"),
    ],
)
def test_a_hostile_workbook_is_refused(content: bytes, code: str) -> None:
    with pytest.raises(InputError) as refusal:
        read_workbook(content)
    assert refusal.value.code == code


def test_an_old_xls_is_refused_by_its_content() -> None:
    with pytest.raises(InputError) as refusal:
        is_workbook(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 100)
    assert refusal.value.code == "file.old_or_locked"
