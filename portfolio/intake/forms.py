"""Forms of a company's figures of several fiscal years at once."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length

from portfolio.intake.headings import UNITS
from portfolio.web.fields import choices

LONGEST_PASTED = 200_000


class YearGridForm(FlaskForm):
    """Where the figures come from; the figures themselves are read by name and year."""

    source = StringField(
        _l("Source"), [DataRequired(_l("Say where the figures come from.")), Length(max=200)]
    )
    audited = BooleanField(_l("Audited"))
    confirmed = BooleanField(_l("The doubtful values are right"))


class PasteForm(FlaskForm):
    """A block copied from a spreadsheet, and the unit of amounts that name none."""

    pasted = TextAreaField(
        _l("Table"),
        [DataRequired(_l("Paste a table.")), Length(max=LONGEST_PASTED)],
        render_kw={"rows": 6, "spellcheck": "false"},
    )
    unit = SelectField(
        _l("Unit of amounts that name none"),
        choices=choices(((unit, unit) for unit in UNITS), blank=True),
        validate_choice=False,
    )
