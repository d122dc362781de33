"""Forms of meetings: the meeting itself, an item of its agenda, why it is cancelled."""

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import Field, HiddenField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, ValidationError

from portfolio.kernel.errors import InputError
from portfolio.meetings.item_operations import LEAST_MINUTES, MOST_MINUTES
from portfolio.meetings.kinds import ASKS, KINDS
from portfolio.meetings.models import AgendaItem, Meeting
from portfolio.meetings.operations import SAFE
from portfolio.meetings.times import clock_text, instant, read_clock
from portfolio.web.fields import CheckboxesField, DayField, VersionField, WholeField, choices
from portfolio.web.formatting import local, title_of, zone
from portfolio.web.messages import text_of

# What two people may change at the same time, field by field.
SHARED = (*("kind", "title", "day", "begins", "ends", "place", "online_link", "invited", "note"),)


class ClockField(StringField):
    """A time of day; what was typed stays when it is wrong."""

    data: str | None
    time: dt.time | None = None

    def pre_validate(self, form: FlaskForm) -> None:
        """Read the time, or say what is wrong with it."""
        self.time = None
        if not (self.data or "").strip():
            return
        try:
            self.time = read_clock(self.data or "")
        except InputError as error:
            raise ValidationError(text_of(error)) from error
        self.data = clock_text(self.time)


class MeetingForm(FlaskForm):
    """A meeting. `anyway` is the day off on which somebody said that it takes place all the same."""

    version = VersionField()
    opened = HiddenField()
    kind = SelectField(
        _l("Kind of meeting"), choices=lambda: choices((k.key, title_of(k)) for k in KINDS.values())
    )
    title = StringField(_l("Title"), [Length(max=200)])
    day = DayField(_l("Day"), [DataRequired(_l("Say on which day."))])
    begins = ClockField(
        _l("Begins"), [DataRequired(_l("Say when it begins."))], render_kw={"type": "time"}
    )
    ends = ClockField(
        _l("Ends"), [DataRequired(_l("Say when it ends."))], render_kw={"type": "time"}
    )
    place = StringField(_l("Venue"), [Length(max=200)])
    online_link = StringField(_l("Online link"), [Length(max=1000)], render_kw={"type": "url"})
    invited = CheckboxesField(_l("Invited"), coerce=int)
    note = TextAreaField(_l("Note"), [Length(max=4000)])
    anyway = HiddenField()

    def validate_online_link(self, field: Field) -> None:
        """Only addresses that a browser may follow safely."""
        text = (field.data or "").strip()
        if text and not text.lower().startswith(SAFE):
            raise ValidationError(text_of(InputError("link.malformed", value=text)))

    def validate_ends(self, field: Any) -> None:
        """It ends after it begins, on the same day."""
        if field.time and self.begins.time and field.time <= self.begins.time:
            raise ValidationError(text_of(InputError("meeting.ends_first")))

    def values(self) -> dict[str, Any]:
        """The meeting's own columns, once the form is valid."""
        assert self.day.day and self.begins.time and self.ends.time  # noqa: S101 - it is valid
        return {
            "kind": self.kind.data,
            "title": self.title.data or "",
            "starts_at": instant(self.day.day, self.begins.time, zone()),
            "ends_at": instant(self.day.day, self.ends.time, zone()),
            "place": self.place.data or "",
            "online_link": self.online_link.data or "",
            "note": self.note.data or "",
        }


def stored(meeting: Meeting, invited: Iterable[int]) -> dict[str, Any]:
    """What the fields of the form hold of a stored meeting."""
    begins, ends = local(meeting.starts_at), local(meeting.ends_at)
    return {
        "kind": meeting.kind,
        "title": meeting.title,
        "day": begins.date().isoformat(),
        "begins": clock_text(begins.time()),
        "ends": clock_text(ends.time()),
        "place": meeting.place,
        "online_link": meeting.online_link,
        "invited": sorted(invited),
        "note": meeting.note,
    }


def fill(form: MeetingForm, held: Mapping[str, Any], names: Iterable[str] = SHARED) -> None:
    """Put what is stored into fields, whatever was sent."""
    for name in names:
        form[name].data = held[name]


def texts_of(held: Mapping[str, Any]) -> dict[str, str]:
    """What fields hold as texts that are equal when the values are."""
    return {name: _text(held[name]) for name in SHARED}


def sent_texts(form: MeetingForm) -> dict[str, str]:
    """The same of what was sent: a day however it was typed."""
    day = form.day.day.isoformat() if form.day.day else form.day.data
    return texts_of({**{name: form[name].data for name in SHARED}, "day": day})


def _text(value: Any) -> str:
    return ",".join(map(str, sorted(value))) if isinstance(value, list) else str(value or "")


def opened_on(form: MeetingForm) -> dict[str, str] | None:
    """The texts the form was opened on; None when the browser says something else."""
    try:
        texts = json.loads(form.opened.data or "")
    except ValueError:
        return None
    return texts if isinstance(texts, dict) and set(texts) == set(SHARED) else None


def shown(form: MeetingForm, name: str, text: str) -> str:
    """A field's text in words: titles and names for keys."""
    if name not in {"kind", "invited"}:
        return text
    labels = {str(choice.value): choice.label for choice in form[name].choices}
    return "、".join(str(labels.get(part, part)) for part in text.split(",") if part)


class ItemForm(FlaskForm):
    """What is asked about a deal, for how long, and who presents it."""

    version = VersionField()
    ask = SelectField(
        _l("What is asked"), choices=lambda: choices((a.key, title_of(a)) for a in ASKS.values())
    )
    minutes = WholeField(
        _l("Minutes"),
        [DataRequired(_l("Say how many minutes."))],
        bounds=lambda: (LEAST_MINUTES, MOST_MINUTES),
    )
    presenter_id = SelectField(_l("Presented by"))

    @property
    def presenter(self) -> int | None:
        """Who presents, by number."""
        return int(self.presenter_id.data) if self.presenter_id.data else None


def item_form(item: AgendaItem, able: Mapping[int, str]) -> ItemForm:
    """The form of an item, filled with what is stored."""
    form = ItemForm(obj=item)
    form.presenter_id.choices = choices(((str(n), name) for n, name in able.items()), blank=True)
    if not form.is_submitted():
        form.version.data = str(item.version)
        form.presenter_id.data = str(item.presenter_id or "")
    return form


class CancelForm(FlaskForm):
    """Why a meeting does not take place."""

    version = VersionField()
    reason = TextAreaField(
        _l("Reason"), [DataRequired(_l("Say why: everybody invited reads it.")), Length(max=400)]
    )


def day_off_text(day: dt.date) -> str:
    """That nobody works on a day, as the form asks about it."""
    return _(
        "%(day)s is no working day. Tick below if the meeting is to be then all the same.",
        day=day.isoformat(),
    )
