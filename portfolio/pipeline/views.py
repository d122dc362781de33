"""Pages of deals: the list of them, and one deal as it stands or stood."""

from flask import (
    Blueprint,
    abort,
    current_app,
    render_template,
    request,
)
from flask.blueprints import BlueprintSetupState
from werkzeug.wrappers import Response

from portfolio.holidays.queries import calendar
from portfolio.kernel.dates import local_date
from portfolio.kernel.errors import InputError
from portfolio.people import access
from portfolio.people import queries as people
from portfolio.people.models import User
from portfolio.pipeline import (
    board_queries,
    gate_queries,
    holding_queries,
    operations,
    queries,
)
from portfolio.pipeline import sight_queries as sight
from portfolio.pipeline.bulk import MOST, Doing
from portfolio.pipeline.detach_operations import detachment_of, restorable
from portfolio.pipeline.flow import Pipeline
from portfolio.pipeline.gates import state_title
from portfolio.pipeline.history_queries import history
from portfolio.pipeline.listing import DealListing, read_deal_listing
from portfolio.pipeline.models import Deal, Status
from portfolio.pipeline.past_views import past_page
from portfolio.pipeline.progress import progress
from portfolio.pipeline.recusal_queries import recused_from
from portfolio.pipeline.spine import spine
from portfolio.web.formatting import now, title_of, today, url_with
from portfolio.web.messages import text_of
from portfolio.web.paging import Page, page_of
from portfolio.web.past import asked_day

blueprint = Blueprint("pipeline", __name__)

Answer = str | Response | tuple[str, int]


def asked_listing() -> DealListing:
    """The list that the address asks for."""
    keys = [f.key for f in current_app.extensions["deal_filters"]]
    return read_deal_listing(request.args.to_dict(flat=False), keys)


def deal_or_404(deal_id: int) -> Deal:
    """The deal, when this person may know of it."""
    return sight.get_visible(access.me(), deal_id) or abort(404)


@blueprint.record
def _shown(state: BlueprintSetupState) -> None:
    """What templates need besides, those too that are imported without a page's context."""
    state.app.jinja_env.globals.update(
        statuses=Status._value2member_map_,
        days_in_stage=lambda stage, deal: stage.days_since(deal.stage_entered_at, now()),
        unknown_years=lambda deal: calendar().unknown_years(
            *(local_date(moment) for moment in (deal.stage_entered_at, now()))
        ),
    )


@blueprint.get("/deals")
@access.permit("deal.read")
def index() -> str:
    """The list."""
    listing = asked_listing()
    filters = current_app.extensions["deal_filters"]
    user = access.me()
    ids, number, total = page_of(*board_queries.counted(user, listing, filters))
    pipelines = queries.pipelines()
    return render_template(
        "pipeline/index.html",
        page=Page(board_queries.by_ids(ids), number, total),
        terms=sight.among_seen(user, "deal.terms", ids),
        listing=listing,
        pipelines=pipelines,
        current=queries.current_pipelines(),
        stages=queries.stage_titles(listing.pipeline),
        owners=people.active_names(),
        filters=filters,
        chips=_chips(listing),
        doings=Doing,
        most=MOST,
    )


def _chips(listing: DealListing) -> list[tuple[str, str]]:
    stages = queries.stage_titles() | queries.stage_titles(listing.pipeline)
    owners = people.names_of(set(listing.owners))
    found: list[tuple[str, str]] = []
    if listing.text:
        found.append((f"“{listing.text}”", url_with(q=None, page=None)))
    if listing.pipeline:
        titles = {p.key: title_of(p) for p in queries.current_pipelines()}
        found.append((titles.get(listing.pipeline, "?"), url_with(pipeline=None, page=None)))
    for key in listing.stages:
        found.append((title_of(stages[key]) if key in stages else key, _without("stage", key)))
    for key in listing.statuses:
        member = Status._value2member_map_.get(key)
        found.append((title_of(member) if member else key, _without("status", key)))
    for owner in listing.owners:
        found.append((owners.get(owner, "?"), _without("owner", str(owner))))
    filters = {f.key: f for f in current_app.extensions["deal_filters"]}
    for key, values in listing.extra:
        title, choices = filters[key].title, dict(filters[key].choices())
        found += [(f"{title}: {choices.get(v, v)}", _without(key, v)) for v in values]
    return found


def _without(key: str, value: str) -> str:
    left = [v for v in request.args.getlist(key) if v != value]
    return url_with(**{key: left or None, "page": None})


@blueprint.get("/deals/<int:deal_id>")
@access.permit("deal.read")
def show(deal_id: int) -> Answer:
    """Everything about one deal on one page; `as_of` asks for what was known on a day."""
    deal = looked_at(deal_or_404(deal_id))
    try:
        day = asked_day()
    except InputError as error:
        return _page(deal, text_of(error)), 422
    return _page(deal) if day is None else past_page(deal, day)


def looked_at(deal: Deal) -> Deal:
    """The deal; each look at a confidential one is in the audit trail."""
    if deal.walled:
        with access.writing("deal.look"):
            operations.look_at_walled(deal)
    return deal


def _page(deal: Deal, wrong_day: str = "") -> str:
    user = access.me()
    pipeline = queries.pipeline_of(deal.pipeline)
    events = queries.history(deal.id)
    offered = _offered(user, deal, pipeline)
    goal = pipeline.ahead(deal.stage, deal.status)
    said = gate_queries.checks_of(deal.id) if pipeline.checklists else {}
    actors = people.names_of(
        {event.actor_id for event in events if event.actor_id}
        | {i for row in said.values() for i in (row.recorded_by_id, row.verified_by_id) if i}
    )
    terms = sight.may(user, "deal.terms", deal)
    return render_template(
        "pipeline/show.html",
        deal=deal,
        wrong_day=wrong_day,
        lost=None if deal.company or deal.target_vehicle else detachment_of(deal),
        restorable=restorable,
        held=holding_queries.of_company(user, deal.company_id) if deal.company_id else [],
        pipeline=pipeline,
        stage=pipeline.stage(deal.stage),
        spine=spine(pipeline, events, today()),
        actors=actors,
        terms=terms,
        documents=queries.documents(deal.id, terms),
        writable=sight.may(user, "deal.write", deal),
        offered=offered,
        ahead=pipeline.stage(goal) if goal else None,
        gate=gate_queries.gate_of(deal, pipeline, goal) if goal else (),
        progress=progress(pipeline, said, deal.stage),
        state_title=state_title,
        team=people.names_of({member.user_id for member in deal.members}),
        recused=people.names_of(recused_from(deal.id)),
        opened_until=sight.opened_until(user, deal) if deal.walled else None,
        activities=queries.activities(deal.id),
        tasks=queries.open_tasks(deal.id),
        history=history(user, deal),
        sections=[s for ask in current_app.extensions["deal_sections"] if (s := ask(deal, user))],
    )


def _offered(user: User, deal: Deal, pipeline: Pipeline) -> list[str]:
    """The moves this person may make with the deal."""
    if not sight.may(user, "deal.write", deal):
        return []
    relation = sight.relation(user, deal)
    return [
        kind
        for kind in pipeline.offered(deal.stage, deal.status)
        if not pipeline.moves[kind].permission
        or user.may(pipeline.moves[kind].permission, relation)
    ]
