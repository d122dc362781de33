"""When: in which fiscal year a company would meet each target, from stated assumptions of growth, which
clause binds, and the smallest single change that would meet it now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flask import redirect, render_template, request
from werkzeug.wrappers import Response

from portfolio.people import access
from portfolio.readiness.company_views import company_or_404
from portfolio.readiness.courses import RATE, STEP, grows, name_of, own_growth, percent_text
from portfolio.readiness.pictures import Finding
from portfolio.readiness.projection import MOST_YEARS, Arrival, arrivals
from portfolio.readiness.reaching import Change, smallest_change
from portfolio.readiness.views import blueprint
from portfolio.readiness.whatif_views import Supposition, supposition
from portfolio.rulebook.engine import FAIL, PASS
from portfolio.rulebook.metrics import Metric
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
class Prospect:
    """A target: when it would be met, and the smallest change that would meet it now."""

    arrival: Arrival
    finding: Finding
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

    @property
    def errors(self) -> Mapping[str, str]:
        """What is wrong with what was typed, by the name of its field."""
        return {name: text_of(error) for name, error in self.s.growth.errors.items()}

    @property
    def carried(self) -> Mapping[str, str]:
        """The arguments of the address that no field on the page says."""
        fields = {n for one in self.growing for n in (one.rate_name, one.step_name)}
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
    return Prospect(arrival, finding, change)


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
