"""When: in which fiscal year a company would meet each target, from stated assumptions of how figures
and facts go on, which clause binds, and the smallest single change that would meet it now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flask import redirect, render_template, request
from werkzeug.wrappers import Response

from portfolio.people import access
from portfolio.readiness.company_views import company_or_404
from portfolio.readiness.courses import (
    EXPECTED,
    RATE,
    SINCE,
    STEP,
    expects,
    grows,
    growth_kind,
    name_of,
    own_growth,
    percent_text,
)
from portfolio.readiness.pictures import Finding
from portfolio.readiness.projection import MOST_YEARS, Arrival, arrivals
from portfolio.readiness.reaching import Change, smallest_change
from portfolio.readiness.scenario_wording_views import assumptions
from portfolio.readiness.views import blueprint
from portfolio.readiness.whatif_sheet import Section
from portfolio.readiness.whatif_views import Supposition, supposition
from portfolio.rulebook.engine import FAIL, PASS
from portfolio.rulebook.metrics import Metric, dictionary
from portfolio.web.messages import text_of
from portfolio.web.paths import url_asking

PATH = "/companies/<int:company_id>/readiness/when"


@dataclass(frozen=True)
class Growing:
    """A figure that may go on: its latest value, and how it has grown so far, as it is typed."""

    metric: Metric
    latest: Any
    own: str
    since: int | None
    rate_name: str
    step_name: str


@dataclass(frozen=True)
class Awaiting:
    """A dated fact that may go on or come: what it is now, None where that is not known, and the
    names of its fields; only a known number can grow."""

    metric: Metric
    now: Any
    growth_kind: str

    @property
    def growth_name(self) -> str:
        """The field of its growth; empty where it has none."""
        return name_of(self.growth_kind, self.metric) if self.growth_kind else ""

    @property
    def expected_name(self) -> str:
        """The field of what it is expected to be."""
        return name_of(EXPECTED, self.metric)

    @property
    def since_name(self) -> str:
        """The field of the fiscal year from which it is."""
        return name_of(SINCE, self.metric)

    @property
    def names(self) -> Sequence[str]:
        """Its fields."""
        growth = [self.growth_name] if self.growth_name else []
        return [*growth, self.expected_name, self.since_name]


@dataclass(frozen=True)
class Facts:
    """Dated facts that stand together, and whether they stand open: something is assumed of them."""

    section: Section
    rows: Sequence[Awaiting]
    opened: bool


@dataclass(frozen=True)
class Assumption:
    """What is assumed of a figure, in words; `overtaken` where its fiscal year has come."""

    text: str
    overtaken: bool


@dataclass(frozen=True)
class Prospect:
    """A target: when it would be met, the assumed figures that it reads, and the smallest change
    that would meet it now."""

    arrival: Arrival
    finding: Finding
    assumed: Sequence[Metric]
    change: Change | None


@dataclass(frozen=True)
class Outlook:
    """What a supposition comes to in the fiscal years ahead."""

    s: Supposition

    @property
    def year(self) -> int | None:
        """The latest fiscal year, from which figures go on."""
        return self.s.after.figures.latest_year

    @cached_property
    def growing(self) -> Sequence[Growing]:
        """The figures that an assumption can be stated for: known ones that some target reads."""
        rows = (row for part in self.s.sections if part.years for row in part.rows)
        return [_growing(row.metric, self.s) for row in rows if self._known(row.metric)]

    def _known(self, metric: Metric) -> bool:
        return grows(metric) and self.s.after.figures.latest(metric.id) is not None

    @cached_property
    def facts(self) -> Sequence[Facts]:
        """The dated facts that some target reads, in the groups in which they are asked for."""
        found = [self._facts(part) for part in self.s.sections if not part.years]
        return [part for part in found if part.rows]

    def _facts(self, part: Section) -> Facts:
        rows = [self._awaiting(row.metric) for row in part.rows if expects(row.metric)]
        typed = any(name in self.s.growth.texts for row in rows for name in row.names)
        return Facts(part, rows, typed)

    def _awaiting(self, metric: Metric) -> Awaiting:
        now = self.s.after.figures.facts.get(metric.id)
        return Awaiting(
            metric, now, growth_kind(metric) if grows(metric) and now is not None else ""
        )

    def years_for(self, one: Awaiting) -> Sequence[int]:
        """The fiscal years from which a value can be expected, with the one that is."""
        course = self.s.growth.courses.get(one.metric.id)
        ahead = range((self.year or 0) + 1, self.until + 1)
        since = {course.since} if course and course.since else set()
        return sorted({*ahead, *since})

    @property
    def assumptions(self) -> Sequence[Assumption]:
        """What is assumed, each figure by its name."""
        growth = self.s.growth
        said = assumptions({n: text for n, text in growth.texts.items() if n not in growth.errors})
        return [Assumption(text, self._overtaken(name)) for name in said for text in said[name]]

    def _overtaken(self, name: str) -> bool:
        course = self.s.growth.courses.get(name)
        return bool(course and course.since and course.since <= (self.year or 0))

    @property
    def errors(self) -> Mapping[str, str]:
        """What is wrong with what was typed, by the name of its field."""
        return {name: text_of(error) for name, error in self.s.growth.errors.items()}

    def field_of(self, name: str) -> Metric:
        """The figure that a field is about."""
        return dictionary()[name.partition(".")[2]]

    @property
    def carried(self) -> Mapping[str, str]:
        """The arguments of the address that no field on the page says."""
        fields = {n for one in self.growing for n in (one.rate_name, one.step_name)}
        fields |= {name for part in self.facts for row in part.rows for name in row.names}
        return {name: text for name, text in self.s.arguments.items() if name not in fields}

    def with_own(self, one: Growing) -> Mapping[str, str]:
        """The same arguments with a figure's own growth so far."""
        return self.s.arguments | {one.rate_name: one.own}

    @cached_property
    def prospects(self) -> Sequence[Prospect]:
        """Every target that a rulebook applies to: those that will be met, the soonest first, those
        met already, those that are not met, and those that cannot be told."""
        after = self.s.after
        if self.year is None:
            return []
        by_key = {finding.target.key: finding for finding in after.assessed}
        found = arrivals(after.figures, self.s.growth.courses, self.s.day, self.s.region)
        told = [_prospect(one, by_key[one.target.key], self.s) for one in found]
        return sorted(told, key=self._order)

    def _order(self, one: Prospect) -> tuple[int, int]:
        year = one.arrival.year
        if year is None:
            return (2 if one.arrival.last.status == FAIL else 3), 0
        return (1 if year == self.year else 0), year

    @property
    def until(self) -> int:
        """The last fiscal year that is looked at."""
        return (self.year or 0) + MOST_YEARS


def _growing(metric: Metric, s: Supposition) -> Growing:
    figures = s.after.figures
    own = own_growth(figures, metric)
    return Growing(
        metric,
        figures.latest(metric.id),
        percent_text(own[0]) if own else "",
        own[1] if own else None,
        name_of(RATE, metric),
        name_of(STEP, metric),
    )


def _prospect(arrival: Arrival, finding: Finding, s: Supposition) -> Prospect:
    met = finding.result is None or finding.status == PASS
    change = (
        None if met or finding.result is None else smallest_change(finding.result, s.after.figures)
    )
    ahead = arrival.before is not None
    assumed = [dictionary()[n] for n in s.growth.courses if ahead and n in arrival.reads]
    return Prospect(arrival, finding, assumed, change)


@blueprint.get(PATH)
@access.permit("company.read")
def when(company_id: int) -> tuple[str, int]:
    """Assumptions of growth, and what they come to."""
    found = supposition(company_or_404(company_id), request.args)
    page = render_template("readiness/when.html", o=Outlook(found), s=found, company=found.company)
    return page, _status(found)


@blueprint.post(PATH)
@access.permit("company.read")
def assume(company_id: int) -> Response:
    """The way without scripts: lead to the address that carries what was assumed."""
    found = supposition(company_or_404(company_id), request.form)
    return redirect(url_asking("readiness.when", found.arguments, company_id=company_id))


@blueprint.get(f"{PATH}/arrivals")
@access.permit("company.read")
def arrived(company_id: int) -> tuple[str, int]:
    """What the assumptions come to, as a part of the page."""
    found = supposition(company_or_404(company_id), request.args)
    return render_template("readiness/arrived.html", o=Outlook(found)), _status(found)


def _status(found: Supposition) -> int:
    return 422 if found.wrong else 200
