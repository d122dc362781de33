"""Form fields that several slices use: days, and choices from titled enumerations."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from flask_wtf import FlaskForm
from wtforms import HiddenField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from portfolio.kernel import dates
from portfolio.kernel.errors import InputError
from portfolio.kernel.numbers import short_number
from portfolio.web.formatting import title_of
from portfolio.web.messages import text_of


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
