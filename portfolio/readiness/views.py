"""The library under each target, and what lists of companies show of readiness."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint
from flask.blueprints import BlueprintSetupState
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from portfolio.companies.sections import Column, Filter
from portfolio.readiness import queries
from portfolio.readiness.bars import WIDTH, Bar, bar_of, level
from portfolio.readiness.near import Near
from portfolio.readiness.results import Verdict
from portfolio.readiness.shortfalls import shortfall_of
from portfolio.readiness.targets import listed_targets, targets
from portfolio.readiness.wording_views import GLOBALS, short
from portfolio.rulebook import citations
from portfolio.rulebook.engine import PASS
from portfolio.rulebook.marks import UNVERIFIED
from portfolio.rulebook.values import Figures
from portfolio.web.formatting import title_of
from portfolio.web.i18n import language

blueprint = Blueprint("readiness", __name__)

READINESS_CSS = "css/readiness.css"
NEAREST = 5


@blueprint.record
def _shown(state: BlueprintSetupState) -> None:
    """What templates need besides, those too that are imported without a page's context."""
    state.app.jinja_env.globals.update(
        **GLOBALS,
        bar_of=bar_of,
        unverified_marks=UNVERIFIED,
        cited=lambda reference: citations.cited(reference, language()),
        verdicts=Verdict._value2member_map_,
        targets_of=lambda family: [t for t in targets() if t.family == family.key],
        level=level,
    )


def _choices() -> list[tuple[str, str]]:
    return [
        (f"{target.key}:{verdict.value}", f"{title_of(target)}: {title_of(verdict)}")
        for target in listed_targets()
        for verdict in Verdict
    ]


@dataclass(frozen=True)
class Line:
    """How near a company is to a target, in words and as a bar; `clause` is the hardest one."""

    target: str
    status: str
    words: str
    clause: str
    bar: Bar


def line_of(found: Near) -> Line:
    """How near it is, in the reader's words."""
    hardest = found.hardest
    words = title_of(Verdict._value2member_map_[found.status])
    if hardest.gap:
        # What is stored knows the gap and no figure: it is told in what the test reads.
        words = short(shortfall_of(hardest, Figures(None)), hardest)
    elif found.status == Verdict.UNKNOWN.value:
        words = ngettext("%(num)d input missing", "%(num)d inputs missing", found.unknown)
    bar = bar_of(hardest.status, hardest.value, hardest.clause.threshold)
    if hardest.status == PASS:  # by how much is not kept
        bar = Bar(PASS, WIDTH)
    return Line(title_of(found.target), found.status, words, title_of(hardest.clause), bar)


def _nearest_lines(company_ids: Sequence[int]) -> dict[int, Line]:
    return {i: line_of(found) for i, found in queries.nearest_standard(company_ids).items()}


COMPANY_COLUMN = Column(
    "readiness", _l("Nearest standard"), _nearest_lines, "readiness/_column.html", READINESS_CSS
)
COMPANY_FILTER = Filter("readiness", _l("Readiness"), _choices, queries.company_filter)
