"""What the clock does for deals: those on hold come back on their day."""

import datetime as dt
import logging

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from portfolio.extensions import db
from portfolio.kernel.dates import local_date
from portfolio.pipeline import hold_operations

log = logging.getLogger(__name__)


def return_held(app: Flask) -> None:
    """Bring back what is due; whoever is first does it."""
    now = dt.datetime.now(dt.UTC)
    with app.app_context():
        try:
            told = hold_operations.return_held(now)
        except SQLAlchemyError:
            log.exception("deals on hold could not be looked at; tried again at the next tick")
            return
        finally:
            db.session.remove()
    if told.back:
        log.warning("back from hold: %s", ", ".join(told.back))
    _report(app, local_date(now), told)


def _report(app: Flask, today: dt.date, told: hold_operations.Returned) -> None:
    """Say of each refusal once a day: it is no news a minute later."""
    said: set[tuple[dt.date, str]] = app.extensions.setdefault("refusals_told", set())
    for code, error in told.refused:
        if (today, code) not in said:
            said.add((today, code))
            log.warning("%s could not come back from hold: %s", code, error.code)
