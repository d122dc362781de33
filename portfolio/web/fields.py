"""Form fields that several slices use: days, and choices from titled enumerations."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from flask_wtf import FlaskForm
from wtforms import HiddenField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from portfolio.kernel import dates, phone
from portfolio.kernel.errors import InputError
from portfolio.kernel.numbers import short_number
from portfolio.kernel.text import clean, halfwidth
from portfolio.web.formatting import title_of
from portfolio.web.messages import sentence, text_of


def choices(pairs: Iterable[tuple[Any, str]], blank: bool = False) -> list[SelectChoice]:
    """Values with their labels as a select field takes them."""
    first = [("", "—")] if blank else []
    return [SelectChoice(value, label) for value, label in (*first, *pairs)]


def choices_of(kind: Any, blank: bool = True) -> list[SelectChoice]:
    """The members of a titled enumeration as choices."""
    return choices(((member.value, title_of(member)) for member in kind), blank)


class CheckboxesField(SelectMultipleField):
    """Several of some choices, each a box to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class VersionField(HiddenField):
    """Which version of a record the person saw."""

    @property
    def seen(self) -> int:
        """What was sent, never what is stored; 0, which no record has, when nothing sound was."""
        return short_number(str((self.raw_data or [""])[0])) or 0


class WholeField(StringField):
    """A whole number between two bounds; what was typed stays when it is wrong. `number` holds
    what was read, and `bounds` answers the least and the most."""

    number: int | None = None

    def __init__(
        self, label: Any = None, validators: Any = None, *, bounds: Any = None, **named: Any
    ) -> None:
        super().__init__(label, validators, render_kw={"inputmode": "numeric"}, **named)
        self.bounds = bounds

    def process_data(self, value: Any) -> None:
        """Show a stored number."""
        self.number = value if isinstance(value, int) else None
        self.data = "" if self.number is None else str(self.number)

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read the number as far as it is one."""
        super().process_formdata(valuelist)
        number = short_number(halfwidth(clean(self.data or "")))
        least, most = self.bounds()
        self.number = number if number is not None and least <= number <= most else None

    def pre_validate(self, form: FlaskForm) -> None:
        """Say between which bounds it must be."""
        if (self.data or "").strip() and self.number is None:
            least, most = self.bounds()
            raise ValidationError(sentence("number.range", least=least, most=most))


class PhoneField(StringField):
    """A telephone number. One that was entered before stays as it is until it is changed."""

    data: str | None

    def pre_validate(self, form: FlaskForm) -> None:
        """Write the number in common digits, or say what one looks like."""
        typed = self.data or ""
        if not typed.strip() or typed == self.object_data:
            return
        try:
            self.data = phone.checked(typed)
        except InputError as error:
            raise ValidationError(text_of(error)) from error


class DayField(StringField):
    """A day, typed in any of the usual ways; what was typed stays when it is wrong."""

    day: dt.date | None = None

    def process_data(self, value: Any) -> None:
        """Show a stored day."""
        self.day = value if isinstance(value, dt.date) else None
        self.data = self.day.isoformat() if self.day else ""

    def pre_validate(self, form: FlaskForm) -> None:
        """Read the day, or say what is wrong with it."""
        text = (self.data or "").strip()
        self.day = None
        if not text:
            return
        try:
            self.day = dates.parse_date(text)
        except InputError as error:
            raise ValidationError(text_of(error)) from error
