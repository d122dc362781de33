"""Search finds the same companies as a plain comparison of folded texts, on both databases."""

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolio.companies import queries
from portfolio.companies.models import Company
from portfolio.extensions import db
from portfolio.kernel.text import folded, halfwidth
from tests import factories

NAMES = (
    "青岛海纳精密传动科技有限公司",
    "重庆长安微电子股份有限公司",
    "山东银行设备（集团）有限公司",
    "青岛海创汇光电 UV-LED 有限公司",
    "海",
)


def found(query: str) -> set[str]:
    rows = db.session.scalars(sa.select(Company).where(queries.matching(query)))
    return {row.name_zh for row in rows}


@pytest.fixture
def library(cast) -> None:
    for name in NAMES:
        factories.company(cast["manager"], name_zh=name, uscc=None)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("海纳", {NAMES[0]}),
        ("qdhn", {NAMES[0]}),
        ("hainajingmi", {NAMES[0]}),
        ("cq", {NAMES[1]}),
        ("chongqing", {NAMES[1]}),
        ("uv-led", {NAMES[3]}),
        ("ＵＶ", {NAMES[3]}),
        ("海纳 传动", {NAMES[0]}),
        ("(集团)", {NAMES[2]}),
        ("没有这家", set()),
        ("%", set()),
        ("-", {NAMES[3]}),
        ("(", {NAMES[2]}),
        ("海纳 - 传动", {NAMES[0]}),
    ],
)
def test_what_people_type_is_found(library, query, expected) -> None:
    assert found(query) == expected


def test_a_fragment_finds_what_a_plain_comparison_finds(library) -> None:
    text = "".join(NAMES)

    @settings(max_examples=60)
    @given(st.integers(0, len(text) - 7), st.integers(1, 6))
    def holds(start: int, length: int) -> None:
        fragment = text[start : start + length]
        said = folded if folded(fragment) else halfwidth  # signs alone have to stand in the name
        wanted = {n for n in NAMES if said(fragment).strip() in said(n)}
        got = {n for n in found(fragment) if not fragment.isascii() or n in wanted}
        assert got == wanted

    holds()


def test_a_credit_code_and_a_new_name_are_found_and_the_old_one_stays(cast) -> None:
    code = factories.credit_code(4711)
    factories.company(cast["manager"], name_zh="新名有限公司", former_names=["老字号厂"], uscc=code)
    assert found(code[4:14]) == found("老字号") == found("xmyxgs") == {"新名有限公司"}
