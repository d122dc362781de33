"""Appending to what is said of a technology: each change of a tag is a row of its own."""

import datetime as dt
from typing import Any

import sqlalchemy as sa

from portfolio.chokepoint.claims import CARD_COLUMNS, INCUMBENT_COLUMNS, PIECE_COLUMNS, Card, Piece
from portfolio.chokepoint.models import Tag, TagCard, TagEvidence, TagIncumbent
from portfolio.companies.operations import Conflict
from portfolio.extensions import Actor, db

# What a row says by itself; everything else goes on from the row before it.
OWN = frozenset(
    (
        *("id", "evidence", "reason_code", "reason"),
        *("recorded_at", "recorded_by_id", "superseded_at"),
    )
)
# What says that a second person read a claim.
SECOND_READING = ("second_reader_id", "second_read_at", "reread_by")
CARRIED = tuple(c.key for c in sa.inspect(Tag).column_attrs if c.key not in OWN)


def begin(old: Tag | None, actor: Actor | None, now: dt.datetime, **values: Any) -> Tag:
    """Close the row that stands, if any, and add one that says these values alone. Raises Conflict
    when another one took its place meanwhile."""
    if old is not None:
        db.session.refresh(old, ["superseded_at"], with_for_update=True)
        if old.superseded_at is not None:
            raise Conflict
        old.superseded_at = now
        db.session.flush()  # one row at a time is current
    tag = Tag(**values, recorded_at=now, recorded_by_id=actor.id if actor else None)
    db.session.add(tag)
    db.session.flush()
    return tag


def append(old: Tag | None, actor: Actor | None, now: dt.datetime, **changes: Any) -> Tag:
    """Close the row that stands and add one that differs from it in `changes`."""
    carried = {name: getattr(old, name) for name in CARRIED} if old is not None else {}
    return begin(old, actor, now, **{**carried, **changes})


def add_card(company_id: int, card: Card) -> TagCard:
    """Keep what a claim says."""
    row = TagCard(company_id=company_id, **{name: getattr(card, name) for name in CARD_COLUMNS})
    row.incumbents = [
        TagIncumbent(company_id=company_id, **{n: getattr(one, n) for n in INCUMBENT_COLUMNS})
        for one in card.incumbents
    ]
    db.session.add(row)
    db.session.flush()
    return row


def add_piece(
    company_id: int, technology: str, piece: Piece, actor: Actor | None, now: dt.datetime
) -> TagEvidence:
    """Keep a piece of evidence."""
    row = TagEvidence(
        company_id=company_id,
        technology=technology,
        recorded_at=now,
        recorded_by_id=actor.id if actor else None,
        **{name: getattr(piece, name) for name in PIECE_COLUMNS},
    )
    db.session.add(row)
    db.session.flush()
    return row
