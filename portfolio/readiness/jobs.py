"""What the clock does for readiness: what a new day changes is assessed anew."""

import datetime as dt
import logging

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from portfolio.extensions import db
from portfolio.readiness import run_operations

log = logging.getLogger(__name__)


def refresh_due(app: Flask, now: dt.datetime | None = None) -> None:
    """What is owed at once; once a day everybody when a rulebook begins or ends, else those of whom
    something expired."""
    now = now or dt.datetime.now(dt.UTC)
    with app.app_context():
        try:
            run_operations.settle()
            ids = run_operations.due(now)
            if ids is not None:
                run = run_operations.look_through(ids, now)
                log.warning("readiness: %s companies, %s changed", run.companies, run.changed)
        except SQLAlchemyError:
            log.exception("readiness could not be refreshed; tried again at the next tick")
        finally:
            db.session.remove()
