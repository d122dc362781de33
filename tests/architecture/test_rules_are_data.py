"""Rules are data: no rulebook, clause or score item is named in code, nor any metric where rules are
read and applied."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from portfolio.rulebook.loader import library
from portfolio.rulebook.metrics import dictionary
from tests.architecture.test_imports import PACKAGE, modules, slice_of

BOOKS = library().values()
# Words that a clause or an item shares with code that has nothing to do with it: levels of
# evidence, a mark, parts of a year.
SHARED = {"E1", "E2", "E3", "S1", "Q1", "H1", "H2"}
RULES = {
    *library(),
    *(clause.id for book in BOOKS for clause in book.clauses),
    *(item.id for book in BOOKS for item in book.items),
} - SHARED
APPLY_RULES = {"rulebook", "readiness"}


def words(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_no_rule_stands_in_code(path) -> None:
    banned = RULES | ({*dictionary()} if slice_of(path) in APPLY_RULES else set())
    assert not banned & {*words(path)}
