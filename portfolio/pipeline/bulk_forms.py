"""The form of what is to be done with many deals: it offers what these deals can do."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flask import request
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length

from portfolio.kernel.errors import InputError
from portfolio.people import queries as people
from portfolio.pipeline import admission_queries, queries
from portfolio.pipeline.bulk import STAFFING, Doing, Order
from portfolio.pipeline.flow import Pipeline
from portfolio.pipeline.models import Deal
from portfolio.pipeline.move_forms import PLACES
from portfolio.web.fields import DayField, choices
from portfolio.web.formatting import title_of
from portfolio.web.messages import text_of

# Which fields each thing to do asks for.
ASKS: Mapping[Doing, tuple[str, ...]] = {
    **dict.fromkeys(STAFFING, ("person_id",)),
    Doing.MOVE: ("stage", "reason_code", "note"),
    Doing.HOLD: ("reason_code", "note", "revisit_on"),
    Doing.REJECT: ("reason_code", "note"),
}
ORDER = ("doing", "person_id", "stage", "reason_code", "note", "revisit_on")
BULK_PLACES = {**PLACES, "bulk.person_missing": "person_id", "bulk.stage_missing": "stage"}
# An address has room for so much: deals that are gone through one by one, and what was said of all.
MOST_TO_WALK = 200
LONGEST_NOTE = 100


class BulkForm(FlaskForm):
    """What is to be done with the chosen deals."""

    doing = HiddenField()
    query = HiddenField()
    person_id = SelectField(_l("Person"), validate_choice=False)
    stage = SelectField(_l("Stage"), validate_choice=False)
    reason_code = SelectField(_l("Main reason"), default="", validate_choice=False)
    note = TextAreaField(_l("In your words"), [Length(max=4000)])
    revisit_on = DayField(_l("Look at it again on"))

    def order(self, doing: Doing) -> Order:
        """The order as it was filled in."""
        known = {str(value) for value, *_ in self.person_id.iter_choices()}
        person = self.person_id.data if self.person_id.data in known else ""
        return Order(
            doing,
            int(person) if person else None,
            self.stage.data or "",
            self.reason_code.data or "",
            self.note.data or "",
            self.revisit_on.day,
        )

    def asked(self, doing: Doing) -> list[Any]:
        """The fields to show; no choice where there is nothing to choose."""
        fields = [self[name] for name in ASKS[doing]]
        return [f for f in fields if f.name != "reason_code" or len(f.choices) > 1]

    def optional(
        self, order: Order, deals: Sequence[Deal], flows: Mapping[int, Pipeline]
    ) -> frozenset[str]:
        """The fields that none of the moves needs that the order is for the deals."""
        rules = [flow.moves[kind] for flow, kind in dict.fromkeys(_kinds(order, deals, flows))]
        found = set()
        if not any(rule.main_reason or rule.reason for rule in rules):
            found.add("reason_code")
        in_words = len(self.reason_code.choices) == 1
        if not any(rule.words or (rule.reason and in_words) for rule in rules):
            found.add("note")
        return frozenset(found)

    def place(self, fault: InputError) -> bool:
        """Say it at its field, if it has one here; a field says one thing at a time."""
        name = BULK_PLACES.get(fault.code)
        if name == "reason_code" and len(self.reason_code.choices) == 1:
            name = "note"
        if name is None or name not in self:
            return False
        if not self[name].errors:
            self[name].errors = [text_of(fault)]
        return True

    @property
    def note_stays(self) -> bool:
        """Whether the note is too long to go along from form to form."""
        return len((self.note.data or "").strip()) > LONGEST_NOTE

    def walk(self, deal_ids: Sequence[int]) -> dict[str, Any]:
        """The address, as its parts, under which these deals are gone through one by one."""
        found = {
            "doing": Doing.MOVE.value,
            "stage": self.stage.data or "",
            "reason_code": self.reason_code.data or "",
            "note": "" if self.note_stays else (self.note.data or "").strip(),
            "deals": ".".join(map(str, deal_ids[:MOST_TO_WALK])),
            "query": self.query.data or "",
        }
        return {name: value for name, value in found.items() if value}


def form_for(doing: Doing, deals: Sequence[Deal], flows: Mapping[int, Pipeline]) -> BulkForm:
    """The form with the stages these deals can go to, and the reasons that fit how they go."""
    form = BulkForm(request.args) if request.method == "GET" else BulkForm()
    form.person_id.choices = choices(people.active_names_with("deal.write").items(), blank=True)
    form.stage.choices = _stages(deals, flows) if doing is Doing.MOVE else choices((), blank=True)
    reasons = {
        reason.key: title_of(reason)
        for flow, kind in dict.fromkeys(_kinds(form.order(doing), deals, flows))
        for reason in flow.reasons_for(kind)
    }
    form.reason_code.choices = choices(reasons.items(), blank=True)
    return form


def _stages(deals: Sequence[Deal], flows: Mapping[int, Pipeline]) -> list[SelectChoice]:
    """The stages to which any of the deals may go from where it stands, under their pipelines."""
    reached: dict[str, set[str]] = {}
    for pipeline_id, here, status in {(d.pipeline_id, d.stage, d.status) for d in deals}:
        flow = flows[pipeline_id]
        goals = {goal for kind in flow.offered(here, status) for goal in flow.targets(kind, here)}
        reached.setdefault(flow.key, set()).update(goals - {here})
    titles = {flow.key: title_of(flow) for flow in flows.values()}
    found: dict[str, SelectChoice] = {"": SelectChoice("", "—")}
    for key in sorted(reached):
        for stage in queries.stage_titles(key).values():
            if stage.key in reached[key]:
                group = titles[key] if len(reached) > 1 else None
                found.setdefault(
                    stage.key, SelectChoice(stage.key, title_of(stage), optgroup=group)
                )
    return list(found.values())


def _kinds(
    order: Order, deals: Sequence[Deal], flows: Mapping[int, Pipeline]
) -> Iterator[tuple[Pipeline, str]]:
    """The kinds of move that the order is for the deals; none while it does not say where to."""
    if order.doing in STAFFING or (order.doing is Doing.MOVE and not order.stage):
        return
    for deal in deals:
        flow = flows[deal.pipeline_id]
        try:
            yield flow, admission_queries.with_kind(flow, deal, order.as_move()).kind
        except InputError:  # refused, as the trial says
            continue


def place_faults(
    form: BulkForm,
    order: Order,
    deals: Sequence[Deal],
    flows: Mapping[int, Pipeline],
    today: dt.date,
) -> bool:
    """Say at the fields what the order lacks; whether it so lacks something for every deal."""
    try:
        order.check()
    except InputError as error:
        return form.place(error)
    if order.doing in STAFFING:
        return False
    lacking = 0
    for deal in deals:
        flow = flows[deal.pipeline_id]
        try:
            move = admission_queries.with_kind(flow, deal, order.as_move())
        except InputError:
            continue
        faults = flow.faults(deal.stage, deal.status, move, today)
        lacking += bool([fault for fault in faults if form.place(fault)])
    return lacking == len(deals)
