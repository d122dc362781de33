"""Pages of deals: list, one deal, entering and changing it, and every move."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import TypeVar

from flask import (
    Blueprint,
    abort,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from portfolio.audit import queries as audit
from portfolio.companies import queries as companies
from portfolio.companies.models import Company
from portfolio.companies.operations import Conflict
from portfolio.kernel.calendar import CHINA
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
    undo_operations,
)
from portfolio.pipeline import sight_queries as sight
from portfolio.pipeline.bulk import MOST, Doing
from portfolio.pipeline.detach_operations import detachment_of, restorable
from portfolio.pipeline.flow import Pipeline
from portfolio.pipeline.forms import (
    SHARED,
    DealForm,
    form_for,
    opened_on,
    shown,
    stored_form,
    take_over_theirs,
    texts_of,
)
from portfolio.pipeline.gates import state_title
from portfolio.pipeline.history_queries import history
from portfolio.pipeline.listing import DealListing, read_deal_listing
from portfolio.pipeline.models import Deal, PipelineVersion, Status
from portfolio.pipeline.past_views import past_page
from portfolio.pipeline.progress import progress
from portfolio.pipeline.recusal_queries import recused_from
from portfolio.pipeline.spine import spine
from portfolio.web.fields import choices
from portfolio.web.formatting import listed, now, title_of, today, url_with
from portfolio.web.merging import Difference, differences, unanswered
from portfolio.web.messages import sentence, text_of
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
        unknown_years=lambda deal: CHINA.unknown_years(
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


Form = TypeVar("Form", bound=DealForm)


def prepared(
    form: Form,
    offered: Iterable[Pipeline],
    present: Mapping[int, str],
    barred: Collection[int] = (),
) -> Form:
    """The form with its choices: the pipelines offered, who may work on deals, who does on this;
    but nobody who is barred from it."""
    workers = people.active_names_with("deal.write") | dict(present)
    workers = {user_id: name for user_id, name in workers.items() if user_id not in barred}
    form.owner_id.choices = choices(workers.items())
    form.team.choices = choices(workers.items())
    form.vehicle_id.choices = choices((v.id, title_of(v)) for v in queries.vehicles())
    form.pipeline.choices = choices((p.key, title_of(p)) for p in offered)
    return form


@blueprint.route("/companies/<int:company_id>/deals", methods=["GET", "POST"])
@access.permit("deal.create")
def new(company_id: int) -> Answer:
    """Open a deal in a company."""
    company = companies.get_visible(access.me(), company_id) or abort(404)
    asked = request.form.get("pipeline") or request.args.get("pipeline", "direct")
    form = prepared(DealForm(), _in_companies(), {})
    if request.method == "GET":
        form.pipeline.data = asked
        form.owner_id.data = access.me().id
        form.name.data = company.display_name
    form.pipeline.validate_choice = True
    if not form.validate_on_submit():
        return _form_page(form, company, None)
    pipeline = queries.current_pipeline(form.pipeline.data) or abort(404)
    try:
        with access.writing("deal.open"):
            deal = opened(form, pipeline, company_id=company.id)
    except InputError as error:
        form.form_errors.append(text_of(error))
        return _form_page(form, company, None)
    flash(_("Opened %(code)s.", code=deal.code))
    return redirect(url_for("pipeline.show", deal_id=deal.id))


def _in_companies() -> list[Pipeline]:
    """The pipelines in force whose deals are about a company."""
    return [flow for flow in queries.current_pipelines() if flow.target == "company"]


def opened(form: DealForm, pipeline: PipelineVersion, **target: int) -> Deal:
    """The deal that the form describes, in a company or a vehicle (`company_id` or
    `target_vehicle_id`). Raises InputError."""
    values = form.values()
    return operations.open_deal(
        name=str(values.pop("name")),
        pipeline=pipeline,
        vehicle_id=values.pop("vehicle_id"),
        owner_id=form.owner_id.data,
        actor=access.me(),
        now=now(),
        walled=bool(form.walled.data),
        team=form.team.data or (),
        terms=form.terms(),
        values=values,
        **target,
    )


def _form_page(form: DealForm, company: Company | None, deal: Deal | None) -> Answer:
    status = 422 if form.is_submitted() else 200
    page = render_template("pipeline/form.html", form=form, company=company, deal=deal)
    return page, status


@blueprint.route("/deals/<int:deal_id>/edit", methods=["GET", "POST"])
@access.permit("deal.write")
def edit(deal_id: int) -> Answer:
    """Change a deal, its terms and its team."""
    deal = looked_at(deal_or_404(deal_id))
    if not sight.may(access.me(), "deal.write", deal):
        abort(403)
    team = people.names_of({deal.owner_id, *(member.user_id for member in deal.members)})
    flows, barred = [queries.pipeline_of(deal.pipeline)], people.names_of(recused_from(deal.id))
    form = prepared(form_for(deal), flows, team, barred)
    form.pipeline.data = deal.pipeline.key
    if form.is_submitted():
        answers = {name: request.form.get(f"keep-{name}") for name in SHARED}
        take_over_theirs(form, deal, [name for name in SHARED if answers[name] == "theirs"])
        if unanswered(request.form.getlist("asked"), request.form):
            return _conflict(deal, form)
    if not form.validate_on_submit():
        _say_who_is_recused(form, barred)
        return _form_page(form, deal.company, deal)
    try:
        with (
            access.writing("deal.change"),
            undo_operations.keeping_change(deal, access.me(), now()) as kept,
        ):
            _changed(deal, form)
    except Conflict:
        return _conflict(deal_or_404(deal_id), form)
    except InputError as error:
        form.form_errors.append(text_of(error))
        return _form_page(form, deal.company, deal)
    flash(_("Saved."), kept.category)
    return redirect(url_for("pipeline.show", deal_id=deal.id))


def _say_who_is_recused(form: DealForm, barred: Mapping[int, str]) -> None:
    """Whoever was chosen before they were recused is no choice any more: say why at the field."""
    for field, sent in ((form.owner_id, [form.owner_id.data]), (form.team, form.team.data or [])):
        if names := [barred[user_id] for user_id in sent if user_id in barred]:
            field.errors = [sentence("recusal.not_for_team", names=listed(sorted(names)))]


def _changed(deal: Deal, form: DealForm) -> None:
    user, moment = access.me(), now()
    operations.change(deal, form.values(), user, moment, form.version.seen)
    terms = form.terms()
    if any(getattr(deal, name) != value for name, value in terms.items()):
        operations.state_terms(deal, terms, user, moment)
    operations.set_team(deal, form.team.data or (), form.owner_id.data, moment)
    if bool(form.walled.data) != deal.walled:
        operations.set_wall(deal, bool(form.walled.data), user, moment)


def _conflict(deal: Deal, form: DealForm) -> Answer:
    """Both versions by field, to choose from; what I did not touch stays as they saved it."""
    theirs = texts_of(stored_form(deal))
    found = differences(texts_of(form), theirs, opened_on(form))
    form.version.data = str(deal.version)
    take_over_theirs(form, deal, [d.name for d in found if d.keep_theirs])
    last = audit.last_change("deal", deal.id)
    page = render_template(
        "pipeline/form.html",
        form=form,
        company=deal.company,
        deal=deal,
        differing=[_in_words(form, d) for d in found],
        other=last.actor_name if last else "",
    )
    return page, 409


def _in_words(form: DealForm, d: Difference) -> Difference:
    return replace(d, theirs=shown(form[d.name], d.theirs), mine=shown(form[d.name], d.mine))
