"""Who makes the papers of batches: a thread of the web process at once, the scheduler if it is gone. And
who forgets them."""

import datetime as dt
import logging
import threading

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from portfolio.extensions import db
from portfolio.reports import operations, queries

log = logging.getLogger(__name__)


def work(app: Flask) -> int:
    """Make what waits, one paper after the other; answers how many."""
    count = 0
    with app.app_context():
        try:
            while queries.waiting(dt.datetime.now(dt.UTC)):
                paper_id = operations.claim(dt.datetime.now(dt.UTC))
                if paper_id is not None:
                    operations.make(paper_id)
                    count += 1
        except (SQLAlchemyError, OSError):
            log.exception("a report stopped; it is taken up again when its lease has run out")
        finally:
            db.session.remove()
    return count


def forget_old(app: Flask, now: dt.datetime | None = None) -> None:
    """Papers that were kept long enough are forgotten."""
    with app.app_context():
        try:
            count = operations.forget_old(now or dt.datetime.now(dt.UTC))
            if count:
                log.warning("reports: forgot %s batches", count)
        except (SQLAlchemyError, OSError):
            log.exception("old reports could not be forgotten; tried again at the next tick")
        finally:
            db.session.remove()


def start(app: Flask) -> None:
    """Begin at once, beside the request that asked for it."""
    if app.config["IMPORT_WORKER"]:
        threading.Thread(target=work, args=(app,), name="reports", daemon=True).start()
