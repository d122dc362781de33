"""What is done with calendar feeds: opened, given a new address, ended."""

import datetime as dt
import secrets

from portfolio.agenda.models import AgendaFeed
from portfolio.agenda.queries import feed_of
from portfolio.extensions import db
from portfolio.people.models import User


def open_feed(user: User, now: dt.datetime) -> AgendaFeed:
    """Give a person a feed, or the one they have a new address: the old one ends at once."""
    feed = feed_of(user.id)
    if feed is None:
        feed = AgendaFeed(user_id=user.id)
        db.session.add(feed)
    feed.serial, feed.opened_at = secrets.token_urlsafe(16), now
    db.session.flush()
    return feed


def end_feed(user: User) -> None:
    """End a person's feed; nothing happens where there is none."""
    feed = feed_of(user.id)
    if feed is not None:
        db.session.delete(feed)
        db.session.flush()
