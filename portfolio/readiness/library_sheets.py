"""The library under its targets as a file: the columns."""

from dataclasses import dataclass
from typing import Any

from portfolio.kernel.numbers import from_micro
from portfolio.web.sheets import Column, Kind


@dataclass(frozen=True)
class Told:
    """A row in the reader's words."""

    company_id: int
    name: str
    industry: str
    target: str
    verdict: str
    distance: int
    clause: str
    missing: str
    rulebook: str


def _text(name: str) -> Any:
    return lambda row: getattr(row, name) or None


COLUMNS = (
    Column("company_id", "企业编号", "Company ID", Kind.INTEGER, lambda r: r.company_id),
    Column("name", "企业", "Company", Kind.TEXT, _text("name")),
    Column("industry", "行业", "Industry", Kind.TEXT, _text("industry")),
    Column("target", "目标", "Target", Kind.TEXT, _text("target")),
    Column("verdict", "预评估结论", "Pre-assessment", Kind.TEXT, _text("verdict")),
    Column(
        "distance",
        "差距（条）",
        "Distance (clauses)",
        Kind.DECIMAL,
        lambda r: from_micro(r.distance),
    ),
    Column("clause", "关键条款", "Deciding clause", Kind.TEXT, _text("clause")),
    Column("missing", "差额", "What is missing", Kind.TEXT, _text("missing")),
    Column("rulebook", "依据", "Rulebook", Kind.TEXT, _text("rulebook")),
)
