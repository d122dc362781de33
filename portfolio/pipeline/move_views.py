"""Moving a deal: what a move asks for and does not get, a form asks for."""

from contextlib import closing
from dataclasses import replace
from typing import Any

from flask import abort, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage

from portfolio.companies import operations as records
from portfolio.companies.models import TERMS
from portfolio.companies.operations import Conflict
from portfolio.extensions import db
from portfolio.journal.models import Act
from portfolio.kernel.errors import InputError
from portfolio.people import access
from portfolio.people import queries as people
from portfolio.pipeline import (
    admission_queries,
    card_views,
    check_operations,
    gate_queries,
    operations,
    queries,
    undo_operations,
)
from portfolio.pipeline import sight_queries as sight
from portfolio.pipeline.answer_forms import OPTIONS, Typed, asked, read_form, with_file
from portfolio.pipeline.flow import Pipeline
from portfolio.pipeline.gates import Answers, state_title, states_of, unmet
from portfolio.pipeline.models import Deal, Status
from portfolio.pipeline.move_forms import Asking, form_of, place_all
from portfolio.pipeline.recusal_queries import recused_from
from portfolio.pipeline.refusals import Refused
from portfolio.pipeline.views import Answer, blueprint, deal_or_404, looked_at
from portfolio.web.fields import choices_of
from portfolio.web.formatting import now, title_of
from portfolio.web.messages import text_of

ASKED_FOR = frozenset(
    (
        *("gate.missing", "move.reason_missing", "move.main_reason_missing", "move.words_missing"),
        *("move.revisit_missing", "move.evidence_missing", "reason.short"),
    )
)


@blueprint.route("/deals/<int:deal_id>/moves", methods=["GET", "POST"])
@access.permit("deal.write")
def moves(deal_id: int) -> Any:
    """Move a deal; what a move asks for and does not get, a form asks for."""
    deal = deal_or_404(deal_id)
    flow = queries.pipeline_of(deal.pipeline)
    asking = Asking(deal, flow, form_of(deal, flow), Typed())
    if request.method == "GET":
        if not sight.may(access.me(), "deal.write", deal):
            abort(403)
        looked_at(deal)
        return _page(asking)
    asking.typed = read_form(request.form, request.files, flow)
    if not asking.form.validate() or asking.typed.errors:
        return _refused(asking)
    try:
        if request.form.get("save"):
            return _save(asking)
        _require_shown(asking)
        act = _move(asking)
    except InputError as error:
        return _refused(asking, error)
    said = _moved_text(deal, flow)
    if _wants_json():
        undo = url_for("journal.undo", act_id=act.id)
        return jsonify(message=said, undo=undo, **card_views.answer(access.me(), deal))
    flash(said, str(act.id))
    return redirect(asking.back)


def _require_shown(asking: Asking) -> None:
    """Raise InputError where conditions are open of which the form showed those of another stage.

    What goes by them keeps them as passed over, and nobody passes over what was not shown.
    """
    shown = asking.form.shown.data
    if shown and shown != asking.goal:
        found = gate_queries.gate_of(asking.deal, asking.flow, asking.goal, asking.answers)
        if unmet(found):
            raise InputError("move.unshown", stage=asking.flow.stage(asking.goal))


def _save(asking: Asking) -> Answer:
    """Keep what was answered without moving: for what is not complete, or waits for another."""
    with access.writing("check.answer"):
        operations.require(access.me(), "deal.write", asking.deal)
        answers = _with_files(asking)
        operations.take_answers(asking.deal, asking.flow, answers, access.me(), now())
    flash(_("Saved."))
    return redirect(_address(asking))


def _address(asking: Asking) -> str:
    """The address of this form."""
    return url_for(
        "pipeline.moves",
        deal_id=asking.deal.id,
        kind=asking.form.kind.data,
        to_stage=asking.form.to_stage.data or None,
        walk=asking.form.walk.data or None,
    )


def _with_files(asking: Asking) -> Answers:
    answers = asking.typed.answers
    for key, upload in asking.typed.files.items():
        kept = _keep(asking.deal, upload, title_of(asking.flow.items[key]))
        answers = with_file(answers, key, kept)
    return answers


def _move(asking: Asking) -> Act:
    form, deal = asking.form, asking.deal
    wanted = replace(asking.wanted, evidence_version_id=None)
    with access.writing(operations.action_of(asking.flow, wanted)):
        answers = _with_files(asking)
        if form.evidence_file.data:
            kept = _keep(deal, form.evidence_file.data, _("New evidence"))
            wanted = replace(wanted, evidence_version_id=kept)
        return undo_operations.move(deal, wanted, access.me(), now(), form.version.seen, answers)


def _keep(deal: Deal, upload: FileStorage, title: str) -> int:
    """Keep an uploaded proof with the deal; answers the number of its version."""
    if not sight.may(access.me(), "deal.write", deal):
        raise operations.Refused
    with closing(upload):
        content = upload.read()
    version = records.keep_document(
        content,
        upload.filename or title,
        upload.mimetype,
        access.me(),
        now(),
        title=title,
        kind=TERMS,
        deal_id=deal.id,
    )
    return version.id


def _moved_text(deal: Deal, flow: Pipeline) -> str:
    if deal.status != Status.ACTIVE.value:
        return _(
            "%(deal)s: %(status)s",
            deal=deal.name,
            status=title_of(Status._value2member_map_[deal.status]),
        )
    return _("%(deal)s → %(stage)s", deal=deal.name, stage=title_of(flow.stage(deal.stage)))


def _page(asking: Asking, status: int = 200) -> Answer:
    deal, flow = asking.deal, asking.flow
    found = gate_queries.gate_of(deal, flow, asking.goal)
    said = gate_queries.checks_of(deal.id) if found else {}
    doers = {row.recorded_by_id for row in said.values() if row.recorded_by_id}
    page = render_template(
        "pipeline/move.html",
        deal=deal,
        pipeline=flow,
        form=asking.form,
        back=asking.back,
        kind=asking.kind,
        rule=asking.rule,
        targets=[flow.stage(key) for key in asking.targets],
        goal=flow.stage(asking.goal),
        conditions=asked(found, asking.still_open, asking.typed.errors),
        said=said,
        doers=people.names_of(doers),
        states_of=states_of,
        state_title=state_title,
        members=[member.user_id for member in deal.members],
        people=_workers(deal) if any(standing.people for standing in found) else {},
        options={name: choices_of(kind) for name, kind in OPTIONS.items()},
        errors=asking.typed.errors,
        gate_shut=asking.gate_shut,
        files_lost=[*asking.typed.files, *(["evidence"] if asking.form.evidence_file.data else [])],
        may_override=sight.may(access.me(), "deal.override", deal),
        sent=request.form,
    )
    return page, status


def _workers(deal: Deal) -> dict[int, str]:
    """Who may come on the team, by name."""
    barred = recused_from(deal.id)
    return {i: name for i, name in people.active_names().items() if i not in barred}


def _refused(asking: Asking, error: InputError | None = None) -> Any:
    """The form again with everything that keeps the deal from the move, not the first thing alone.

    `error` is what the move itself came upon, None when what was typed cannot even be read.
    """
    status = 409 if isinstance(error, Conflict) else 403 if isinstance(error, Refused) else 422
    if error and _wants_json():
        asks = error.code in ASKED_FOR
        return jsonify(message=text_of(error), ask=_address(asking) if asks else None), status
    db.session.refresh(asking.deal)
    faults = _faults(asking)
    if error and error.code not in {fault.code for fault in faults}:
        faults.append(error)
    place_all(asking, faults)
    return _page(asking, status)


def _faults(asking: Asking) -> list[InputError]:
    """All that is wrong; to keep answers without moving, only they have to be right."""
    deal, flow, user = asking.deal, asking.flow, access.me()
    if request.form.get("save"):
        return list(check_operations.faults(deal, flow, asking.answers.items, user))
    try:
        wanted = admission_queries.with_kind(flow, deal, asking.wanted)
    except InputError as error:
        return [error]
    asking.admitted = admission_queries.admission(deal, flow, wanted, user, now(), asking.answers)
    return list(asking.admitted.faults)


def _wants_json() -> bool:
    return request.accept_mimetypes.best == "application/json"
