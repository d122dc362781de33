"""Scenarios of a company: kept by name, opened, changed, renamed, deleted, and compared target by
target with the figures on record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from portfolio.companies.models import Company
from portfolio.companies.operations import Conflict
from portfolio.journal.operations import Keeping
from portfolio.kernel.errors import InputError
from portfolio.kernel.numbers import short_number
from portfolio.people import access
from portfolio.readiness import scenario_operations as operations
from portfolio.readiness import scenario_queries as queries
from portfolio.readiness.company_views import basis_of, company_or_404
from portfolio.readiness.models import Scenario
from portfolio.readiness.pictures import Finding
from portfolio.readiness.projection import MOST_YEARS, Arrival, arrivals
from portfolio.readiness.scenario_wording_views import growth_text
from portfolio.readiness.scenarios import told
from portfolio.readiness.targets import Target
from portfolio.readiness.views import blueprint
from portfolio.readiness.whatif import Key
from portfolio.readiness.whatif_views import Basis, Supposition, supposition, what_if_page
from portfolio.web.formatting import now
from portfolio.web.messages import text_of
from portfolio.web.paths import url_asking

PATH = "/companies/<int:company_id>/readiness/scenarios"
Answer = str | Response | tuple[str, int]


@blueprint.get(PATH)
@access.permit("company.read")
def scenarios(company_id: int) -> str:
    """The scenarios of a company, and two of them beside the figures on record."""
    return _page(company_or_404(company_id))


@blueprint.post(PATH)
@access.permit("company.write")
def save_scenario(company_id: int) -> Answer:
    """Keep what the page supposes under a name."""
    company = company_or_404(company_id)
    found = _asked(company)
    name = request.form.get("name", "")
    if found.wrong:
        return what_if_page(found), 422
    try:
        with access.writing("scenario.save"):
            row, kept = operations.save(
                company, name, found.assumed.arguments, found.growth.texts, access.me(), now()
            )
    except InputError as error:
        return what_if_page(found, name, text_of(error)), 422
    return _opened(row, _("Scenario saved: %(name)s", name=row.name), kept)


@blueprint.get(f"{PATH}/<int:scenario_id>")
@access.permit("company.read")
def scenario(company_id: int, scenario_id: int) -> Response:
    """Open a scenario: its changes stand in the address of the page."""
    return redirect(address_of(_scenario(company_id, scenario_id)))


@blueprint.post(f"{PATH}/<int:scenario_id>")
@access.permit("company.write")
def revise_scenario(company_id: int, scenario_id: int) -> Answer:
    """Keep what the page supposes in the place of what the scenario held."""
    row = _scenario(company_id, scenario_id)
    found = _asked(company_or_404(company_id))
    if found.wrong:
        return what_if_page(found), 422
    seen = short_number(request.form.get("version", "")) or 0
    try:
        with access.writing("scenario.change"):
            kept = operations.revise(
                row, found.assumed.arguments, found.growth.texts, seen, access.me(), now()
            )
    except InputError as error:
        status = 409 if isinstance(error, Conflict) else 422
        return what_if_page(found, "", text_of(error)), status
    return _opened(row, _("Scenario saved: %(name)s", name=row.name), kept)


@blueprint.post(f"{PATH}/<int:scenario_id>/name")
@access.permit("company.write")
def rename_scenario(company_id: int, scenario_id: int) -> Answer:
    """Give a scenario another name."""
    row = _scenario(company_id, scenario_id)
    name = request.form.get("name", "")
    try:
        with access.writing("scenario.rename"):
            kept = operations.rename(row, name, access.me(), now())
    except InputError as error:
        return _page(company_or_404(company_id), row.id, name, text_of(error)), 422
    flash(_("Scenario renamed: %(name)s", name=row.name), kept.category)
    return redirect(url_for("readiness.scenarios", company_id=company_id))


@blueprint.post(f"{PATH}/<int:scenario_id>/deletion")
@access.permit("company.write")
def delete_scenario(company_id: int, scenario_id: int) -> Response:
    """Delete a scenario; the message offers to take that back."""
    row = _scenario(company_id, scenario_id)
    name = row.name
    with access.writing("scenario.delete"):
        kept = operations.delete(row, access.me(), now())
    flash(_("Scenario deleted: %(name)s", name=name), kept.category)
    return redirect(url_for("readiness.scenarios", company_id=company_id))


def address_of(row: Scenario) -> str:
    """The address of the page that supposes what a scenario holds: of one that only says how
    figures go on, the page that shows it."""
    changes, growth = told(row.changes), told(row.growth)
    page = "readiness.what_if" if changes or not growth else "readiness.when"
    texts = {"scenario": str(row.id), **changes, **growth}
    return url_asking(page, texts, company_id=row.company_id)


def _scenario(company_id: int, scenario_id: int) -> Scenario:
    company = company_or_404(company_id)
    return queries.find(company.id, scenario_id) or abort(404)


def _asked(company: Company) -> Supposition:
    """What the page supposed that a form was sent from."""
    return supposition(company, dict(parse_qsl(request.form.get("asked", ""), True)))


def _opened(row: Scenario, said: str, kept: Keeping) -> Response:
    flash(said, kept.category)
    return redirect(address_of(row))


@dataclass(frozen=True)
class Column:
    """What a scenario comes to, or the figures on record without one."""

    row: Scenario | None
    supposed: Supposition

    @property
    def year(self) -> int | None:
        """The latest fiscal year, from which figures go on."""
        return self.supposed.after.figures.latest_year

    @property
    def until(self) -> int:
        """The last fiscal year that is looked at."""
        return (self.year or 0) + MOST_YEARS

    @cached_property
    def arrivals(self) -> Mapping[str, Arrival]:
        """When each target would be met, by its key; empty without a fiscal year to go on from."""
        if self.year is None:
            return {}
        s = self.supposed
        found = arrivals(s.after.figures, s.growth.courses, s.day, s.region)
        return {arrival.target.key: arrival for arrival in found}


@dataclass(frozen=True)
class Line:
    """One target in every column."""

    findings: Sequence[Finding]

    @property
    def differs(self) -> bool:
        """Whether some column says otherwise than the figures on record."""
        first = self.findings[0]
        return any((f.status, f.distance) != (first.status, first.distance) for f in self.findings)


@dataclass(frozen=True)
class Awaited:
    """When one target would be met in every column, None where that cannot be looked at."""

    target: Target
    arrivals: Sequence[Arrival | None]

    @property
    def differs(self) -> bool:
        """Whether some column says otherwise than the figures on record."""
        first, *others = (one and (one.year, one.last.status) for one in self.arrivals)
        return any(other != first for other in others)


def _awaited(columns: Sequence[Column]) -> Sequence[Awaited]:
    """The targets that some column would meet in another fiscal year; none where nothing grows."""
    if not any(column.supposed.growth.courses for column in columns):
        return []
    every = {key: one.target for column in columns for key, one in column.arrivals.items()}
    lines = [Awaited(t, [c.arrivals.get(key) for c in columns]) for key, t in every.items()]
    return [line for line in lines if line.differs]


def _changed(columns: Sequence[Column]) -> Sequence[tuple[Key, Sequence[Any]]]:
    """The figures that some column changes, each of its fiscal year, with its value in every one; the
    latest years first."""
    keys = {key for column in columns for key in column.supposed.assumed.values}
    ordered = sorted(keys, key=lambda key: (key.year is None, -(key.year or 0), key.metric))
    return [(key, [column.supposed.value_of(key) for column in columns]) for key in ordered]


def _page(company: Company, wrong_id: int = 0, typed: str = "", wrong: str = "") -> str:
    rows = queries.of_company(company.id)
    basis = basis_of(company)
    held = {row.id: _held(company, row, basis) for row in rows}
    columns = _columns(supposition(company, {}, basis), rows, held)
    found = [column.supposed.after.findings for column in columns]
    lines = [Line(findings) for findings in zip(*found, strict=True) if findings[0].result]
    awaited = _awaited(columns)
    moved = {line.target.key for line in awaited}
    same = [x for x in lines if not x.differs and x.findings[0].target.key not in moved]
    return render_template(
        "readiness/scenarios.html",
        company=company,
        rows=rows,
        held=held,
        growth_text=growth_text,
        authors=queries.authors_of(rows),
        columns=columns,
        figures=_changed(columns),
        lines=lines,
        awaited=awaited,
        same=len(same),
        wrong_id=wrong_id,
        typed=typed,
        wrong=wrong,
    )


def _columns(
    real: Supposition, rows: Sequence[Scenario], held: Mapping[int, Supposition]
) -> Sequence[Column]:
    """The figures on record and the two scenarios asked for, without a question the first two."""
    by_id = {row.id: row for row in rows}
    asked = [short_number(request.args.get(name, "")) or 0 for name in ("one", "other")]
    chosen = [by_id[i] for i in asked if i in by_id] or list(rows[:2])
    return [
        Column(None, real),
        *(Column(row, held[row.id]) for row in dict.fromkeys(chosen)),
    ]


def _held(company: Company, row: Scenario, basis: Basis) -> Supposition:
    return supposition(company, {**told(row.changes), **told(row.growth)}, basis)
