"""Error pages: what went wrong in the reader's words, never a trace."""

import logging
import secrets
from typing import Any

from flask import Flask, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException, SecurityError

from portfolio.extensions import db

LOG = logging.getLogger(__name__)
PAGES = (400, 401, 403, 404, 405, 409, 413, 422, 429, 500)


def page(code: int, **context: Any) -> tuple[str, int]:
    """The page of an error, or the fragment that takes its place on a page."""
    fragment = request.headers.get("HX-Request") == "true"
    shown = code if code in PAGES else 400 if code < 500 else 500
    return (
        render_template(f"errors/{shown}.html", code=code, fragment=fragment, **context),
        code,
    )


def _http(error: HTTPException) -> Any:
    if error.code is None or error.code < 400 or isinstance(error, SecurityError):
        return error  # a forged host has no pages of ours
    return page(error.code)


def _csrf(error: CSRFError) -> tuple[str, int]:
    return page(400, expired=True)


def _stale(error: StaleDataError) -> tuple[str, int]:
    db.session.rollback()
    return page(409)


def _taken(error: IntegrityError) -> tuple[str, int]:
    """Two saved at the same moment what only one may have: the second sees a conflict."""
    db.session.rollback()
    LOG.warning("conflict at %s: %s", request.path, error.orig)
    return page(409)


def _crash(error: Exception) -> tuple[str, int]:
    db.session.rollback()
    reference = secrets.token_hex(4)
    LOG.exception("error %s at %s", reference, request.path)
    return page(500, reference=reference)


def install(app: Flask) -> None:
    """Bind the pages; a crash shows a reference that stands in the log."""
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(StaleDataError, _stale)
    app.register_error_handler(IntegrityError, _taken)
    if not app.config.get("TESTING") or app.config.get("SHOW_CRASH_PAGE"):
        app.register_error_handler(Exception, _crash)
