"""The library under each target, and what lists of companies show of readiness."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, render_template
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from portfolio.companies import queries as companies
from portfolio.companies.sections import Column, Filter
from portfolio.kernel.dates import local_date
from portfolio.people import access
from portfolio.readiness import queries
from portfolio.readiness.bars import Bar, bar_of, parts_of
from portfolio.readiness.near import Near
from portfolio.readiness.results import Verdict
from portfolio.readiness.targets import listed_targets
from portfolio.readiness.wording_views import GLOBALS, measure
from portfolio.rulebook import citations
from portfolio.rulebook.marks import UNVERIFIED
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


def _line(found: Near) -> Line:
    hardest = found.hardest
    words = title_of(Verdict._value2member_map_[found.status])
    if hardest.gap:
        words = _("short by %(gap)s", gap=measure(hardest, hardest.gap))
    elif found.status == Verdict.UNKNOWN.value:
        words = ngettext("%(num)d input missing", "%(num)d inputs missing", found.unknown)
    bar = bar_of(hardest.status, hardest.value, hardest.clause.threshold)
    return Line(title_of(found.target), found.status, words, title_of(hardest.clause), bar)


def _nearest_lines(company_ids: Sequence[int]) -> dict[int, Line]:
    return {i: _line(found) for i, found in queries.nearest_standard(company_ids).items()}


COMPANY_COLUMN = Column(
    "readiness", _l("Nearest standard"), _nearest_lines, "readiness/_column.html", READINESS_CSS
)
COMPANY_FILTER = Filter("readiness", _l("Readiness"), _choices, queries.company_filter)


@blueprint.get("/readiness")
@access.permit("company.read")
def index() -> str:
    """Under each target how many companies stand how, and which are nearest to meeting it."""
    seen = companies.visible(access.me())
    counts = queries.counts(seen)
    cards = []
    for target in listed_targets():
        numbers = {v.value: counts.get((target.key, v.value), 0) for v in Verdict}
        nearest = queries.nearest_to(target.key, seen, NEAREST)
        lines = [(company_id, name, _line(found)) for company_id, name, found in nearest]
        cards.append((target, numbers, parts_of(numbers), lines))
    return render_template(
        "readiness/index.html", cards=cards, day=local_date(dt.datetime.now(dt.UTC))
    )
