"""Pages of readiness: the section of a company, and the library under each target."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any

from flask import Blueprint, render_template
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from portfolio.companies import queries as companies
from portfolio.companies.models import Company
from portfolio.companies.sections import Column, Filter, Section
from portfolio.kernel import money
from portfolio.kernel.dates import local_date, reported_year
from portfolio.kernel.numbers import MICRO, grouped
from portfolio.people import access
from portfolio.people.models import User
from portfolio.readiness import queries
from portfolio.readiness.bars import Bar, bar_of, parts_of
from portfolio.readiness.gaps import Gap, first_gap
from portfolio.readiness.inputs import Stated, figures_from
from portfolio.readiness.nearness import Near
from portfolio.readiness.results import Result, Verdict, results
from portfolio.readiness.targets import kept_targets
from portfolio.rulebook import citations
from portfolio.rulebook.engine import Outcome
from portfolio.rulebook.metrics import dictionary
from portfolio.web.formatting import title_of
from portfolio.web.i18n import language

blueprint = Blueprint("readiness", __name__)

READINESS_CSS = "css/readiness.css"
NEAREST = 5

UNITS = {
    "percent": "%",
    "month": _l(" months"),
    "person": _l(" people"),
    "wan_shares": "万股",
}


@blueprint.record
def _shown(state: BlueprintSetupState) -> None:
    """What templates need besides, those too that are imported without a page's context."""
    state.app.jinja_env.globals.update(
        measure=measure,
        bar_of=bar_of,
        cited=lambda reference: citations.cited(reference, language()),
        verdicts=Verdict._value2member_map_,
    )


def measure(outcome: Outcome, value: Any) -> str:
    """A value of a test for reading, in the unit a person uses."""
    entry = dictionary()[outcome.clause.metrics[0]]
    if value is None:
        return "—"
    if isinstance(value, bool | str):
        word = str(value).lower() if isinstance(value, bool) else value
        return entry.option_title(word, language())
    if isinstance(value, tuple):
        return " / ".join(entry.option_title(word, language()) for word in value)
    number = Fraction(value)
    over = outcome.clause.over
    if over in {"growth", "compound_growth", "ratio_of_sums"} or entry.unit == "percent":
        return f"{_rounded(number)}%"
    if entry.unit == "wan_shares" and language() == "en":
        return _("%(count)s shares", count=_rounded(number * 10_000))
    if entry.money:
        return money.format_money(int(number * MICRO), language())
    return f"{_rounded(number)}{UNITS.get(entry.unit, '')}"


def _rounded(number: Fraction) -> str:
    """At most two decimals, cut: what just misses a threshold must not read as reaching it."""
    hundredths = Decimal(int(abs(number) * 100)) / 100
    return grouped(-hundredths if number < 0 else hundredths)


@dataclass(frozen=True, eq=False)
class Assessed:
    """What a company's page shows of its figures on a day; by clause `gaps` are the inputs to fill
    in. The same figures are one object, so that what is written of it is written once."""

    day: dt.date
    year: int | None
    audited: bool
    results: Sequence[Result]
    gaps: Mapping[str, Gap]


@lru_cache(maxsize=2_000)
def _assessed(stated: tuple[Stated, ...], day: dt.date) -> Assessed:
    figures, audited = figures_from(stated, day)
    found = results(figures, day, among=kept_targets())
    gaps = {
        outcome.clause.id: gap
        for result in found
        for outcome in result.tests
        if (gap := first_gap(outcome, figures, reported_year(day)))
    }
    return Assessed(day, figures.latest_year, audited, found, gaps)


def company_section(company: Company, user: User, known_at: dt.datetime | None) -> Section | None:
    """The pre-assessments of a company, clause by clause."""
    day = local_date(known_at or dt.datetime.now(dt.UTC))
    stated = queries.stated_of([company.id], known_at)[company.id]
    context = {
        "company_id": company.id,
        "assessed": _assessed(tuple(stated), day),
        "writable": known_at is None and user.may("company.write"),
    }
    return Section(
        "readiness",
        _("Readiness"),
        "readiness/_company.html",
        context,
        order=30,
        style=READINESS_CSS,
        as_known=True,
    )


def _choices() -> list[tuple[str, str]]:
    return [
        (f"{target.key}:{verdict.value}", f"{title_of(target)}: {title_of(verdict)}")
        for target in kept_targets()
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
    for target in kept_targets():
        numbers = {v.value: counts.get((target.key, v.value), 0) for v in Verdict}
        nearest = queries.nearest_to(target.key, seen, NEAREST)
        lines = [(company_id, name, _line(found)) for company_id, name, found in nearest]
        cards.append((target, numbers, parts_of(numbers), lines))
    return render_template(
        "readiness/index.html", cards=cards, day=local_date(dt.datetime.now(dt.UTC))
    )
