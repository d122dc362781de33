"""Pages of meetings: those to come, those that are over, and one with its agenda."""

from typing import Any

from flask import Blueprint, abort, current_app, render_template, request, url_for
from werkzeug.wrappers import Response

from portfolio.meetings import history_queries, item_queries, queries, wording_queries
from portfolio.meetings.kinds import KINDS, State
from portfolio.meetings.models import Meeting
from portfolio.people import access
from portfolio.pipeline import queries as pipeline
from portfolio.pipeline import sight_queries as sight
from portfolio.web.formatting import now
from portfolio.web.paging import Page, page_of

blueprint = Blueprint("meetings", __name__)

Answer = str | Response | tuple[str, int]
STATES: dict[str, Any] = dict(State._value2member_map_)


def meeting_or_404(meeting_id: int) -> Meeting:
    """The meeting, when this person may know of it."""
    return queries.get_visible(access.me(), meeting_id) or abort(404)


@blueprint.app_context_processor
def _words() -> dict[str, Any]:
    return {
        "meeting_span": wording_queries.span,
        "meeting_name": wording_queries.name_of,
        "meeting_states": STATES,
    }


@blueprint.get("/meetings")
@access.signed_in
def index() -> str:
    """The meetings to come, or with `past=1` those that are over."""
    past = bool(request.args.get("past"))
    user = access.me()
    ids, number, total = page_of(queries.listed(user, now(), past))
    return render_template(
        "meetings/index.html",
        page=Page(queries.by_ids(ids), number, total),
        past=past,
        counts=item_queries.counts(user, ids),
        kinds=KINDS,
    )


@blueprint.get("/meetings/<int:meeting_id>")
@access.signed_in
def show(meeting_id: int) -> str:
    """One meeting with its agenda as far as the reader may know of the deals; `q` finds deals for
    it where nothing is found while typing."""
    return page(meeting_or_404(meeting_id))


def page(meeting: Meeting, error: str = "") -> str:
    """The page of a meeting, with what went wrong where something did."""
    user = access.me()
    lines = item_queries.lines(user, [meeting.id]).get(meeting.id, [])
    planner = user.may("committee.write")
    text = request.args.get("q", "").strip()[:100]
    address = url_for("meetings.show", meeting_id=meeting.id)
    return render_template(
        "meetings/show.html",
        meeting=meeting,
        error=error,
        kinds=KINDS,
        lines=lines,
        minutes=sum(line.minutes for line in lines if not line.ended),
        state_of=wording_queries.state_of,
        length=int((meeting.ends_at - meeting.starts_at).total_seconds() // 60),
        pipelines=pipeline.pipelines(),
        terms=sight.among_seen(user, "deal.terms", [line.deal_id for line in lines]),
        sitting=queries.sitting(meeting.kind),
        invited=queries.invited(meeting.id),
        planner=planner,
        over=meeting.starts_at <= now(),
        text=text,
        found=item_queries.found_deals(user, meeting.id, text)
        if planner and meeting.planned
        else (),
        address=current_app.config["BASE_URL"].rstrip("/") + address,
        history=history_queries.history(user, meeting),
    )
