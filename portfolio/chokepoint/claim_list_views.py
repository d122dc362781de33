"""The list of claims by how they stand: what waits for a second reader, what is due or has expired."""

from flask import render_template, request

from portfolio.chokepoint import claim_list_queries, queries
from portfolio.chokepoint.standing import Standing
from portfolio.chokepoint.views import blueprint
from portfolio.companies import queries as companies
from portfolio.people import access
from portfolio.people import queries as people
from portfolio.web.formatting import today

DUE = "due"


@blueprint.get("/chokepoints/claims")
@access.permit("company.read")
def claims() -> str:
    """The claims that stand in one way, and how many there are of each."""
    visible, asked = companies.visible(access.me()), request.args.get("standing", "")
    how = next((each for each in Standing if each.value == asked), None)
    technology = request.args.get("technology", "")
    page = claim_list_queries.listed(visible, today(), how, asked == DUE, technology)
    readers = {p for row in page.rows for p in (row[0].first_reader_id, row[0].second_reader_id)}
    counts = queries.standings(visible, today())
    return render_template(
        "chokepoint/claims.html",
        page=page,
        asked=asked if how or asked == DUE else "",
        counts=counts,
        total=sum(counts.values()),
        due=claim_list_queries.due(visible, today()),
        standings=tuple(Standing),
        names=people.names_of({number for number in readers if number}),
        technology=technology,
        day=today(),
    )
