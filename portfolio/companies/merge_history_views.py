"""The page of a merge that was done: what it took, what it moved, and to which company."""

from flask import abort, render_template

from portfolio.companies import merge_history_queries as queries
from portfolio.companies import merge_queries as merges
from portfolio.companies.models import Company
from portfolio.companies.views import blueprint, company_or_404
from portfolio.extensions import db
from portfolio.people import access
from portfolio.people import queries as people


@blueprint.get("/companies/<int:company_id>/merges/<int:merged_id>")
@access.permit("company.read")
def merged(company_id: int, merged_id: int) -> str:
    """Everything that came with a company which is part of this one, directly or by another."""
    company = company_or_404(company_id)
    parts = merges.parts_of([company.id]).get(company.id, [])
    merge = next((part for part in parts if part.merged_id == merged_id), None) or abort(404)
    return render_template(
        "companies/merged.html",
        company=company,
        merge=merge,
        one=db.session.get_one(Company, merge.merged_id),
        author=people.names_of({merge.merged_by_id or 0}).get(merge.merged_by_id or 0, "—"),
        told=queries.joined(access.me(), merge),
    )
