"""Likely duplicates on the screen: while one types, and among all companies."""

from flask import render_template, request

from portfolio.companies.forms import CompanyForm
from portfolio.companies.views import alike_to, blueprint, company_or_404
from portfolio.people import access


@blueprint.post("/companies/alike")
@access.permit("company.write")
def alike() -> str:
    """What the form of a company shows while one types; writes nothing."""
    number = request.args.get("company", type=int)
    company = company_or_404(number) if number else None
    form = CompanyForm()
    return render_template("companies/_alike.html", form=form, alike=alike_to(form, company))
