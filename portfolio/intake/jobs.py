"""Who does the long runs: a thread of the web process at once, the scheduler if that is gone."""

import datetime as dt
import logging
import os
import socket
import threading

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from portfolio.extensions import db
from portfolio.intake import job_operations
from portfolio.readiness import run_operations

log = logging.getLogger(__name__)


def worker_name() -> str:
    """Which thread of which process does a run."""
    return f"{socket.gethostname()}:{os.getpid()}:{threading.get_ident()}"


def work(app: Flask) -> int:
    """Do what waits, one run after the other; answers how many there were."""
    count = 0
    with app.app_context():
        try:
            while job_operations.waiting(dt.datetime.now(dt.UTC)):
                job_id = job_operations.claim(worker_name(), dt.datetime.now(dt.UTC))
                if job_id is None:
                    break
                job_operations.run(job_id, worker_name())
                run_operations.settle()
                count += 1
        except SQLAlchemyError:
            log.exception("a long import stopped; it is taken up again when its lease has run out")
        finally:
            db.session.remove()
    return count


def start(app: Flask) -> None:
    """Begin at once, beside the request that asked for it."""
    if app.config["IMPORT_WORKER"]:
        threading.Thread(target=work, args=(app,), name="import", daemon=True).start()
