"""Opening a deal and changing it: the form, and both versions of what two people changed."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import TypeVar

from flask import (
    abort,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _

from portfolio.audit import queries as audit
from portfolio.companies import queries as companies
from portfolio.companies.models import Company
from portfolio.companies.operations import Conflict
from portfolio.kernel.errors import InputError
from portfolio.people import access
from portfolio.people import queries as people
from portfolio.pipeline import (
    operations,
    queries,
    undo_operations,
)
from portfolio.pipeline import sight_queries as sight
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
from portfolio.pipeline.models import Deal, PipelineVersion
from portfolio.pipeline.recusal_queries import recused_from
from portfolio.pipeline.views import Answer, blueprint, deal_or_404, looked_at
from portfolio.web.fields import choices
from portfolio.web.formatting import listed, now, title_of
from portfolio.web.merging import Difference, differences, unanswered
from portfolio.web.messages import sentence, text_of

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
