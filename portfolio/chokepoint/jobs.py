"""What goes on behind the pages of technology tags: claims whose day of re-check has passed expire, and
suggestions are made for the whole library by a thread of the web process, or the scheduler if that
is gone."""

import datetime as dt
import logging
import threading
from collections.abc import Callable

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from portfolio.chokepoint import expiry_operations, owed_operations, run_operations
from portfolio.extensions import db

log = logging.getLogger(__name__)


def expire_due(app: Flask, now: dt.datetime | None = None) -> None:
    """Whoever is first does it; on a day on which nothing expires this is one small read."""
    with app.app_context():
        try:
            count = expiry_operations.expire_due(now or dt.datetime.now(dt.UTC))
            if count:
                log.warning("chokepoint: %s tags expired", count)
        except SQLAlchemyError:
            log.exception("tags could not be looked at; tried again at the next tick")
        finally:
            db.session.remove()


def suggest_waiting(app: Flask, now: dt.datetime | None = None) -> None:
    """Go through the library where that was asked for; on with it where it stopped."""
    with app.app_context():
        try:
            if run_operations.anything_waits(now or dt.datetime.now(dt.UTC)):
                run_id = run_operations.claim(now or dt.datetime.now(dt.UTC))
                if run_id is not None:
                    run_operations.go_through(run_id)
        except SQLAlchemyError:
            log.exception("suggestions stopped; they go on when the lease has run out")
        finally:
            db.session.remove()


def follow_owed(app: Flask) -> None:
    """Let suggestions follow the texts that changed."""
    with app.app_context():
        try:
            owed_operations.settle()
        except SQLAlchemyError:
            log.exception("suggestions could not follow; tried again at the next tick")
        finally:
            db.session.remove()


def start_suggesting(app: Flask) -> None:
    """Begin at once, beside the request that asked for it."""
    _start(suggest_waiting, app)


def start_following(app: Flask) -> None:
    """Begin at once, beside the request that wrote much."""
    _start(follow_owed, app)


def _start(work: Callable[[Flask], None], app: Flask) -> None:
    if app.config["IMPORT_WORKER"]:
        threading.Thread(target=work, args=(app,), name="suggesting", daemon=True).start()
