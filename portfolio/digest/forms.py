"""Forms of schedules: the house's, a person's own, and a pause."""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, RadioField, SelectField, StringField
from wtforms.validators import Length

from portfolio.digest.event_queries import offered
from portfolio.digest.events import events
from portfolio.digest.kinds import EVERYBODY, Kind, Timing, read_timing
from portfolio.digest.models import DigestSchedule
from portfolio.digest.slots import LAST_DAY, Weekday
from portfolio.kernel.errors import InputError
from portfolio.people import queries as people
from portfolio.people.models import User
from portfolio.people.policy import ROLES
from portfolio.web.fields import CheckboxesField, DayField, VersionField, choices, choices_of
from portfolio.web.formatting import title_of
from portfolio.web.messages import text_of

HOUSE, OWN, NONE = "house", "own", "none"
FIRST_DAY_TITLE = _l("1st (first working day)")
LAST_DAY_TITLE = _l("Last day")


def _month_days() -> list[Any]:
    named = {1: str(FIRST_DAY_TITLE), LAST_DAY: str(LAST_DAY_TITLE)}
    return choices((str(day), named.get(day, str(day))) for day in range(1, LAST_DAY + 1))


class TimingForm(FlaskForm):
    """When it comes: which of these count, the kind says; all are read by `kinds.read_timing`."""

    weekday = SelectField(
        _l("Day of the week"),
        choices=lambda: choices_of(Weekday, blank=False),
        validate_choice=False,
        default="mon",
    )
    month_day = SelectField(
        _l("Day of the month"), choices=_month_days, validate_choice=False, default="1"
    )
    at = StringField(
        _l("Time of day"),
        [Length(max=20)],
        default="08:30",
        render_kw={"placeholder": "08:30", "required": True},
    )
    zone = StringField(
        _l("Time zone"),
        [Length(max=60)],
        default="Asia/Shanghai",
        render_kw={"list": "zones", "required": True, "autocomplete": "off"},
    )
    events = CheckboxesField(_l("Tell at once of"), validate_choice=False)

    def offer(self, user: User | None = None) -> None:
        """The events that may be chosen: for a person those that the roles let see at all."""
        self.events.choices = choices(
            (event.key, title_of(event))
            for event in (events().values() if user is None else offered(user))
        )

    def timing(self, kind: Kind) -> Timing:
        """The timing as typed. Raises Faulty."""
        return read_timing(kind, {name: self[name].data or "" for name in TIMED_FIELDS})

    def blame(self, faults: Mapping[str, InputError]) -> None:
        """Put each fault at its field."""
        for name, error in faults.items():
            field = self._fields.get(name)
            if field is None:
                self.form_errors.append(text_of(error))
            else:
                field.errors = [*field.errors, text_of(error)]

    def show(self, schedule: DigestSchedule) -> None:
        """Fill in when a schedule comes, as it stands."""
        self.weekday.data, self.month_day.data = schedule.weekday, str(schedule.month_day)
        self.at.data, self.zone.data = schedule.local_time, schedule.zone
        self.events.data = schedule.events.split()


TIMED_FIELDS = ("weekday", "month_day", "at", "zone")


class HouseForm(TimingForm):
    """A schedule of the house: its name, when it comes, and who gets it."""

    name = StringField(_l("Name"), [Length(max=60)])
    roles = CheckboxesField(_l("Roles that get it"), validate_choice=False)
    people = CheckboxesField(_l("And these people"), coerce=int, validate_choice=False)
    enabled = BooleanField(_l("Switched on"))
    again = BooleanField(_l("Send that period once more at the new time"))
    version = VersionField()

    def offer(self, user: User | None = None) -> None:
        """The events, roles and people that may be chosen."""
        super().offer(user)
        everybody = [(EVERYBODY, str(_l("Everybody with a role")))]
        roles = [(role.key, title_of(role)) for role in ROLES.values()]
        self.roles.choices = choices([*everybody, *roles])
        self.people.choices = choices(people.active_names().items())

    def show(self, schedule: DigestSchedule) -> None:
        """Fill in the schedule as it stands."""
        super().show(schedule)
        self.name.data, self.enabled.data = schedule.name, schedule.enabled
        self.roles.data = schedule.roles.split()
        self.people.data = [member.user_id for member in schedule.members]
        self.version.data = schedule.version


class OwnForm(TimingForm):
    """How a person gets the mail of a kind."""

    way = RadioField(_l("How I get it"), validate_choice=True)
    skip_empty = BooleanField(_l("No mail when nothing changed"))


class PauseForm(FlaskForm):
    """A leave, from the first day through the last one."""

    first = DayField(_l("First day"), render_kw={"placeholder": "2026-12-01"})
    last = DayField(_l("Last day of the leave"), render_kw={"placeholder": "2026-12-10"})
