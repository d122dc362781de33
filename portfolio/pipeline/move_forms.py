"""A move somebody is about to make: its form, and everything that is wrong, each at its field."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from flask import request, url_for

from portfolio.kernel.errors import InputError
from portfolio.pipeline.admission_queries import Admission
from portfolio.pipeline.answer_forms import Typed, with_file
from portfolio.pipeline.check_operations import CheckRefused
from portfolio.pipeline.flow import Pipeline
from portfolio.pipeline.forms import MoveForm
from portfolio.pipeline.gates import Answers, GateMissing, Standing
from portfolio.pipeline.models import Deal
from portfolio.pipeline.stages import Move, MoveRule
from portfolio.web.fields import choices
from portfolio.web.formatting import title_of
from portfolio.web.messages import text_of
from portfolio.web.paths import url_asking

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
# Stands for a file that was sent and is kept once nothing else is wrong.
COMING = -1


@dataclass
class Asking:
    """The form of a move, what was typed beside it, and how the move stands with all that."""

    deal: Deal
    flow: Pipeline
    form: MoveForm
    typed: Typed
    admitted: Admission | None = None

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

    @property
    def wanted(self) -> Move:
        """The move as it is asked for; files that were sent with it are not kept yet."""
        form = self.form
        return Move(
            kind=self.kind,
            to_stage=form.to_stage.data or "",
            reason_code=form.reason_code.data or "",
            note=form.note.data or "",
            revisit_on=form.revisit_on.day,
            other_reasons=tuple(form.other_reasons.data or ()),
            withdrawn_by=form.withdrawn_by.data or "",
            evidence=form.evidence.data or "",
            evidence_version_id=COMING if form.evidence_file.data else None,
            override=form.override.data or "",
        )

    @property
    def answers(self) -> Answers:
        """The answers, as if the files sent with them were kept already."""
        answers = self.typed.answers
        for key in self.typed.files:
            answers = with_file(answers, key, COMING)
        return answers

    @property
    def still_open(self) -> tuple[Standing, ...] | None:
        """The conditions that the answers leave open; None when none were sent."""
        return None if self.admitted is None else self.admitted.left

    @property
    def back(self) -> str:
        """Where one goes on from here: to the deals of the bulk change it is one of, or its page."""
        walk = _walk(self.form)
        if walk:
            return url_asking("pipeline.walk", walk)
        return url_for("pipeline.show", deal_id=self.deal.id)

    @property
    def gate_shut(self) -> bool:
        """Whether open conditions keep the deal from this move."""
        faults = self.admitted.faults if self.admitted else ()
        return any(isinstance(fault, GateMissing) for fault in faults)


def _kind(deal: Deal, flow: Pipeline, to_stage: str) -> str:
    """The kind of move that leads to a stage; the foremost one where none is named or none does."""
    if to_stage:
        with suppress(InputError):
            return flow.kind_of(deal.stage, to_stage, deal.status)
    return flow.foremost(deal.stage, deal.status)


def form_of(deal: Deal, flow: Pipeline) -> MoveForm:
    """The form as the kind of move needs it: with the reasons that fit, and what is required."""
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
        walk = _walk(form)
        form.note.data = form.note.data or walk.get("note", "")
        form.reason_code.data = form.reason_code.data or walk.get("reason_code", "")
    return form


def _walk(form: MoveForm) -> dict[str, Any]:
    """The bulk change that the move is part of, as the parts of its address; {} when it is none."""
    return {name: values[0] for name, values in parse_qs(form.walk.data or "").items()}


def place_all(asking: Asking, faults: Iterable[InputError]) -> None:
    """Put the sentence of each fault where it can be mended; a field says one thing at a time."""
    for fault in faults:
        if not isinstance(fault, GateMissing):  # shown condition by condition
            _place(asking, fault)


def _place(asking: Asking, fault: InputError) -> None:
    form, said, errors = asking.form, text_of(fault), asking.typed.errors
    if isinstance(fault, CheckRefused):
        errors.setdefault(f"i-{fault.item}-note", said)
        return
    if fault.code == "uscc.taken":
        errors.setdefault("f-company.uscc", said)
        return
    name = PLACES.get(fault.code)
    if fault.code == "reason.short":
        name = "override" if form.override.data else "note"
    if name == "reason_code" and len(form.reason_code.choices) == 1:
        name = "note"
    if name is None:
        form.form_errors.append(said)
    elif not form[name].errors:
        form[name].errors = [said]
