"""Suggestions that wait for somebody to judge them, in the order in which they are judged."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import load_only

from portfolio.chokepoint import queries
from portfolio.chokepoint.models import Tag
from portfolio.chokepoint.passages import Passage, passages
from portfolio.chokepoint.reviewing import terms
from portfolio.chokepoint.source_queries import texts_of
from portfolio.chokepoint.sources import any_new
from portfolio.chokepoint.standing import TagState
from portfolio.chokepoint.suggest import Reason
from portfolio.chokepoint.suggestion_operations import read
from portfolio.chokepoint.taxonomy_queries import taxonomy
from portfolio.companies import queries as companies
from portfolio.companies.models import Company
from portfolio.extensions import db
from portfolio.journal.models import Act
from portfolio.kernel.dates import local_date, start_of
from portfolio.people.models import User

PART = 10
ACTIONS = ("tag.accept", "tag.reject")
LATELY = dt.timedelta(minutes=10)
# Written out, so that the databases see that their index of what waits is meant.
_SURE: sa.ColumnElement[int] = sa.func.coalesce(Tag.confidence_micro, sa.literal_column("0"))
WAITS = sa.and_(
    Tag.superseded_at.is_(None), Tag.state == sa.literal_column(f"'{TagState.SUGGESTED.value}'")
)
_SHOWN = (
    Company.name_zh,
    Company.short_name,
    Company.place,
    Company.industry,
)


@dataclass(frozen=True)
class Asked:
    """Which suggestions, and in which order: the surest first or last, those of one technology one
    after the other or not."""

    domain: str = ""
    technology: str = ""
    band: str = ""
    mine: bool = False
    unsure: bool = False
    mixed: bool = False

    @property
    def technologies(self) -> frozenset[str] | None:
        """The technologies that are asked for; None for all."""
        if self.technology:
            return frozenset({self.technology})
        if not self.domain:
            return None
        return frozenset(one.id for one in taxonomy().of_domain(self.domain))


@dataclass(frozen=True)
class Place:
    """A suggestion's place in the order."""

    sure: int
    number: int
    technology: str

    def __str__(self) -> str:
        return f"{self.sure}.{self.number}.{self.technology}"


def place_from(text: str) -> Place | None:
    """The place that a text names, if it does."""
    sure, _, rest = text.partition(".")
    number, _, technology = rest.partition(".")
    if not (sure.isdecimal() and number.isdecimal() and len(sure + number) < 18 and technology):
        return None
    return Place(int(sure), int(number), technology)


@dataclass(frozen=True)
class Card:
    """One suggestion as it is judged: the company's texts with the words it rests on, what they say
    of the technology (None where they claim it no more), and the company's other tags."""

    tag: Tag
    company: Company
    passages: Sequence[Passage]
    reason: Reason | None
    changed: bool
    others: Sequence[Tag]

    @property
    def place(self) -> Place:
        """Where it stands in the order."""
        return Place(self.tag.confidence_micro or 0, self.tag.id, self.tag.technology)


def _mine(user: User) -> sa.ColumnElement[bool]:
    """Companies of the person's own and team's deals, as the slice that knows deals says."""
    scopes: Mapping[str, Callable[[User], Any]] = current_app.extensions["company_scopes"]
    condition: sa.ColumnElement[bool] = scopes["team"](user)
    return condition


def _conditions(user: User, asked: Asked, of_all: bool = False) -> list[sa.ColumnElement[bool]]:
    found = [WAITS, companies.visible(user)]
    if asked.mine:
        found.append(_mine(user))
    if band := terms().bands.get(asked.band):
        found.append(_SURE.between(band.least, band.below - 1))
    chosen = asked.technologies
    if chosen is not None and not of_all:
        found.append(Tag.technology.in_(sorted(chosen)))
    return found


def next_ones(user: User, asked: Asked, after: Place | None, most: int = PART) -> list[Card]:
    """The next suggestions behind a place."""
    query = sa.select(Tag, Company).join(Company, Company.id == Tag.company_id)
    query = query.where(*_conditions(user, asked)).options(load_only(*_SHOWN))
    keys: tuple[Any, ...] = (_SURE, Tag.id)
    if not asked.mixed:
        keys = (Tag.technology, *keys)
    if after is not None:
        query = query.where(_behind(after, asked))
    ordered = query.order_by(*(_directed(key, asked) for key in keys)).limit(most)
    return cards([(tag, company) for tag, company in db.session.execute(ordered)])


def _directed(key: Any, asked: Asked) -> Any:
    """Technologies from A to Z with the surest first; all of it the other way round."""
    down = (key is not Tag.technology) != asked.unsure
    return key.desc() if down else key.asc()


def _behind(after: Place, asked: Asked) -> sa.ColumnElement[bool]:
    here = sa.tuple_(_SURE, Tag.id)
    there = sa.tuple_(sa.literal(after.sure), sa.literal(after.number))
    within = here > there if asked.unsure else here < there
    # The first part is said twice, so that the databases begin in the index there.
    key, least = (_SURE, after.sure) if asked.mixed else (Tag.technology, after.technology)
    up = asked.unsure == asked.mixed
    begun = key >= least if up else key <= least
    if asked.mixed:
        return sa.and_(begun, within)
    later = key > least if up else key < least
    return sa.and_(begun, sa.or_(later, sa.and_(key == least, within)))


def waiting(user: User, asked: Asked) -> dict[str, int]:
    """How many suggestions wait, by technology, whichever technologies are asked for."""
    rows = db.session.execute(
        sa.select(Tag.technology, sa.func.count())
        .join(Company, Company.id == Tag.company_id)
        .where(*_conditions(user, asked, of_all=True))
        .group_by(Tag.technology)
    )
    return {row[0]: row[1] for row in rows}


def card_of(tag: Tag) -> Card:
    """One suggestion as it is judged."""
    return cards([(tag, db.session.get_one(Company, tag.company_id))])[0]


def cards(found: Sequence[tuple[Tag, Company]]) -> list[Card]:
    """Suggestions as they are judged."""
    tags = queries.tags_of({company.id for _, company in found}) if found else {}
    texts = texts_of({company.id for _, company in found}) if found else {}
    readings = {number: read(said) for number, said in texts.items()}
    made = []
    for tag, company in found:
        here = readings.get(company.id) or read([])
        one = here.named.get(tag.technology)
        reason = one.best.reason if one else None
        made.append(
            Card(
                tag,
                company,
                passages(one, here.texts, tag.words),
                reason,
                any_new(here.naming(tag.technology).split(), tag.text_hash),
                [other for other in tags.get(company.id, []) if other.id != tag.id],
            )
        )
    return made


@dataclass(frozen=True)
class Tally:
    """How many suggestions a person has decided on: today, and in the last ten minutes."""

    today: int
    lately: int


def tally(user: User, now: dt.datetime) -> Tally:
    """What a person has decided, without what was taken back."""
    own = (Act.actor_id == user.id, Act.action.in_(ACTIONS))
    begun = start_of(local_date(now))
    since = now - LATELY
    row = db.session.execute(
        sa.select(
            sa.func.count(sa.case((Act.at >= begun, 1))),
            sa.func.count(sa.case((Act.at >= since, 1))),
        ).where(*own, Act.at >= min(begun, since))
    ).one()
    return Tally(row[0], row[1])


def last_act(user: User, now: dt.datetime) -> Act | None:
    """What a person decided last, of today."""
    own = (Act.actor_id == user.id, Act.action.in_(ACTIONS))
    query = sa.select(Act).where(*own, Act.at >= start_of(local_date(now)))
    return db.session.scalar(query.order_by(Act.id.desc()).limit(1))
