"""A pasted list of patents, one a line: its titles, and what else the lines say of them (pure)."""

import re
from typing import NamedTuple

from portfolio.kernel.errors import InputError
from portfolio.kernel.text import clean, halfwidth

MOST, LONGEST = 300, 200
HEADINGS = frozenset({"专利名称", "发明名称", "名称", "标题", "title", "name"})
_ORDINAL = re.compile(r"[(（]?\d{1,3}[)）.、．](?!\d)\s*|\d{1,3}\t")
_LATIN = "A-Za-zＡ-Ｚａ-ｚ"
_NUMBER = re.compile(
    rf"(?:^|(?<=[\s,，;；:：(（【\[]))[{_LATIN}]{{0,3}}\s?\d{{8,14}}(?:[.．][\dXxＸ])?[{_LATIN}]?\d?"
    r"(?=$|[\s,，;；)）】\]])"
)
_NAMED = re.compile(r"(?:专利号|申请号|公开号|公告号)\s*[:：]?")
_EMPTY = re.compile(r"[(（【\[]\s*[)）】\]]")
_EDGES = " \t,，;；:：、"


class Patent(NamedTuple):
    """What a patent is for, and what stands beside its title: its number, its kind, a day."""

    title: str
    note: str


def read_patents(text: str) -> tuple[list[Patent], list[InputError]]:
    """The patents of a list, each title once, and what is wrong with its lines.

    The title is what is no number; of cells of a sheet the first that has letters. Errors:
    `patents.untitled` and `patents.long` with the row, `patents.many`, `patents.none`.
    """
    lines = [(row, line) for row, line in enumerate(text.splitlines(), 1) if clean(line)]
    if len(lines) > MOST:
        return [], [InputError("patents.many", most=MOST)]
    found: dict[str, Patent] = {}
    errors: list[InputError] = []
    for row, line in lines:
        patent = _read(line)
        if not patent.title:
            errors.append(InputError("patents.untitled", row=row))
        elif len(patent.title) > LONGEST:
            errors.append(InputError("patents.long", row=row, most=LONGEST))
        elif patent.title.lower() not in HEADINGS:
            found.setdefault(patent.title, patent)
    if not found and not errors:
        errors.append(InputError("patents.none"))
    return list(found.values()), errors


def _read(line: str) -> Patent:
    rest = _ORDINAL.sub("", line.strip(), count=1) if _ORDINAL.match(line.strip()) else line
    numbers = [halfwidth(clean(number)).upper() for number in _NUMBER.findall(rest)]
    cells = [_bare(cell) for cell in rest.split("\t")]
    titles = [cell for cell in cells if any(char.isalpha() for char in cell)]
    title = titles[0] if titles else ""
    beside = [cell for cell in cells if cell and cell != title]
    return Patent(title, " · ".join([*numbers, *beside])[:LONGEST])


def _bare(cell: str) -> str:
    """A cell without numbers, and without what introduced or enclosed them."""
    plain = _EMPTY.sub("", _NAMED.sub("", _NUMBER.sub("", cell)))
    return clean(plain).strip(_EDGES)
