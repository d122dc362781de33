"""Suggestions that follow texts: what a text claims is suggested, what it claims no longer goes."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from portfolio.chokepoint import queries
from portfolio.chokepoint.joining import Joined, named
from portfolio.chokepoint.models import Tag
from portfolio.chokepoint.sources import Text, any_new
from portfolio.chokepoint.standing import TagState
from portfolio.chokepoint.suggest import ENOUGH
from portfolio.chokepoint.taxonomy_queries import lexicon
from portfolio.extensions import db, one_of

# What a person decided closes only when the text changed: a rejection that is suggested again.
OPEN = (TagState.SUGGESTED.value, TagState.REJECTED.value)


Texts = Sequence[Text]


@dataclass(frozen=True)
class Read:
    """What was read from the texts of a company: what they say of each technology that they name."""

    named: Mapping[str, Joined]
    texts: Texts

    @property
    def claimed(self) -> dict[str, Joined]:
        """What they claim, the surest first."""
        return {name: one for name, one in self.named.items() if one.confidence >= ENOUGH}

    def naming(self, technology: str) -> str:
        """The texts that name a technology, in one column."""
        one = self.named.get(technology)
        return one.digests if one else ""


@dataclass(frozen=True)
class Followed:
    """How many suggestions came, and how many went because their text does not claim it any more."""

    added: int = 0
    withdrawn: int = 0


def read(texts: Texts) -> Read:
    """Read the texts of a company by the taxonomy in force."""
    return Read({one.technology.id: one for one in named(texts, lexicon())}, texts)


def follow(readings: Mapping[int, Read], now: dt.datetime) -> Followed:
    """Let the suggestions of companies follow their texts, within a unit of work.

    What a person decided stays; a rejected suggestion returns only when a text that names its
    technology came or changed. One that changed texts do not claim any more closes and stays as a
    row; what was a claim before and waits as a suggestion since an edition split its technology is
    for a person to decide.
    """
    closing, coming, gone = set[int](), list[Tag](), 0
    for company_id, tags in _known(readings).items():
        found = readings[company_id]
        claimed = found.claimed
        for tag in tags:
            one = claimed.pop(tag.technology, None)
            if tag.state not in OPEN or tag.first_reader_id or _as_before(tag, found):
                continue
            suggested = tag.state == TagState.SUGGESTED.value
            if one is None and suggested:
                closing.add(tag.id)
                gone += 1
            elif one is not None and not (suggested and _same(tag, one)):
                closing.add(tag.id)
                coming.append(_suggested(company_id, one, now))
        coming += [_suggested(company_id, one, now) for one in claimed.values()]
    _close(closing, now)
    db.session.add_all(coming)
    db.session.flush()
    return Followed(len(coming), gone)


def _as_before(tag: Tag, found: Read) -> bool:
    """Whether nothing was said since that could change a tag: what a person rejected stands though
    a text that names its technology went."""
    naming = found.naming(tag.technology)
    if tag.state == TagState.REJECTED.value:
        return not any_new(naming.split(), tag.text_hash)
    return bool(naming) and naming == tag.text_hash


def _known(readings: Mapping[int, Read]) -> Mapping[int, Sequence[Tag]]:
    found = queries.tags_of(readings)
    return {company_id: found.get(company_id, []) for company_id in readings}


def _same(tag: Tag, one: Joined) -> bool:
    said = said_of(one)
    return all(
        getattr(tag, name) == said[name] for name in ("words", "confidence_micro", "sources")
    )


def said_of(one: Joined) -> dict[str, Any]:
    """What a row says of a suggestion."""
    return {
        "words": one.evidence,
        "confidence_micro": int(one.confidence * 1_000_000),
        "sources": one.sources,
        "text_hash": one.digests,
    }


def _suggested(company_id: int, one: Joined, now: dt.datetime) -> Tag:
    return Tag(
        company_id=company_id,
        technology=one.technology.id,
        state=TagState.SUGGESTED.value,
        recorded_at=now,
        **said_of(one),
    )


def _close(ids: set[int], now: dt.datetime) -> None:
    rows = sa.select(Tag).where(one_of(Tag.id, ids), Tag.superseded_at.is_(None))
    for tag in db.session.scalars(rows.order_by(Tag.id).with_for_update()).all() if ids else ():
        tag.superseded_at = now
    db.session.flush()  # one row at a time is current
