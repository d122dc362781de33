"""Moving a deal: what a move asks for and does not get, a form asks for."""

from contextlib import closing, suppress
from dataclasses import dataclass, replace
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
    card_views,
    check_operations,
    gate_queries,
    operations,
    queries,
    undo_operations,
)
from portfolio.pipeline.answer_forms import OPTIONS, Typed, asked, read_form, with_file
from portfolio.pipeline.check_operations import CheckRefused
from portfolio.pipeline.flow import Pipeline
from portfolio.pipeline.forms import MoveForm
from portfolio.pipeline.gates import Answers, GateMissing, Standing, state_title, states_of
from portfolio.pipeline.models import Deal, Status
from portfolio.pipeline.stages import Move, MoveRule
from portfolio.pipeline.views import Answer, blueprint, deal_or_404, looked_at
from portfolio.web.fields import choices, choices_of
from portfolio.web.formatting import now, title_of
from portfolio.web.messages import text_of

ASKED_FOR = frozenset(
    (
        *("gate.missing", "move.reason_missing", "move.main_reason_missing", "move.words_missing"),
        *("move.revisit_missing", "move.evidence_missing"),
    )
)
PLACES = {
    "move.reason_missing": "reason_code",
    "move.main_reason_missing": "reason_code",
    "move.reason_unknown": "reason_code",
    "move.reason_unfit": "reason_code",
    "move.words_missing": "note",
    "move.evidence_missing": "evidence",
    "move.revisit_missing": "revisit_on",
    "move.revisit_past": "revisit_on",
    "move.revisit_late": "revisit_on",
}


@dataclass
class Asking:
    """A move somebody is about to make: the form, what was typed beside it, what is left open."""

    deal: Deal
    flow: Pipeline
    form: MoveForm
    typed: Typed
    still_open: tuple[Standing, ...] | None = None

    @property
    def kind(self) -> str:
        """The kind of move."""
        return self.form.kind.data or ""

    @property
    def rule(self) -> MoveRule | None:
        """What the pipeline says of it; None for a kind it does not know."""
        return self.flow.moves.get(self.kind)

    @property
    def targets(self) -> list[str]:
        """Where it may lead from here."""
        return self.flow.targets(self.kind, self.deal.stage) if self.rule else []

    @property
    def goal(self) -> str:
        """Where it leads: the stage asked for, else the nearest."""
        sent = self.form.to_stage.data
        return sent if sent in self.targets else next(iter(self.targets), self.deal.stage)


@blueprint.route("/deals/<int:deal_id>/moves", methods=["GET", "POST"])
@access.permit("deal.write")
def moves(deal_id: int) -> Any:
    """Move a deal; what a move asks for and does not get, a form asks for."""
    deal = deal_or_404(deal_id)
    flow = queries.pipeline_of(deal.pipeline)
    asking = Asking(deal, flow, _form(deal, flow), Typed())
    if request.method == "GET":
        if not queries.may(access.me(), "deal.write", deal):
            abort(403)
        looked_at(deal)
        return _page(asking)
    asking.typed = read_form(request.form, request.files, flow)
    if not asking.form.validate() or asking.typed.errors:
        return _page(asking, 422)
    try:
        if request.form.get("save"):
            return _save(asking)
        act = _move(asking)
    except InputError as error:
        return _refused(asking, error)
    said = _moved_text(deal, flow)
    if _wants_json():
        undo = url_for("journal.undo", act_id=act.id)
        return jsonify(message=said, undo=undo, **card_views.answer(access.me(), deal))
    flash(said, str(act.id))
    return redirect(url_for("pipeline.show", deal_id=deal.id))


def _kind(deal: Deal, flow: Pipeline, to_stage: str) -> str:
    """The kind of move that leads to a stage; the foremost one where none is named or none does."""
    if to_stage:
        with suppress(InputError):
            return flow.kind_of(deal.stage, to_stage, deal.status)
    return flow.foremost(deal.stage, deal.status)


def _form(deal: Deal, flow: Pipeline) -> MoveForm:
    form = MoveForm(request.args) if request.method == "GET" else MoveForm()
    kind = form.kind.data = form.kind.data or _kind(deal, flow, form.to_stage.data or "")
    rule = flow.moves.get(kind)
    form.note.flags.required = bool(rule and (rule.override or rule.words))
    form.revisit_on.flags.required = bool(rule and rule.revisit_days)
    form.evidence.flags.required = bool(rule and rule.evidence)
    form.reason_code.flags.required = bool(rule and rule.main_reason)
    reasons = [(reason.key, title_of(reason)) for reason in flow.reasons_for(kind)]
    form.reason_code.choices = choices(reasons, blank=True)
    form.other_reasons.choices = choices(reasons)
    if request.method == "GET":
        form.version.data = str(deal.version)
    return form


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
    )


def _with_files(asking: Asking) -> Answers:
    answers = asking.typed.answers
    for key, upload in asking.typed.files.items():
        kept = _keep(asking.deal, upload, title_of(asking.flow.items[key]))
        answers = with_file(answers, key, kept)
    return answers


def _move(asking: Asking) -> Act:
    form, deal = asking.form, asking.deal
    wanted = Move(
        kind=asking.kind,
        to_stage=form.to_stage.data or "",
        reason_code=form.reason_code.data or "",
        note=form.note.data or "",
        revisit_on=form.revisit_on.day,
        other_reasons=tuple(form.other_reasons.data or ()),
        withdrawn_by=form.withdrawn_by.data or "",
        evidence=form.evidence.data or "",
        override=form.override.data or "",
    )
    with access.writing(operations.action_of(asking.flow, wanted)):
        answers = _with_files(asking)
        if form.evidence_file.data:
            kept = _keep(deal, form.evidence_file.data, _("New evidence"))
            wanted = replace(wanted, evidence_version_id=kept)
        return undo_operations.move(deal, wanted, access.me(), now(), form.version.seen, answers)


def _keep(deal: Deal, upload: FileStorage, title: str) -> int:
    """Keep an uploaded proof with the deal; answers the number of its version."""
    if not queries.may(access.me(), "deal.write", deal):
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
        kind=asking.kind,
        rule=asking.rule,
        targets=[flow.stage(key) for key in asking.targets],
        goal=flow.stage(asking.goal),
        conditions=asked(found, asking.still_open),
        said=said,
        doers=people.names_of(doers),
        states_of=states_of,
        state_title=state_title,
        members=[member.user_id for member in deal.members],
        people=people.active_names() if any(standing.people for standing in found) else {},
        options={name: choices_of(kind) for name, kind in OPTIONS.items()},
        errors=asking.typed.errors,
        may_override=queries.may(access.me(), "deal.override", deal),
        sent=request.form,
    )
    return page, status


def _refused(asking: Asking, error: InputError) -> Any:
    conflict = isinstance(error, Conflict)
    forbidden = isinstance(error, operations.Refused)
    status = 409 if conflict else 403 if forbidden else 422
    if _wants_json():
        asks = error.code in ASKED_FOR
        return jsonify(message=text_of(error), ask=_address(asking) if asks else None), status
    _place(asking, error)
    db.session.refresh(asking.deal)
    return _page(asking, status)


def _place(asking: Asking, error: InputError) -> None:
    """Put the sentence of a refusal where it can be mended."""
    form, said = asking.form, text_of(error)
    if isinstance(error, GateMissing):
        asking.still_open = error.open
        return
    if isinstance(error, CheckRefused):
        asking.typed.errors |= _faults(asking) | {f"i-{error.item}-note": said}
        return
    if error.code.startswith("uscc."):
        asking.typed.errors["f-company.uscc"] = said
        return
    name = PLACES.get(error.code)
    if error.code == "reason.short":
        name = "override" if form.override.data else "note"
    if name == "reason_code" and not asking.flow.reasons:
        name = "note"
    if name is None:
        form.form_errors.append(said)
        return
    form[name].errors = [*form[name].errors, said]


def _faults(asking: Asking) -> dict[str, str]:
    """Every item that cannot be answered so, but for those whose proof is a file just sent."""
    given = asking.typed.answers.items
    plain = {key: answer for key, answer in given.items() if key not in asking.typed.files}
    found = check_operations.faults(asking.deal, asking.flow, plain, access.me())
    return {f"i-{fault.item}-note": text_of(fault) for fault in found}


def _wants_json() -> bool:
    return request.accept_mimetypes.best == "application/json"
