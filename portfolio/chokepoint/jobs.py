"""What the clock does for technology tags: claims whose day of re-check has passed expire."""

import datetime as dt
import logging

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from portfolio.chokepoint import expiry_operations
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
