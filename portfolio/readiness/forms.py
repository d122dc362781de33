"""Forms of readiness: what a person judges, what an authority granted, and why it is withdrawn."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, ValidationError

from portfolio.rulebook.metrics import Metric
from portfolio.web.fields import DayField, choices
from portfolio.web.formatting import today
from portfolio.web.i18n import language


class JudgementForm(FlaskForm):
    """Yes or no, on which day, until when, and what it rests on."""

    verdict = SelectField(_l("Judgement"), [DataRequired(_l("Say what you judge."))])
    judged_on = DayField(_l("Judged on"), [DataRequired(_l("Say on which day this was so."))])
    valid_until = DayField(_l("Valid until"))
    source = StringField(
        _l("Who judged, or on what occasion"),
        [DataRequired(_l("Say who judged, or on what occasion.")), Length(max=200)],
    )
    evidence = TextAreaField(
        _l("Evidence"), [DataRequired(_l("Say what it rests on.")), Length(max=4000)]
    )

    def ask(self, metric: Metric) -> None:
        """Offer the answers that the item has."""
        words = metric.values or ("true", "false")
        titles = ((word, metric.option_title(word, language())) for word in words)
        self.verdict.choices = choices(titles, blank=True)

    def validate_judged_on(self, field: DayField) -> None:
        """Nobody judged on a day that has not come."""
        if field.day and field.day > today():
            raise ValidationError(_l("That day has not come yet."))

    def validate_valid_until(self, field: DayField) -> None:
        """A judgement holds at least today."""
        if field.day and field.day < today():
            raise ValidationError(_l("That day is over already."))


class RecognitionForm(FlaskForm):
    """Since when, until when, by which certificate, and where that can be looked up."""

    since = DayField(_l("Recognised on"), [DataRequired(_l("Say since when."))])
    until = DayField(_l("Valid until"))
    number = StringField(
        _l("Certificate or announcement"),
        [DataRequired(_l("Say by which certificate or announcement.")), Length(max=200)],
    )
    evidence = TextAreaField(
        _l("Evidence"), [DataRequired(_l("Say where that can be looked up.")), Length(max=4000)]
    )

    def validate_since(self, field: DayField) -> None:
        """Nothing was granted on a day that has not come."""
        if field.day and field.day > today():
            raise ValidationError(_l("That day has not come yet."))

    def validate_until(self, field: DayField) -> None:
        """It does not end before it begins."""
        if field.day and self.since.day and field.day < self.since.day:
            raise ValidationError(_l("It would end before it begins."))


class WithdrawalForm(FlaskForm):
    """Why what was recorded is taken back."""

    reason = StringField(
        _l("Why it is withdrawn"), [DataRequired(_l("Say why.")), Length(max=1000)]
    )
