"""What the clock does for the audit trail: its chain is checked every night."""

import datetime as dt
import logging

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from portfolio.audit import check_operations
from portfolio.audit.models import AuditCheck
from portfolio.extensions import db, unit_of_work

log = logging.getLogger(__name__)


def check_chain(app: Flask, now: dt.datetime | None = None) -> None:
    """Check what is due of the chain; what is found stands on the audit page, a break in the log."""
    now = now or dt.datetime.now(dt.UTC)
    with app.app_context():
        try:
            wanted = check_operations.due(now)
            if wanted:
                _keep(check_operations.examined(wanted == "all", "", now))
        except SQLAlchemyError:
            log.exception("the audit trail could not be checked; tried again at the next tick")
        finally:
            db.session.remove()


def _keep(finding: AuditCheck) -> None:
    if finding.broken_seq is not None:
        log.error("audit trail broken at entry %s: %s", finding.broken_seq, finding.reason)
    with unit_of_work("audit.check"):
        db.session.add(finding)
