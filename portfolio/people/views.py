"""Pages of accounts: log-in, log-out, setting a password, language and theme."""

import datetime as dt

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from portfolio.kernel.errors import InputError
from portfolio.people import access, operations
from portfolio.people.forms import LogInForm, PasswordForm
from portfolio.web.i18n import COOKIE, LOCALES
from portfolio.web.messages import text_of
from portfolio.web.paths import own_path

blueprint = Blueprint("people", __name__)

YEAR = 365 * 24 * 3600


@blueprint.get("/login")
@access.public
def log_in() -> AnyResponse | str:
    """Ask for address and password."""
    if access.current_user():
        return redirect(own_path(request.args.get("next")))
    return render_template("people/login.html", form=LogInForm(request.args))


@blueprint.post("/login")
@access.public
def log_in_post() -> AnyResponse | tuple[str, int]:
    """Check them; the same answer for an unknown account and a wrong password."""
    form = LogInForm()
    if not form.validate():
        return render_template("people/login.html", form=form), 422
    agent = request.headers.get("User-Agent", "")
    try:
        with access.writing("session.log_in"):
            token = operations.log_in(
                form.email.data or "",
                form.password.data or "",
                access.client_ip(),
                agent,
                dt.datetime.now(dt.UTC),
            )
    except operations.Throttled as error:
        form.password.errors = [text_of(error)]
        return render_template("people/login.html", form=form), 429
    if token is None:
        form.password.errors = [_("The address or the password is wrong.")]
        return render_template("people/login.html", form=form), 422
    response = redirect(own_path(form.next.data))
    access.set_cookie(response, token)
    return response


@blueprint.post("/logout")
@access.signed_in
def log_out() -> AnyResponse:
    """End this session."""
    with access.writing("session.log_out"):
        operations.end_session(g.session_token)
    g.user = None
    response = redirect(url_for("people.log_in"))
    response.delete_cookie(access.cookie_name())
    return response


@blueprint.route("/password/<token>", methods=["GET", "POST"])
@access.public
def set_password(token: str) -> AnyResponse | str | tuple[str, int]:
    """Set a password through a one-time link."""
    form = PasswordForm()
    if request.method == "GET":
        return render_template("people/password.html", form=form)
    if not form.validate():
        return render_template("people/password.html", form=form), 422
    try:
        with access.writing("password.set"):
            operations.use_password_link(token, form.password.data or "", dt.datetime.now(dt.UTC))
    except InputError as error:
        form.password.errors = [text_of(error)]
        return render_template("people/password.html", form=form), 422
    flash(_("The password is set. Log in with it."))
    return redirect(url_for("people.log_in"))


@blueprint.post("/language")
@access.public
def choose_language() -> AnyResponse:
    """Switch between Chinese and English; remembered for the person and the browser."""
    return _remember(COOKIE, request.form.get("locale", ""), LOCALES)


@blueprint.post("/theme")
@access.public
def choose_theme() -> AnyResponse:
    """Light, dark, or as the system says ("")."""
    return _remember("theme", request.form.get("theme", ""), ("light", "dark", ""))


def _remember(name: str, choice: str, choices: object) -> AnyResponse:
    response: Response = redirect(own_path(request.form.get("back")))  # type: ignore[assignment]
    if choice not in choices:  # type: ignore[operator]
        return response
    user = access.current_user()
    if user:
        with access.writing("user.preference"):
            setattr(user, "locale" if name == COOKIE else "theme", choice)
    response.set_cookie(name, choice, max_age=YEAR, samesite="Lax", httponly=True)
    return response
