"""What the clock does for readiness: what a new day changes is assessed anew, and what another rulebook
will change is foreseen."""

import datetime as dt
import logging
import threading

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from portfolio.extensions import db
from portfolio.readiness import foresight_operations, run_operations

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


def foresee_due(app: Flask, now: dt.datetime | None = None) -> None:
    """What another rulebook will change: once a day for everybody, when it was asked for, and for
    those of whom a figure was stated."""
    with app.app_context():
        try:
            count = foresight_operations.foresee_due(now or dt.datetime.now(dt.UTC))
            if count:
                log.warning("readiness: foresaw what %s rulebooks will change", count)
        except SQLAlchemyError:
            log.exception("rulebooks could not be foreseen; tried again at the next tick")
        finally:
            db.session.remove()


def start_foreseeing(app: Flask) -> None:
    """Begin at once, beside the request that asked for it."""
    if app.config["IMPORT_WORKER"]:
        threading.Thread(target=foresee_due, args=(app,), name="foreseeing", daemon=True).start()
