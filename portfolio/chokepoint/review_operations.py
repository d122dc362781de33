"""What is done in the review of suggestions: one is taken up or rejected, and the last of it taken back."""

import datetime as dt
import json

import sqlalchemy as sa

from portfolio.chokepoint import operations, queries, review_queries, undo_operations
from portfolio.chokepoint.models import Tag
from portfolio.chokepoint.standing import TagState
from portfolio.companies import queries as companies
from portfolio.companies.models import Company
from portfolio.extensions import db
from portfolio.journal import operations as journal
from portfolio.journal.models import Act
from portfolio.kernel.errors import InputError
from portfolio.people.models import User
from portfolio.web.formatting import local_dt


class Gone(InputError):
    """The suggestion waits no longer: says what became of it."""


def waiting(tag_id: int, user: User) -> Tag | None:
    """A suggestion of a company that the person may see, held until the unit of work ends; None for
    what there is not for them. Raises Gone when it waits no longer."""
    query = (
        sa.select(Tag)
        .join(Company, Company.id == Tag.company_id)
        .where(Tag.id == tag_id, companies.visible(user))
        .with_for_update(of=Tag)
        .execution_options(populate_existing=True)
    )
    tag = db.session.scalar(query)
    if tag is not None and (tag.superseded_at or tag.state != TagState.SUGGESTED.value):
        raise gone(tag)
    return tag


def gone(tag: Tag) -> Gone:
    """What became of a suggestion that waits no longer."""
    newest = queries.current(tag.company_id, tag.technology)
    if newest is None:
        return Gone("review.withdrawn")
    if newest.state == TagState.SUGGESTED.value:
        return Gone("review.anew")
    author = db.session.get(User, newest.recorded_by_id) if newest.recorded_by_id else None
    return Gone(
        "review.decided",
        name=author.name if author else "—",
        at=local_dt(newest.recorded_at),
        state=TagState._value2member_map_[newest.state],
    )


def accept(tag: Tag, user: User, now: dt.datetime) -> Act:
    """Take a suggestion up as the company's own claim, which does not count yet."""
    made = operations.accept(tag, user, now)
    return undo_operations.keep("tag.accept", made.tag, tag, user, now, added=made.evidence)


def reject(tag: Tag, key: str, words: str, user: User, now: dt.datetime) -> Act:
    """Reject a suggestion for one of the reasons, in words, or both. Raises InputError
    `reason.missing`."""
    rejected = operations.reject(tag, words, user, now, key)
    return undo_operations.keep("tag.reject", rejected, tag, user, now)


def take_back(user: User, now: dt.datetime) -> Tag | None:
    """Take back what the person decided last, of today; answers with the suggestion that waits again,
    None where there is nothing to take back. Raises InputError."""
    act = review_queries.last_act(user, now)
    if act is None:
        return None
    decided = db.session.get(Tag, json.loads(act.payload)["tag"])
    about = (decided.company_id, decided.technology) if decided else None
    journal.undo(act, user, now)
    return queries.current(*about) if about else None
