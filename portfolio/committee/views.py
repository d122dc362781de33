"""The committee's page: the deals before it."""

from flask import Blueprint, render_template

from portfolio.coverage.figures import per_cent
from portfolio.coverage.kept_queries import covered
from portfolio.extensions import db
from portfolio.meetings.coming_queries import next_meeting_for
from portfolio.people import access
from portfolio.pipeline import board_queries, queries
from portfolio.pipeline import sight_queries as sight
from portfolio.pipeline.listing import DealListing
from portfolio.pipeline.models import Status
from portfolio.web.formatting import now, today

blueprint = Blueprint("committee", __name__)

MOST_ROWS = 50


@blueprint.get("/committee")
@access.permit("committee.read")
def index() -> str:
    """The deals of every pipeline before the committee, those longest there first, with files."""
    user = access.me()
    stages = queries.committee_stages()
    listing = DealListing(stages=tuple(stages), statuses=(Status.ACTIVE.value,), sort="entered")
    query, total = board_queries.counted(user, listing)
    ids = db.session.scalars(query.limit(MOST_ROWS)).all() if stages else ()
    deals = board_queries.by_ids(ids)
    return render_template(
        "committee/index.html",
        deals=deals,
        asked={"stage": stages, "status": Status.ACTIVE.value},
        more=total > MOST_ROWS,
        pipelines=queries.pipelines(),
        terms=sight.among_seen(user, "deal.terms", [deal.id for deal in deals]),
        coverage=covered(user, today()),
        coming=next_meeting_for(user, now()),
        per_cent=per_cent,
    )
