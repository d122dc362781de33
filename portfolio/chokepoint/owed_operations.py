"""Suggestions follow every change of a company's texts: what the trail tells of in a unit of work is owed
with it, and settled right after by the request that wrote, or behind the pages where it is much."""

import datetime as dt
import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from flask import has_request_context, request
from sqlalchemy.exc import SQLAlchemyError

from portfolio.audit.operations import Entry
from portfolio.chokepoint.run_models import SuggestionOwed
from portfolio.chokepoint.source_queries import texts_of
from portfolio.chokepoint.suggestion_operations import follow, read
from portfolio.extensions import db, insert_rows, one_of, unit_of_work

ACTION = "tag.suggest"
CHUNK = 400
AT_ONCE = 20  # so many companies are settled by the request that changed them
WROTE = "kawei.suggestions_owed"
# The columns in which the texts stand, and those that say whose they are.
OWNERS = ("company_id", "deal_id")
WATCHED: Mapping[str, frozenset[str]] = {
    "company": frozenset(["description", "products"]),
    "document": frozenset(["title", "kind", *OWNERS]),
    "activity": frozenset(["text", "kind", "happened_at", *OWNERS]),
}
log = logging.getLogger(__name__)


def when_kept(entries: Sequence[Entry], **_: object) -> None:
    """Owe suggestions to the companies of which the trail tells that a text came, changed or went."""
    ids = sorted({number for entry in entries for number in _of(entry)})
    insert_rows(SuggestionOwed, [{"company_id": number} for number in ids])
    if ids and has_request_context():
        request.environ.setdefault(WROTE, set()).update(ids)


def _of(entry: Entry) -> Iterable[int]:
    watched = WATCHED.get(entry.object_type)
    if watched is None:
        return ()
    sides = (entry.before, entry.after)
    if not any(side.get(name) for side in sides for name in watched & side.keys()):
        return ()
    if entry.object_type == "company":
        found: list[Any] = [entry.object_id]
    else:
        found = [entry.company_id, *(side.get("company_id") for side in sides)]
    return [number for number in found if number is not None]


def wrote() -> set[int]:
    """The companies that this request owes suggestions to."""
    ids: set[int] = request.environ.get(WROTE, set())
    return ids


def settle_at_once(company_ids: set[int]) -> None:
    """Settle what a request owes; what fails stays owed."""
    try:
        _settle(one_of(SuggestionOwed.company_id, sorted(company_ids)))
    except SQLAlchemyError:
        db.session.rollback()
        log.exception("suggestions could not follow at once; they do at the next tick")


def settle() -> int:
    """Settle all that is owed; answers of how many companies."""
    count = 0
    while found := _settle(sa.true()):
        count += found
    return count


def _settle(which: sa.ColumnElement[bool]) -> int:
    owed = sa.select(SuggestionOwed.id, SuggestionOwed.company_id).where(which)
    waiting = owed.order_by(SuggestionOwed.id).limit(CHUNK)
    if db.session.execute(waiting.limit(1)).first() is None:
        return 0
    with unit_of_work(ACTION):
        rows = db.session.execute(waiting.with_for_update(skip_locked=True)).all()
        texts = texts_of({row.company_id for row in rows})
        readings = {number: read(found) for number, found in texts.items()}
        follow(readings, dt.datetime.now(dt.UTC))
        db.session.execute(
            sa.delete(SuggestionOwed).where(one_of(SuggestionOwed.id, [row.id for row in rows]))
        )
    return len(rows)
