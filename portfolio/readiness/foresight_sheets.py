"""Who gains and who loses by another rulebook, in the reader's words, and as the columns of a file."""

from dataclasses import dataclass
from typing import Any

from portfolio.readiness.foreseeing import Effect
from portfolio.web.sheets import Column, Kind


@dataclass(frozen=True)
class Side:
    """How a company stands by one of two rulebooks: its status, that as a word, the clause that decides
    where the target is not met, and what is missing to it."""

    status: str
    verdict: str
    clause: str
    short: str


@dataclass(frozen=True)
class Told:
    """A row in the reader's words; a side is None where no rulebook applies."""

    company_id: int
    name: str
    industry: str
    target: str
    target_title: str
    effect: Effect
    effect_title: str
    unverified: str
    before: Side | None
    after: Side | None


def _text(name: str) -> Any:
    return lambda row: getattr(row, name) or None


def _of(side: str, name: str) -> Any:
    return lambda row: getattr(getattr(row, side), name, None) or None


COLUMNS = (
    Column("company_id", "企业编号", "Company ID", Kind.INTEGER, lambda r: r.company_id),
    Column("name", "企业", "Company", Kind.TEXT, _text("name")),
    Column("industry", "行业", "Industry", Kind.TEXT, _text("industry")),
    Column("target", "目标", "Target", Kind.TEXT, _text("target_title")),
    Column("effect", "影响（预评估）", "Effect (pre-assessment)", Kind.TEXT, _text("effect_title")),
    Column("unverified", "文本核验", "Verification", Kind.TEXT, _text("unverified")),
    Column("before", "换版前", "Before", Kind.TEXT, _of("before", "verdict")),
    Column(
        "before_clause", "换版前关键条款", "Deciding before", Kind.TEXT, _of("before", "clause")
    ),
    Column("before_short", "换版前差额", "Missing before", Kind.TEXT, _of("before", "short")),
    Column("after", "换版后", "After", Kind.TEXT, _of("after", "verdict")),
    Column("after_clause", "换版后关键条款", "Deciding after", Kind.TEXT, _of("after", "clause")),
    Column("after_short", "换版后差额", "Missing after", Kind.TEXT, _of("after", "short")),
)
