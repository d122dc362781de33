"""Likely duplicates on the screen: while one types, and among all companies."""

import datetime as dt
from collections.abc import Iterable

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from portfolio.companies import duplicate_operations as operations
from portfolio.companies import duplicate_queries as queries
from portfolio.companies.forms import CompanyForm
from portfolio.companies.likeness import Reason
from portfolio.companies.models import Company, CompanyDistinction
from portfolio.companies.views import alike_to, blueprint, company_or_404
from portfolio.extensions import db
from portfolio.kernel.errors import InputError
from portfolio.kernel.numbers import short_number
from portfolio.people import access
from portfolio.people import queries as people
from portfolio.web.messages import text_of
from portfolio.web.paging import Page, page_of, page_of_rows
from portfolio.web.paths import own_path
from portfolio.web.requests import sent_number


@blueprint.post("/companies/alike")
@access.permit("company.write")
def alike() -> str:
    """What the form of a company shows while one types; writes nothing."""
    number = short_number(request.args.get("company", ""))
    company = company_or_404(number) if number else None
    form = CompanyForm()
    likely = alike_to(form, company)
    return render_template(
        "companies/_alike.html",
        form=form,
        alike=likely,
        near=[] if company else _near(form, likely),
    )


def _near(form: CompanyForm, likely: Iterable[queries.Alike]) -> list[Company]:
    """Companies that the name begun so far finds: to look at, not to decide on."""
    shown = {found.company.id for found in likely}
    return queries.near(access.me(), form.name_zh.data or "", shown)


@blueprint.get("/companies/duplicates")
@access.permit("company.read")
def duplicates() -> str:
    """The companies that are likely one, in pairs, by the reason; or those that were told apart.

    Who reads companies sees them side by side; who writes them decides.
    """
    if request.args.get("told") == "apart":
        return _told_apart()
    asked = Reason._value2member_map_.get(request.args.get("reason", ""))
    wanted = asked if isinstance(asked, Reason) else None
    rows, number, total = page_of_rows(queries.found_pairs(access.me(), wanted))
    page = Page(queries.pairs_of(rows), number, total)
    return render_template(
        "companies/duplicates.html", page=page, apart=False, reasons=Reason, wanted=wanted
    )


def _told_apart() -> str:
    ids, number, total = page_of(queries.distinctions(access.me()))
    page = Page(queries.told_apart(ids), number, total)
    names = people.names_of({row.decided_by_id or 0 for row, _one, _other in page.rows})
    return render_template(
        "companies/duplicates.html",
        page=page,
        apart=True,
        reasons=Reason,
        wanted=None,
        names=names,
    )


@blueprint.post("/companies/distinctions")
@access.permit("company.write")
def tell_apart() -> Response:
    """Say that two companies are not the same."""
    one, other = (company_or_404(sent_number(side) or 0) for side in ("one", "other"))
    try:
        with access.writing("company.tell_apart"):
            operations.tell_apart(one.id, other.id, access.me(), dt.datetime.now(dt.UTC))
    except InputError as error:
        flash(text_of(error))
    else:
        flash(
            _("Kept: %(one)s and %(other)s are not the same.", one=one.name_zh, other=other.name_zh)
        )
    return _back()


@blueprint.post("/companies/distinctions/<int:number>/withdrawal")
@access.permit("company.write")
def withdraw(number: int) -> Response:
    """Take back that two companies are not the same."""
    said = db.session.get(CompanyDistinction, number) or abort(404)
    company_or_404(said.one_id)
    company_or_404(said.other_id)
    with access.writing("company.tell_apart_no_more"):
        operations.withdraw(said)
    flash(_("Taken back."))
    return _back()


def _back() -> Response:
    asked = request.form.get("back", "")
    return redirect(own_path(asked) if asked else url_for("companies.duplicates"))
