"""What the clock does for accounts: what has ended is forgotten."""

import datetime as dt
import logging

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from portfolio.extensions import db, unit_of_work
from portfolio.people import access, operations, queries

log = logging.getLogger(__name__)


def forget_ended(app: Flask) -> None:
    """Let go of ended sessions and spent links; writes nothing when there are none."""
    now = dt.datetime.now(dt.UTC)
    with app.app_context():
        try:
            if queries.anything_ended(now, *access.session_limits(app.config)):
                with unit_of_work("session.forget"):
                    operations.forget_ended(now, *access.session_limits(app.config))
        except SQLAlchemyError:
            log.exception("ended sessions could not be forgotten; tried again at the next tick")
        finally:
            db.session.remove()
