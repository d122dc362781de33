"""The form of a robot: name, webhook, secret, whose sight it has, language."""

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, SelectField, StringField
from wtforms.validators import DataRequired, Length, ValidationError

from portfolio.digest.robot_operations import ROLES, Wanted, read_address
from portfolio.digest.robots import LONGEST_ADDRESS
from portfolio.kernel.errors import InputError
from portfolio.web.fields import VersionField, choices
from portfolio.web.formatting import title_of
from portfolio.web.messages import text_of

UNKEPT = {"autocomplete": "off", "spellcheck": "false"}
# Where what is wrong is said; anything else stands above the form.
FIELDS = {
    **dict.fromkeys(
        (
            *("robot.missing", "robot.malformed", "robot.https", "robot.host"),
            *("robot.unknown", "robot.known"),
        ),
        "address",
    ),
    **dict.fromkeys(("robot.unsigned", "robot.secret"), "secret"),
    "role.unknown": "role",
}


class RobotForm(FlaskForm):
    """A robot. What is kept of address and secret is never filled in."""

    name = StringField(
        _l("Name of the group"), [DataRequired(_l("Give the robot a name.")), Length(max=60)]
    )
    address = StringField(
        _l("Webhook address"),
        [Length(max=LONGEST_ADDRESS)],
        render_kw={**UNKEPT, "inputmode": "url"},
    )
    secret = StringField(_l("Signing secret"), [Length(max=200)], render_kw=UNKEPT)
    unsigned = BooleanField(_l("Remove the secret: messages go unsigned"))
    role = SelectField(
        _l("Shows what this role may see"),
        choices=lambda: choices((role.key, title_of(role)) for role in ROLES),
        default="reader",  # who sees least of those who see every deal
    )
    locale = SelectField(
        _l("Language"), choices=lambda: choices((("zh", "中文"), ("en", "English")))
    )
    version = VersionField()

    def validate_address(self, field: StringField) -> None:
        """Say what is wrong with an address beside what is wrong elsewhere."""
        if not (field.data or "").strip():
            return
        try:
            read_address(field.data or "")
        except InputError as error:
            raise ValidationError(text_of(error)) from error

    def wanted(self) -> Wanted:
        """What was entered."""
        return Wanted(
            name=self.name.data or "",
            role=self.role.data or "",
            locale=self.locale.data or "",
            address=(self.address.data or "").strip(),
            secret=(self.secret.data or "").strip(),
            unsigned="unsigned" in self and bool(self.unsigned.data),
        )

    def place(self, code: str, words: Any) -> None:
        """Say what is wrong at the field that it concerns."""
        name = FIELDS.get(code)
        if name is None:
            self.form_errors = [words]
        else:
            self[name].errors = [words]


class NewRobotForm(RobotForm):
    """A robot that is entered: it needs an address."""

    def validate_address(self, field: StringField) -> None:
        """Say beside what is wrong elsewhere that there is none, or what is wrong with it."""
        try:
            read_address(field.data or "")
        except InputError as error:
            raise ValidationError(text_of(error)) from error
