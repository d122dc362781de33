"""What the clock does for meetings: who came to a committee lately sees what comes before it."""

import datetime as dt
import logging

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from portfolio.extensions import db, unit_of_work
from portfolio.meetings.item_queries import deals_to_come
from portfolio.meetings.sight_operations import missing, settle

log = logging.getLogger(__name__)


def open_agendas(app: Flask) -> None:
    """Open the deals of meetings to come to those who sit on a committee since; writes nothing when
    everybody has what they attend for."""
    now = dt.datetime.now(dt.UTC)
    with app.app_context():
        try:
            if missing(deals_to_come(now)):
                with unit_of_work("meeting.open"):
                    settle(deals_to_come(now), (), now)
        except SQLAlchemyError:
            log.exception("agendas could not be opened; tried again at the next tick")
        finally:
            db.session.remove()
