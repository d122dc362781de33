"""Who is asking, and what each route demands: no route goes without a declared policy."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from flask import Flask, abort, current_app, g, redirect, request, url_for
from sqlalchemy.exc import OperationalError
from werkzeug.wrappers import Response

from portfolio.extensions import unit_of_work
from portfolio.people import queries
from portfolio.people.models import User, UserSession
from portfolio.people.operations import hashed

View = TypeVar("View", bound=Callable[..., Any])
SEEN_EVERY = dt.timedelta(minutes=1)
PUBLIC = ""


def permit(permission: str) -> Callable[[View], View]:
    """Declare what a view demands: a permission of roles.toml, held in any scope.

    The view itself checks the object (other people's objects answer 404).
    """

    def mark(view: View) -> View:
        view.demands = permission  # type: ignore[attr-defined]
        return view

    return mark


def signed_in(view: View) -> View:
    """Declare that any signed-in person may use a view (their own settings, log-out)."""
    view.demands = "signed-in"  # type: ignore[attr-defined]
    return view


def public(view: View) -> View:
    """Declare that a view works without log-in."""
    view.demands = PUBLIC  # type: ignore[attr-defined]
    return view


def demand_of(app: Flask, endpoint: str) -> str | None:
    """What the endpoint demands; None when nothing was declared."""
    if endpoint == "static" or endpoint.endswith(".static"):
        return PUBLIC
    return getattr(app.view_functions[endpoint], "demands", None)


def me() -> User:
    """The signed-in person; only called where the route demands one."""
    user: User | None = g.get("user")
    if user is None:
        abort(401)
    return user


def current_user() -> User | None:
    """The signed-in person, or None."""
    return g.get("user")


def cookie_name() -> str:
    """`sid`, with the prefix that browsers enforce in production."""
    return "__Host-sid" if current_app.config["APP_ENV"] == "production" else "sid"


def set_cookie(response: Response, token: str) -> None:
    """Hand the session's token to the browser."""
    response.set_cookie(
        cookie_name(),
        token,
        httponly=True,
        samesite="Lax",
        secure=current_app.config["APP_ENV"] == "production",
        path="/",
    )


def session_limits(config: Mapping[str, Any]) -> tuple[dt.timedelta, dt.timedelta]:
    """How long a session may be idle, and how long it lasts at most."""
    return (
        dt.timedelta(minutes=config["SESSION_IDLE_MINUTES"]),
        dt.timedelta(hours=config["SESSION_HOURS"]),
    )


def _identify() -> None:
    g.user = None
    token = request.cookies.get(cookie_name())
    if not token or request.endpoint == "static":
        return
    now = dt.datetime.now(dt.UTC)
    found = queries.live_session(hashed(token), now, *session_limits(current_app.config))
    if found is None:
        return
    g.user, session = found
    g.session_token = token
    if session.seen_at < now - SEEN_EVERY:
        _touch(session, now)


def _touch(session: UserSession, now: dt.datetime) -> None:
    try:
        with unit_of_work("session.touch"):
            session.seen_at = now
    except OperationalError:
        # Somebody writes for long: a page that only reads does not fail for that.
        return


def _guard() -> Response | None:
    if request.endpoint is None:
        return None
    demand = demand_of(current_app, request.endpoint)
    if demand == PUBLIC:
        return None
    user = current_user()
    if user is None:
        if request.method == "GET" and "HX-Request" not in request.headers:
            return redirect(url_for("people.log_in", next=request.full_path.rstrip("?")))
        abort(401)
    if demand != "signed-in" and not user.may(str(demand)):
        abort(403)
    return None


def _same_origin() -> None:
    """Refuse unsafe requests that another site's page sent."""
    if request.method in {"GET", "HEAD", "OPTIONS"}:
        return
    if request.headers.get("Sec-Fetch-Site", "same-origin") == "cross-site":
        abort(403)
    origin = request.headers.get("Origin")
    if origin and origin != "null" and origin.split("://")[-1] != request.host:
        abort(403)


def install(app: Flask) -> None:
    """Run the guards before each request, in order."""
    app.before_request(_same_origin)
    app.before_request(_identify)
    app.before_request(_guard)


def require_declared(app: Flask) -> None:
    """Refuse to start with a route that declares no policy. Raises RuntimeError naming it."""
    missing = [
        rule.endpoint for rule in app.url_map.iter_rules() if demand_of(app, rule.endpoint) is None
    ]
    if missing:
        raise RuntimeError(f"routes without a declared policy: {', '.join(sorted(set(missing)))}")


def client_ip() -> str:
    """The address the request came from, as the server sees it."""
    return request.remote_addr or ""


def writing(action: str) -> Any:
    """A unit of work by the signed-in person, with the address it came from."""
    return unit_of_work(action, actor=current_user(), ip=client_ip())
