"""Who publishes a taxonomy and goes through the library for it: a thread of the web process at once, the scheduler if
that is gone."""

import datetime as dt
import logging
import threading

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from portfolio.extensions import db
from portfolio.taxonomies import publish_operations, run_operations

log = logging.getLogger(__name__)


def work(app: Flask) -> int:
    """Do what waits, one run after the other; answers how many there were."""
    count = 0
    with app.app_context():
        try:
            while publish_operations.anything_waits(dt.datetime.now(dt.UTC)):
                publication_id = publish_operations.claim(dt.datetime.now(dt.UTC))
                if publication_id is None:
                    break
                publish_operations.carry_out(publication_id)
                count += 1
            while run_operations.anything_waits(dt.datetime.now(dt.UTC)):
                run_id = run_operations.claim(dt.datetime.now(dt.UTC))
                if run_id is None:
                    break
                run_operations.go_through(run_id)
                count += 1
        except SQLAlchemyError:
            log.exception("work for the taxonomy stopped; it goes on when its lease has run out")
        finally:
            db.session.remove()
    return count


def start(app: Flask) -> None:
    """Begin at once, beside the request that asked for it."""
    if app.config["IMPORT_WORKER"]:
        threading.Thread(target=work, args=(app,), name="taxonomy", daemon=True).start()
