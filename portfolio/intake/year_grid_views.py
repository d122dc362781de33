"""A company's figures of several fiscal years in one form, typed or pasted from a spreadsheet."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import ngettext

from portfolio.companies import operations
from portfolio.companies import queries as companies
from portfolio.companies.models import Company
from portfolio.companies.operations import Statement
from portfolio.companies.sheet_groups import Typed
from portfolio.companies.undo_operations import keep_stated
from portfolio.companies.year_sheet import GROUPS, ORDER, read_figures, require_begun, require_ended
from portfolio.intake.checks import YEARS
from portfolio.intake.forms import PasteForm, YearGridForm
from portfolio.intake.pasted_years import Pasted, read_block
from portfolio.intake.views import Answer, blueprint
from portfolio.kernel.errors import InputError
from portfolio.kernel.numbers import short_number
from portfolio.people import access
from portfolio.web.formatting import now, today
from portfolio.web.messages import text_of, texts_of

USUAL_YEARS, MOST_YEARS = 3, 8
Texts = Mapping[int, Mapping[str, str]]


@dataclass
class Grid:
    """What the form shows: the years, the latest first, and what was typed into each."""

    years: list[int]
    texts: Texts = field(default_factory=dict)
    typed: dict[int, Typed] = field(default_factory=dict)
    pasted: Pasted | None = None

    @property
    def errors(self) -> bool:
        """Whether a value cannot be read."""
        return any(typed.errors for typed in self.typed.values())

    @property
    def questions(self) -> bool:
        """Whether a value is doubtful."""
        return any(typed.questions for typed in self.typed.values())


@blueprint.get("/companies/<int:company_id>/figures/years")
@access.permit("company.write")
def figure_years(company_id: int) -> Answer:
    """The form for the latest fiscal years, empty beside what is recorded."""
    company = _company(company_id)
    asked = short_number(request.args.get("last", ""))
    allowed = asked is not None and asked in YEARS and asked <= today().year
    last = asked if asked is not None and allowed else today().year - 1
    grid = Grid(list(range(last, last - USUAL_YEARS, -1)))
    return _page(company, grid, YearGridForm(), PasteForm(formdata=None))


@blueprint.post("/companies/<int:company_id>/figures/pasted")
@access.permit("company.write")
def paste_figures(company_id: int) -> Answer:
    """Read a pasted block into the form; nothing is recorded before that is saved."""
    company = _company(company_id)
    form, empty = PasteForm(), YearGridForm(formdata=None)
    usual = Grid(list(range(today().year - 1, today().year - 1 - USUAL_YEARS, -1)))
    if not form.validate():
        return _page(company, usual, empty, form), 422
    try:
        pasted = read_block(form.pasted.data or "", form.unit.data or "")
        require_begun(pasted.years, today())
    except InputError as error:
        form.pasted.errors = [text_of(error)]
        return _page(company, usual, empty, form), 422
    grid = _read(company, pasted.years, pasted.texts)
    grid.pasted = pasted
    return _page(company, grid, empty, PasteForm(formdata=None))


@blueprint.post("/companies/<int:company_id>/figures/years")
@access.permit("company.write")
def state_years(company_id: int) -> Answer:
    """State the figures of all years at once, or of none; doubtful ones are asked about first."""
    company, form = _company(company_id), YearGridForm()
    grid = _read(company, _sent_years(), _sent_texts(_sent_years()))
    valid = form.validate() and _years_fit(form, grid)
    if not valid or grid.errors or (grid.questions and not form.confirmed.data):
        return _page(company, grid, form, PasteForm(formdata=None)), 422
    former = companies.current_rows([company.id])
    with access.writing("figure.state"):
        added = operations.state_figures(_statements(company, form, grid), access.me(), now())
        act = keep_stated(company, added, former, access.me(), now())
    said = ngettext("%(num)d figure recorded.", "%(num)d figures recorded.", len(added))
    flash(said, str(act.id) if act else "message")
    return redirect(url_for("companies.show", company_id=company.id, _anchor="figures"))


def _years_fit(form: YearGridForm, grid: Grid) -> bool:
    """Whether every year has begun and those that are said to be audited have ended; what does not
    hold is told in the form."""
    stated = [year for year, typed in grid.typed.items() if typed.values]
    try:
        require_begun(stated, today())
    except InputError as error:
        form.form_errors = [text_of(error)]
        return False
    try:
        require_ended(stated if form.audited.data else [], today())
    except InputError as error:
        form.audited.errors = [text_of(error)]
        return False
    return True


def _company(company_id: int) -> Company:
    return companies.get_visible(access.me(), company_id) or abort(404)


def _sent_years() -> list[int]:
    numbers = (short_number(text) for text in request.form.getlist("year"))
    years = {n for n in numbers if n is not None and n in YEARS}
    return sorted(years, reverse=True)[:MOST_YEARS]


def _sent_texts(years: list[int]) -> Texts:
    return {year: {m.id: request.form.get(f"m-{m.id}-{year}", "") for m in ORDER} for year in years}


def _read(company: Company, years: list[int], texts: Texts) -> Grid:
    """What was typed, each year beside what is recorded of it and the year before, typed or
    recorded."""
    stored = companies.current_rows([company.id])
    grid = Grid(years, texts)
    before: dict[str, int] = {}
    for year in sorted(years):
        before = {**companies.numbers_of(stored, year - 1), **before}
        typed = read_figures(texts[year], companies.numbers_of(stored, year), before)
        grid.typed[year] = typed
        numbers = {name: micro for name, (micro, _word) in typed.values.items()}
        before = {k: v for k, v in numbers.items() if v is not None} if year + 1 in years else {}
    return grid


def _statements(company: Company, form: YearGridForm, grid: Grid) -> list[Statement]:
    return [
        Statement(
            company.id,
            metric_id,
            year,
            micro=micro,
            source=form.source.data or "",
            audited=bool(form.audited.data),
        )
        for year, typed in grid.typed.items()
        for metric_id, (micro, _word) in typed.values.items()
    ]


def _page(company: Company, grid: Grid, form: YearGridForm, paste: PasteForm) -> str:
    stored: Any = companies.current_rows([company.id])
    kept = {
        (m.id, year): row
        for m in ORDER
        for year in grid.years
        if (row := stored.get((company.id, m.id, year)))
    }
    return render_template(
        "intake/figure_years.html",
        company=company,
        form=form,
        paste=paste,
        grid=grid,
        groups=GROUPS,
        metrics=ORDER,
        kept=kept,
        said={year: _said(typed) for year, typed in grid.typed.items()},
    )


def _said(typed: Typed) -> dict[str, str]:
    errors = {key: text_of(error) for key, error in typed.errors.items()}
    return {**texts_of(typed.questions), **errors}
