"""The committee's page: the deals before it."""

from flask import Blueprint, render_template

from portfolio.people import access
from portfolio.pipeline import board_queries, queries

blueprint = Blueprint("committee", __name__)

STAGE = "ic"
MOST_ROWS = 50


@blueprint.get("/committee")
@access.permit("committee.read")
def index() -> str:
    """The deals before the committee, those longest there first, with their files."""
    user = access.me()
    row = queries.current_pipeline("direct")
    deals = board_queries.cards(user, row.id, STAGE, limit=MOST_ROWS) if row else []
    return render_template(
        "committee/index.html",
        deals=deals,
        stage=STAGE,
        more=len(deals) == MOST_ROWS,
        terms=queries.among_seen(user, "deal.terms", [deal.id for deal in deals]),
    )
