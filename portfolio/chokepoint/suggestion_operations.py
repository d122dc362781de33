"""Suggestions that follow texts: what a text claims is suggested, what it claims no longer goes."""

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from portfolio.chokepoint import queries
from portfolio.chokepoint.models import Tag
from portfolio.chokepoint.standing import TagState
from portfolio.chokepoint.suggest import Suggestion, suggest
from portfolio.chokepoint.taxonomy_queries import lexicon
from portfolio.extensions import db, one_of

# What a person decided closes only when the text changed: a rejection that is suggested again.
OPEN = (TagState.SUGGESTED.value, TagState.REJECTED.value)


@dataclass(frozen=True)
class Read:
    """What was read from the text of a company: its hash, and the technologies that it claims."""

    digest: str
    claimed: Sequence[Suggestion]


@dataclass(frozen=True)
class Followed:
    """How many suggestions came, and how many went because their text does not claim it any more."""

    added: int = 0
    withdrawn: int = 0


def hash_of(text: str) -> str:
    """What tells one text that suggestions are made from from another."""
    return hashlib.sha256(text.encode()).hexdigest()


def read(text: str) -> Read:
    """Read a text by the taxonomy in force."""
    return Read(hash_of(text), suggest(text, lexicon()))


def follow(texts: Mapping[int, Read], now: dt.datetime) -> Followed:
    """Let the suggestions of companies follow their texts, within a unit of work.

    What a person decided stays; a rejected suggestion returns only when the text changed. One that
    a changed text does not claim any more closes and stays as a row; what was a claim before and
    waits as a suggestion since an edition split its technology is for a person to decide.
    """
    closing, coming, gone = set[int](), list[Tag](), 0
    for company_id, tags in _known(texts).items():
        text = texts[company_id]
        claimed = {one.technology.id: one for one in text.claimed}
        for tag in tags:
            one = claimed.pop(tag.technology, None)
            if tag.state not in OPEN or tag.text_hash == text.digest or tag.first_reader_id:
                continue
            suggested = tag.state == TagState.SUGGESTED.value
            if one is None and suggested:
                closing.add(tag.id)
                gone += 1
            elif one is not None and not (suggested and _same(tag, one)):
                closing.add(tag.id)
                coming.append(_suggested(company_id, one, text.digest, now))
        coming += [_suggested(company_id, one, text.digest, now) for one in claimed.values()]
    _close(closing, now)
    db.session.add_all(coming)
    db.session.flush()
    return Followed(len(coming), gone)


def _known(texts: Mapping[int, Read]) -> Mapping[int, Sequence[Tag]]:
    found = queries.tags_of(texts)
    return {company_id: found.get(company_id, []) for company_id in texts}


def _same(tag: Tag, one: Suggestion) -> bool:
    return (tag.words, tag.confidence_micro) == (one.evidence, _micro(one))


def _micro(one: Suggestion) -> int:
    return int(one.confidence * 1_000_000)


def _suggested(company_id: int, one: Suggestion, digest: str, now: dt.datetime) -> Tag:
    return Tag(
        company_id=company_id,
        technology=one.technology.id,
        state=TagState.SUGGESTED.value,
        words=one.evidence,
        confidence_micro=_micro(one),
        text_hash=digest,
        recorded_at=now,
    )


def _close(ids: set[int], now: dt.datetime) -> None:
    rows = sa.select(Tag).where(one_of(Tag.id, ids), Tag.superseded_at.is_(None))
    for tag in db.session.scalars(rows.order_by(Tag.id).with_for_update()).all() if ids else ():
        tag.superseded_at = now
    db.session.flush()  # one row at a time is current
