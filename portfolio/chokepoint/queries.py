"""Reads of tags and evidence: of companies, now and as known on a past day, and what counts."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from portfolio.chokepoint.ladder import ladder
from portfolio.chokepoint.models import Tag, TagCard, TagEvidence
from portfolio.chokepoint.standing import CLAIMS, COUNTING, Standing, TagState
from portfolio.chokepoint.taxonomy_queries import taxonomy
from portfolio.companies import merge_queries as merges
from portfolio.companies.models import Company, Document
from portfolio.extensions import db, one_of

MOST_DOCUMENTS = 300


def tags_of(
    company_ids: Iterable[int], known_at: dt.datetime | None = None
) -> dict[int, list[Tag]]:
    """The current tags of companies, or those current in the system at an instant."""
    return _of_companies(Tag, sa.select(Tag), company_ids, known_at)


def with_cards(company_id: int, known_at: dt.datetime | None = None) -> list[Tag]:
    """The tags of a company with what their claims say."""
    query = sa.select(Tag).options(joinedload(Tag.card).selectinload(TagCard.incumbents))
    return _of_companies(Tag, query, [company_id], known_at).get(company_id, [])


def evidence_of(
    company_ids: Iterable[int], known_at: dt.datetime | None = None, technology: str = ""
) -> dict[int, list[TagEvidence]]:
    """The evidence of companies that was not withdrawn, or stood in the system at an instant: of
    one technology or of all."""
    query = sa.select(TagEvidence)
    if technology:
        query = query.where(TagEvidence.technology == technology)
    return _of_companies(TagEvidence, query, company_ids, known_at)


def _of_companies(
    model: Any, query: sa.Select[Any], company_ids: Iterable[int], known_at: dt.datetime | None
) -> dict[int, list[Any]]:
    query, ids = query.order_by(model.id), list(company_ids)
    if known_at is None:
        gone: dict[int, int] = {}
        query = query.where(one_of(model.company_id, ids), model.superseded_at.is_(None))
    else:
        gone, _came = merges.moved_since(model.__tablename__, ids, known_at)
        query = query.where(merges.owned_then(model, ids, known_at), stood(model, known_at))
    found: dict[int, list[Any]] = {}
    for row in db.session.scalars(query):
        found.setdefault(gone.get(row.id, row.company_id), []).append(row)
    return found


def stood(model: Any, known_at: dt.datetime | None = None) -> sa.ColumnElement[bool]:
    """The condition that a row of tags or evidence stands, or stood in the system at an instant."""
    if known_at is None:
        now: sa.ColumnElement[bool] = model.superseded_at.is_(None)
        return now
    return sa.and_(
        model.recorded_at <= known_at,
        sa.or_(model.superseded_at.is_(None), model.superseded_at > known_at),
    )


def counts_in_statistics(
    today: dt.date, known_at: dt.datetime | None = None
) -> sa.ColumnElement[bool]:
    """The condition that a tag counts in the fund's statistics: the one rule for every figure.

    `today` is the day of Shanghai that is asked about. For a past one `known_at` is the instant
    as of which it is asked, and whose the tag was then is for `merges.owned_then` to say.
    """
    confirmed = Tag.state == TagState.CONFIRMED.value  # which the index knows
    return sa.and_(stood(Tag, known_at), confirmed, counting(today))


def counting(today: dt.date) -> sa.ColumnElement[bool]:
    """The condition that a row of tags, whichever that is, counts on a day."""
    counts: sa.ColumnElement[bool] = (
        sa.case((standing_of(today).in_([how.value for how in COUNTING]), 1), else_=0) == 1
    )
    return counts


def standing_of(today: dt.date) -> sa.ColumnElement[Any]:
    """How a tag stands on a day (`standing.standing`), by the value of that; NULL for what nobody
    claims."""
    terms = ladder()
    twice = Tag.level.in_(terms.read_twice())
    unread = sa.or_(Tag.second_reader_id.is_(None), Tag.reread_by < today)
    return sa.case(
        (Tag.state == TagState.EXPIRED.value, Standing.EXPIRED.value),
        (Tag.state != TagState.CONFIRMED.value, None),
        (Tag.recheck_on < today, Standing.EXPIRED.value),
        (sa.or_(Tag.recheck_on.is_(None), Tag.counter_evidence == ""), Standing.OPEN.value),
        (Tag.level.not_in(terms.counting()), Standing.CLAIMED.value),
        (sa.and_(twice, unread), Standing.WAITING.value),
        (sa.and_(twice, Tag.reread_by.is_not(None)), Standing.REREAD.value),
        else_=Standing.COUNTED.value,
    )


def overdue(today: dt.date) -> sa.ColumnElement[bool]:
    """The condition that a claim stands as confirmed though its day has passed."""
    confirmed = Tag.state == TagState.CONFIRMED.value
    return sa.and_(stood(Tag), confirmed, Tag.recheck_on < today)


def due_until(today: dt.date) -> sa.ColumnElement[bool]:
    """The condition that a claim still holds and has to be looked at again soon (`standing.due`)."""
    last = today + dt.timedelta(days=ladder().due_days)
    confirmed = Tag.state == TagState.CONFIRMED.value
    return sa.and_(stood(Tag), confirmed, Tag.recheck_on.between(today, last))


def standings(condition: sa.ColumnElement[bool], today: dt.date) -> dict[Standing, int]:
    """How many claims of companies under a condition stand how."""
    value = standing_of(today)
    rows = db.session.execute(
        sa.select(value, sa.func.count())
        .select_from(Tag)
        .join(Company, Company.id == Tag.company_id)
        .where(stood(Tag), Tag.state.in_(CLAIMS), condition)
        .group_by(value)
    )
    known: dict[str, Any] = Standing._value2member_map_
    return {known[row[0]]: row[1] for row in rows if row[0] is not None}


@dataclass(frozen=True)
class Ever:
    """All that was said of a technology of a company, up to an instant where one is asked for."""

    tags: Sequence[Tag]
    evidence: Sequence[TagEvidence]
    known_at: dt.datetime | None = None

    def stands(self, row: Tag | TagEvidence) -> bool:
        """Whether a row stands, or stood then."""
        until = row.superseded_at
        return until is None or (self.known_at is not None and until > self.known_at)

    def people(self) -> set[int]:
        """The numbers of everybody who said something."""
        tags = (
            (row.recorded_by_id, row.first_reader_id, row.second_reader_id) for row in self.tags
        )
        pieces = ((row.recorded_by_id, row.withdrawn_by_id) for row in self.evidence)
        return {number for row in (*tags, *pieces) for number in row if number is not None}


def ever_said(company_id: int, technology: str, known_at: dt.datetime | None = None) -> Ever:
    """All rows of a technology of a company, the oldest first; as of an instant those that it had
    by then."""
    cards = joinedload(Tag.card).selectinload(TagCard.incumbents)
    found: list[list[Any]] = []
    models: tuple[tuple[Any, Any], ...] = (
        (Tag, sa.select(Tag).options(cards)),
        (TagEvidence, sa.select(TagEvidence)),
    )
    for model, query in models:
        mine = model.company_id == company_id
        if known_at is not None:
            mine = sa.and_(
                merges.owned_then(model, [company_id], known_at), model.recorded_at <= known_at
            )
        about = query.where(model.technology == technology, mine)
        found.append(list(db.session.scalars(about.order_by(model.recorded_at, model.id))))
    return Ever(found[0], found[1], known_at)


def documents(ids: Iterable[int]) -> Sequence[Document]:
    """These documents, as far as they are there."""
    return db.session.scalars(sa.select(Document).where(one_of(Document.id, ids))).all()


def documents_of(company_id: int) -> Sequence[Document]:
    """The documents of a company's own register, the newest first; who may know of which is for
    `paper_queries.known` to say."""
    own = sa.select(Document).where(Document.company_id == company_id, Document.deal_id.is_(None))
    return db.session.scalars(own.order_by(Document.id.desc()).limit(MOST_DOCUMENTS)).all()


def current(company_id: int, technology: str) -> Tag | None:
    """What stands now about one technology of one company."""
    return db.session.scalar(
        sa.select(Tag).where(
            Tag.company_id == company_id,
            Tag.technology == technology,
            Tag.superseded_at.is_(None),
        )
    )


def confirmed_of(company_ids: Iterable[int]) -> dict[int, list[tuple[str, str]]]:
    """The technologies that companies are confirmed to develop, each with the level of its
    evidence, best evidence first."""
    # The state is no condition: with it SQLite goes through all that is confirmed of any company.
    rows = db.session.execute(
        sa.select(Tag.company_id, Tag.technology, Tag.level, Tag.state)
        .where(one_of(Tag.company_id, company_ids), Tag.superseded_at.is_(None))
        .order_by(Tag.level.desc(), Tag.id)
    )
    found: dict[int, list[tuple[str, str]]] = {}
    for company_id, technology, level, state in rows:
        if state == TagState.CONFIRMED.value:
            found.setdefault(company_id, []).append((technology, level))
    return found


def company_filter(chosen: Sequence[str]) -> sa.ColumnElement[bool]:
    """Companies with a confirmed tag of one of these technologies."""
    meant = (name for one in chosen for name in taxonomy().led_to(one))
    found = sa.select(Tag.company_id).where(
        Tag.technology.in_({*chosen, *meant}),
        Tag.state == TagState.CONFIRMED.value,
        Tag.superseded_at.is_(None),
    )
    return Company.id.in_(found)


def counts(condition: sa.ColumnElement[bool]) -> dict[tuple[str, str], int]:
    """Companies under a condition by technology and state."""
    rows = db.session.execute(
        sa.select(Tag.technology, Tag.state, sa.func.count())
        .join(Company, Company.id == Tag.company_id)
        .where(Tag.superseded_at.is_(None), condition)
        .group_by(Tag.technology, Tag.state)
    )
    return {(row[0], row[1]): row[2] for row in rows}
