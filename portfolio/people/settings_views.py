"""Settings: people and their roles for administrators, own sessions for everyone."""

import datetime as dt
from typing import Any

from flask import abort, current_app, flash, g, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import EmailField, SelectMultipleField, StringField
from wtforms.validators import DataRequired, Email, Length

from portfolio.extensions import db
from portfolio.kernel.errors import InputError
from portfolio.people import access, operations, queries
from portfolio.people.models import User
from portfolio.people.policy import ROLES
from portfolio.people.views import blueprint
from portfolio.web.fields import choices
from portfolio.web.formatting import title_of
from portfolio.web.messages import text_of

Answer = str | Response | tuple[str, int]


class PersonForm(FlaskForm):
    """A new account."""

    name = StringField(
        _l("Full name"), [DataRequired(_l("A person needs a name.")), Length(max=100)]
    )
    email = EmailField(
        _l("E-mail"),
        [DataRequired(_l("Enter an e-mail address.")), Email(_l("This is no e-mail address."))],
    )
    roles = SelectMultipleField(
        _l("Roles"),
        [DataRequired(_l("Choose at least one role."))],
        choices=lambda: choices((role.key, title_of(role)) for role in ROLES.values()),
    )


class RolesForm(FlaskForm):
    """What a person may do."""

    roles = SelectMultipleField(
        _l("Roles"), choices=lambda: choices((role.key, title_of(role)) for role in ROLES.values())
    )


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _person_or_404(user_id: int) -> User:
    user = db.session.get(User, user_id)
    return user if user and not user.robot else abort(404)


def _page(form: PersonForm, link: str = "", status: int = 200) -> Answer:
    page = render_template(
        "people/settings.html",
        form=form,
        people=queries.everybody(),
        roles=ROLES,
        link=link,
        config=current_app.config,
        sections=[(t, make()) for t, make in current_app.extensions["settings_sections"].items()],
    )
    return page, status


def _link(token: str) -> str:
    return current_app.config["BASE_URL"] + url_for("people.set_password", token=token)


@blueprint.get("/settings")
@access.permit("people.manage")
def settings() -> Answer:
    """Everybody with an account, and the form for a new one."""
    return _page(PersonForm())


@blueprint.get("/settings/people")
@access.permit("people.manage")
def everybody() -> Response:
    """Where a refused form left its address: the page that lists people."""
    return redirect(url_for("people.settings"))


@blueprint.post("/settings/people")
@access.permit("people.manage")
def add_person() -> Answer:
    """Open an account; its one-time link is shown once."""
    form = PersonForm()
    if not form.validate():
        return _page(form, status=422)
    try:
        with access.writing("user.create"):
            data = (form.email.data or "", form.name.data or "", form.roles.data or [])
            user = operations.create_user(*data, _now())
            token = operations.password_link(user, _now())
    except InputError as error:
        form.email.errors = [text_of(error)]
        return _page(form, status=422)
    return _page(PersonForm(formdata=None), _link(token))


@blueprint.post("/settings/people/<int:user_id>/roles")
@access.permit("people.manage")
def set_roles(user_id: int) -> Answer:
    """Change a person's roles; their sessions end, so that the change holds at once."""
    user = _person_or_404(user_id)
    form = RolesForm()
    if not form.validate():
        abort(422)
    try:
        with access.writing("user.roles"):
            operations.set_roles(user, form.roles.data or [])
    except InputError as error:
        flash(text_of(error))
        return redirect(url_for("people.settings"))
    flash(_("The roles of %(name)s are changed.", name=user.name))
    return redirect(url_for("people.settings"))


@blueprint.post("/settings/people/<int:user_id>/closure")
@access.permit("people.manage")
def close_account(user_id: int) -> Answer:
    """Close an account; nobody closes their own."""
    user = _person_or_404(user_id)
    if user.id == access.me().id:
        abort(409)
    with access.writing("user.disable"):
        operations.disable(user)
    flash(_("The account of %(name)s is closed.", name=user.name))
    return redirect(url_for("people.settings"))


@blueprint.post("/settings/people/<int:user_id>/opening")
@access.permit("people.manage")
def reopen_account(user_id: int) -> Answer:
    """Open a closed account again; the one-time link to set its password is shown once."""
    user = _person_or_404(user_id)
    if user.active:
        abort(409)
    with access.writing("user.enable"):
        token = operations.enable(user, _now())
    return _page(PersonForm(formdata=None), _link(token))


@blueprint.post("/settings/people/<int:user_id>/link")
@access.permit("people.manage")
def new_link(user_id: int) -> Answer:
    """A fresh one-time link to set a password."""
    user = _person_or_404(user_id)
    with access.writing("user.link"):
        token = operations.password_link(user, _now())
    return _page(PersonForm(formdata=None), _link(token))


@blueprint.get("/sessions")
@access.signed_in
def sessions() -> str:
    """Where I am logged in."""
    mine = queries.sessions_of(access.me())
    here = operations.hashed(g.session_token)
    return render_template("people/sessions.html", sessions=mine, here=here)


@blueprint.post("/sessions/end")
@access.signed_in
def end_others() -> Any:
    """End every session but this one."""
    with access.writing("session.end_others"):
        operations.end_sessions(access.me(), but=operations.hashed(g.session_token))
    flash(_("Your other sessions have ended."))
    return redirect(url_for("people.sessions"))
