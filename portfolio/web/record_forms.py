"""The forms of notes, tasks and documents, which companies and deals share."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, Optional

from portfolio.kernel.records import ActivityKind, PaperKind
from portfolio.web.fields import DayField, choices_of

# Papers with terms belong to deals.
OPEN_KINDS = [kind for kind in PaperKind if kind is not PaperKind.TERMS]


class ActivityForm(FlaskForm):
    """A note or a contact."""

    kind = SelectField(_l("Kind"), choices=lambda: choices_of(ActivityKind, blank=False))
    text = TextAreaField(
        _l("What happened"), [DataRequired(_l("Write what happened.")), Length(max=20000)]
    )


class TaskForm(FlaskForm):
    """Something to be done."""

    title = StringField(
        _l("What is to be done"), [DataRequired(_l("Say what is to be done.")), Length(max=200)]
    )
    owner_id = SelectField(_l("By whom"), coerce=int)
    due_on = DayField(_l("Due"), [Optional()])
    promised = BooleanField(_l("Promised to the founder"))


class DocumentForm(FlaskForm):
    """A file, as a new document or the next version of one."""

    title = StringField(_l("Title"), [Length(max=200)])
    file = FileField(_l("File"), [FileRequired(_l("Choose a file."))])


class PaperForm(DocumentForm):
    """A file of a company. Its title tells what a patent is for, so that one says that it is one."""

    kind = SelectField(_l("Kind"), choices=lambda: choices_of(OPEN_KINDS), default="")
