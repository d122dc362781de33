"""Rows that tests of digests look at."""

from sqlalchemy.orm import joinedload

from portfolio.digest.models import DigestMessage
from portfolio.extensions import db
from portfolio.people.models import User


def messages_of(user: User) -> list[DigestMessage]:
    """A person's messages as they stand now, oldest first."""
    db.session.rollback()
    db.session.expire_all()
    return (
        db.session.query(DigestMessage)
        .filter_by(recipient_id=user.id)
        .options(joinedload(DigestMessage.run))
        .order_by(DigestMessage.id)
        .all()
    )
