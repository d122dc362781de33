"""Forms of deals: the deal with its terms, and the moves."""

import json
from collections.abc import Iterable
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import (
    BooleanField,
    Field,
    HiddenField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import DataRequired, Length, ValidationError

from portfolio.companies.models import Round
from portfolio.kernel import money
from portfolio.kernel.errors import InputError
from portfolio.pipeline.askable import LEAST_TRL, MOST_TRL
from portfolio.pipeline.models import Deal
from portfolio.web.fields import (
    CheckboxesField,
    DayField,
    VersionField,
    WholeField,
    choices,
    choices_of,
)
from portfolio.web.messages import text_of


class WanField(StringField):
    """An amount; a bare number is in 万元. `fen` holds what was read."""

    fen: int | None = None

    def process_data(self, value: Any) -> None:
        """Show a stored amount in 万元."""
        self.fen = value
        self.data = "" if value is None else money.wan(value)

    def pre_validate(self, form: FlaskForm) -> None:
        """Read the amount, or say what is wrong with it."""
        text = (self.data or "").strip()
        self.fen = None
        if not text:
            return
        try:
            self.fen = money.parse_yuan(text, default_unit=10_000)
        except InputError as error:
            raise ValidationError(text_of(error)) from error


class DealForm(FlaskForm):
    """A deal's own columns, its terms, and who works on it."""

    version = VersionField()
    opened = HiddenField()
    name = StringField(_l("Deal"), [DataRequired(_l("A deal needs a name.")), Length(max=200)])
    pipeline = SelectField(_l("Pipeline"))
    vehicle_id = SelectField(_l("Vehicle"), coerce=int)
    owner_id = SelectField(_l("Owner"), coerce=int)
    team = CheckboxesField(_l("Team"), coerce=int)
    walled = BooleanField(_l("Confidential: for the team alone"))
    round = SelectField(_l("Round"), choices=lambda: choices_of(Round), default="")
    round_size_fen = WanField(_l("Round size (10,000 CNY)"))
    amount_fen = WanField(_l("Our amount (10,000 CNY)"))
    pre_money_fen = WanField(_l("Pre-money valuation (10,000 CNY)"))
    lead_investor = StringField(_l("Lead investor"), [Length(max=200)])
    co_investment = BooleanField(_l("Co-investment"))
    trl = WholeField(_l("Technology readiness"), bounds=lambda: (LEAST_TRL, MOST_TRL))
    risks = TextAreaField(_l("Main risks"), [Length(max=4000)])
    next_step = StringField(_l("Next step"), [Length(max=200)])
    next_step_on = DayField(_l("On"))

    more_than_whole = _l("Our amount is more than the whole round.")

    def validate_amount_fen(self, field: Field) -> None:
        """Our part is no more than the round."""
        whole = self.round_size_fen.fen
        if field.fen is not None and whole is not None and field.fen > whole:
            raise ValidationError(self.more_than_whole)

    def values(self) -> dict[str, Any]:
        """The deal's own columns, as far as the form asks for them."""
        given: dict[str, Any] = {
            "name": self.name.data,
            "vehicle_id": self.vehicle_id.data,
            "risks": self.risks.data or "",
            "next_step": self.next_step.data or "",
            "next_step_on": self.next_step_on.day,
        }
        if "trl" in self:
            given |= {"co_investment": bool(self.co_investment.data), "trl": self.trl.number}
        return given

    def terms(self) -> dict[str, Any]:
        """The terms as the operation takes them, as far as the form asks for them."""
        given: dict[str, Any] = {
            "round_size_fen": self.round_size_fen.fen,
            "amount_fen": self.amount_fen.fen,
        }
        if "round" in self:
            given |= {
                "round": self.round.data or "",
                "pre_money_fen": self.pre_money_fen.fen,
                "lead_investor": self.lead_investor.data or "",
            }
        return given


class CommitmentForm(DealForm):
    """A commitment to a sub-fund: it has a fund size and our part, and none of a round's terms."""

    round_size_fen = WanField(_l("Fund size (10,000 CNY)"))
    amount_fen = WanField(_l("Our commitment (10,000 CNY)"))
    more_than_whole = _l("Our commitment is more than the whole fund.")

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        for name in ("round", "pre_money_fen", "lead_investor", "co_investment", "trl"):
            del self[name]


def _form_of(deal: Deal) -> type[DealForm]:
    return CommitmentForm if deal.target_vehicle_id else DealForm


# What two people may change at the same time, field by field.
SHARED = (
    *("name", "vehicle_id", "owner_id", "team", "walled", "round", "round_size_fen"),
    *("amount_fen", "pre_money_fen", "lead_investor", "co_investment", "trl", "risks"),
    *("next_step", "next_step_on"),
)


def form_for(deal: Deal) -> DealForm:
    """The form filled with what is stored, and with what it was opened on."""
    form = _form_of(deal)(obj=deal)
    if not form.is_submitted():
        form.team.data = _team(deal)
        form.version.data = str(deal.version)
        form.opened.data = json.dumps(texts_of(form))
    return form


def stored_form(deal: Deal) -> DealForm:
    """The form as it would be shown now, whatever was sent."""
    form = _form_of(deal)(formdata=None, obj=deal)
    form.team.data = _team(deal)
    return form


def take_over_theirs(form: DealForm, deal: Deal, names: Iterable[str]) -> None:
    """Put what is stored in the place of what was sent."""
    for name in filter(form.__contains__, names):
        value = _team(deal) if name == "team" else getattr(deal, name)
        form[name].process_data(value)


def _team(deal: Deal) -> list[int]:
    return sorted(member.user_id for member in deal.members)


def texts_of(form: DealForm) -> dict[str, str]:
    """The shared fields as texts that are equal when the values are."""
    return {name: _text(form[name]) for name in SHARED if name in form}


def opened_on(form: DealForm) -> dict[str, str] | None:
    """The texts the form was opened on; None when the browser says something else."""
    try:
        texts = json.loads(form.opened.data or "")
    except ValueError:
        return None
    return texts if isinstance(texts, dict) and set(texts) == set(texts_of(form)) else None


def _text(field: Field) -> str:
    if isinstance(field, WanField):
        return "" if field.fen is None else money.wan(field.fen)
    if isinstance(field, DayField):
        return field.day.isoformat() if field.day else ""
    if isinstance(field, WholeField):
        return "" if field.number is None else str(field.number)
    if isinstance(field, BooleanField):
        return "1" if field.data else ""
    if isinstance(field, SelectMultipleField):
        return ",".join(map(str, sorted(field.data or ())))
    return "" if field.data is None else str(field.data)


def shown(field: Field, text: str) -> str:
    """A field's text in words: titles and names for keys."""
    if isinstance(field, BooleanField):
        return str(_l("Yes") if text else _l("No"))
    if isinstance(field, SelectField | SelectMultipleField):
        labels = {str(choice[0]): str(choice[1]) for choice in field.iter_choices()}
        return "、".join(labels.get(part, part) for part in text.split(",") if part)
    return text


class MoveForm(FlaskForm):
    """A move: its kind, and what the kind asks for. `shown` is the stage whose conditions the form
    showed."""

    version = VersionField()
    kind = HiddenField()
    to_stage = HiddenField()
    shown = HiddenField()
    walk = HiddenField()
    reason_code = SelectField(_l("Main reason"), default="")
    other_reasons = CheckboxesField(_l("Further reasons"))
    note = TextAreaField(_l("In your words"), [Length(max=4000)])
    revisit_on = DayField(_l("Look at it again on"))
    evidence = TextAreaField(_l("New evidence"), [Length(max=4000)])
    evidence_file = FileField(_l("File with the evidence"))
    override = TextAreaField(_l("Why it goes on all the same"), [Length(max=4000)])
    withdrawn_by = SelectField(
        _l("Withdrawn by"),
        choices=choices([("us", _l("Us")), ("company", _l("The company"))]),
        default="us",
    )


class CheckForm(FlaskForm):
    """How one item of a checklist stands, with its proof."""

    state = SelectField(_l("State"))
    note = TextAreaField(_l("Note"), [Length(max=4000)])
    link = StringField(_l("Link"), [Length(max=1000)])
    file = FileField(_l("File"))
