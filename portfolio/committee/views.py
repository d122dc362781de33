"""The committee's page: the deals before it."""

from flask import Blueprint, render_template

from portfolio.extensions import db
from portfolio.people import access
from portfolio.pipeline import board_queries, queries
from portfolio.pipeline.listing import DealListing
from portfolio.pipeline.models import Status

blueprint = Blueprint("committee", __name__)

STAGE = "ic"
MOST_ROWS = 50


@blueprint.get("/committee")
@access.permit("committee.read")
def index() -> str:
    """The deals of every pipeline before the committee, those longest there first, with files."""
    user = access.me()
    listing = DealListing(stages=(STAGE,), statuses=(Status.ACTIVE.value,), sort="entered")
    query, total = board_queries.counted(user, listing)
    deals = board_queries.by_ids(db.session.scalars(query.limit(MOST_ROWS)).all())
    return render_template(
        "committee/index.html",
        deals=deals,
        asked={"stage": STAGE, "status": Status.ACTIVE.value},
        more=total > MOST_ROWS,
        pipelines=queries.pipelines(),
        terms=queries.among_seen(user, "deal.terms", [deal.id for deal in deals]),
    )
