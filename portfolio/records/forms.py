"""Forms that change a person, a task, a document or a note."""

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, ValidationError

from portfolio.kernel.text import clean
from portfolio.people import queries as people
from portfolio.pipeline import sight_queries as sight
from portfolio.pipeline.models import Deal
from portfolio.web.fields import DayField, PhoneField, VersionField, choices
from portfolio.web.record_forms import ActivityForm, TaskForm


class _Versioned(FlaskForm):
    """Knows which version it was opened on."""

    version = VersionField()


class ContactChange(_Versioned):
    """A person at a company."""

    name = StringField(
        _l("Full name"), [DataRequired(_l("A person needs a name.")), Length(max=100)]
    )
    position = StringField(_l("Position"), [Length(max=100)])
    founder = BooleanField(_l("Founder"))
    phone = PhoneField(_l("Phone"))
    email = StringField(_l("E-mail"), [Length(max=200)])
    note = TextAreaField(_l("Note"), [Length(max=2000)])

    def validate_email(self, field: Any) -> None:
        """Something before one @ and a domain with a dot behind it."""
        name, _sign, domain = clean(field.data or "").partition("@")
        if field.data and not (name and "." in domain and "@" not in domain and " " not in domain):
            raise ValidationError(_l("This is no e-mail address."))


class TaskChange(TaskForm):
    """Something to be done."""

    version = VersionField()


class DocumentChange(_Versioned):
    """What a document is called."""

    title = StringField(_l("Title"), [DataRequired(_l("A title is needed.")), Length(max=200)])


class ActivityChange(ActivityForm):
    """A note or a contact."""

    version = VersionField()


CHANGES: dict[str, type[FlaskForm]] = {
    "contact": ContactChange,
    "task": TaskChange,
    "document": DocumentChange,
    "activity": ActivityChange,
}


def change_form(kind: str, row: Any, deal: Deal | None = None) -> FlaskForm:
    """The form of a record, filled with what is stored; `deal` is the one it belongs to."""
    form = CHANGES[kind](obj=row)
    if isinstance(form, TaskChange):
        able = sight.assignable(deal) if deal else people.active_names()
        named = able | people.names_of({row.owner_id})
        owner: SelectField = form.owner_id
        owner.choices = choices(named.items())
    if not form.is_submitted():
        form["version"].data = str(getattr(row, "version", ""))
    return form


def values_of(form: FlaskForm) -> dict[str, Any]:
    """What the form says, by column."""
    return {
        field.name: field.day if isinstance(field, DayField) else field.data
        for field in form
        if field.name not in {"csrf_token", "version"}
    }
