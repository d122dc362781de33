"""What goes wrong with one holds up no other: it is logged, and the work goes on behind it."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import InterfaceError, OperationalError

from portfolio.extensions import db

log = logging.getLogger(__name__)
# Everybody's trouble, not that of the one at hand: the database is away.
AWAY = (OperationalError, InterfaceError)


@contextmanager
def alone(what: str) -> Iterator[None]:
    """Log what fails in here instead of raising it, unless the database is away."""
    try:
        yield
    except AWAY:
        raise
    except Exception:
        db.session.rollback()
        log.exception("%s could not be done; going on with the rest", what)
