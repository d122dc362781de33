"""A company's path: under each target when its verdict changed, under which version, and why."""

from flask import render_template

from portfolio.people import access
from portfolio.readiness import path_queries as queries
from portfolio.readiness.company_views import company_or_404
from portfolio.readiness.path import paths
from portfolio.readiness.views import blueprint


@blueprint.get("/companies/<int:company_id>/readiness/path")
@access.permit("company.read")
def path(company_id: int) -> str:
    """Every step of every target."""
    company = company_or_404(company_id)
    return render_template(
        "readiness/path.html", company=company, paths=paths(queries.states_of(company_id))
    )
