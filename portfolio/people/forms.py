"""Forms of accounts: log-in and setting a password."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import EmailField, HiddenField, PasswordField
from wtforms.validators import InputRequired, Length


class LogInForm(FlaskForm):
    """Address and password."""

    email = EmailField(_l("E-mail"), [InputRequired(_l("Enter your e-mail address."))])
    password = PasswordField(_l("Password"), [InputRequired(_l("Enter your password."))])
    next = HiddenField()


class PasswordForm(FlaskForm):
    """A new password, typed once; browsers and password managers show it."""

    password = PasswordField(
        _l("New password"), [InputRequired(_l("Enter a password.")), Length(max=128)]
    )
