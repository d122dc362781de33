"""Rules are data: no rulebook, clause, score item or metric is named in code, in a template, in a
script of a page or beside the application."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from portfolio.rulebook.loader import library
from portfolio.rulebook.metrics import dictionary
from tests.architecture.test_imports import PACKAGE, modules

BOOKS = library().values()
# Words that a clause or an item shares with code that has nothing to do with it: levels of
# evidence, a mark, parts of a year.
SHARED = {"E1", "E2", "E3", "S1", "Q1", "H1", "H2"}
RULES = {
    *library(),
    *(clause.id for book in BOOKS for clause in book.clauses),
    *(item.id for book in BOOKS for item in book.items),
} - SHARED
# Columns and orders of lists that are called as a metric is: addresses and files hold on to them.
NAMES_OF_COLUMNS = {
    "companies/listing.py": {"revenue"},
    "companies/queries.py": {"revenue"},
    "committee/sheets.py": {"srdi_level", "rd_ratio"},
}
ROOT = PACKAGE.parent
FOLDERS = {"templates": "*", "static/js": "*.js", "static/css": "*.css", "scripts": "*.py"}
ELSEWHERE = [
    ROOT / "app.py",
    *PACKAGE.rglob("*.typ"),
    *(p for of, kind in FOLDERS.items() for p in (ROOT / of).rglob(kind) if p.is_file()),
]
QUOTED = re.compile(r"""\"([^"\n]*)\"|'([^'\n]*)'""")
# The same columns and orders of lists.
NAMES_ELSEWHERE = {
    "templates/companies/index.html": {"revenue"},
}


def quoted(path: Path) -> set[str]:
    """What stands in quotation marks, whole and in its parts: y.revenue.2025 names a metric."""
    found = {one or other for one, other in QUOTED.findall(path.read_text(encoding="utf-8"))}
    return found | {part for text in found for part in re.split(r"[.#/]", text)}


def words(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_no_rule_stands_in_code(path) -> None:
    columns = NAMES_OF_COLUMNS.get(path.relative_to(PACKAGE).as_posix(), set())
    assert not ((RULES | {*dictionary()}) - columns) & {*words(path)}


@pytest.mark.parametrize("path", ELSEWHERE, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_rule_stands_beside_the_code(path) -> None:
    columns = NAMES_ELSEWHERE.get(path.relative_to(ROOT).as_posix(), set())
    assert not ((RULES | {*dictionary()}) - columns) & quoted(path)


def test_every_exception_is_needed() -> None:
    for name, columns in NAMES_ELSEWHERE.items():
        assert columns <= quoted(ROOT / name), name
    for name, columns in NAMES_OF_COLUMNS.items():
        assert columns <= {*words(PACKAGE / name)}, name
