"""Which companies are claimed to develop another technology than before, by better or weaker evidence,
or to count in the statistics; and why."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from portfolio.chokepoint.ladder import ladder
from portfolio.chokepoint.models import Tag, TagEvidence
from portfolio.chokepoint.reviewing import terms
from portfolio.chokepoint.standing import COUNTING, Standing, TagState, standing
from portfolio.chokepoint.taxonomy_queries import technology_titles
from portfolio.companies.merge_queries import unmerged
from portfolio.companies.models import SHOWN_NAME, Company
from portfolio.digest.company_lines import TagLine, TagStood, Withdrawal
from portfolio.digest.company_queries import own_first
from portfolio.digest.compose import Part, part_of
from portfolio.digest.shared_queries import Asked
from portfolio.extensions import db
from portfolio.kernel.dates import local_date
from portfolio.people.models import User

Key = tuple[int, str]


def tags(asked: Asked) -> Part:
    """Technologies of which a company is claimed something else than before, or whose claim began or
    ceased to count."""
    window = asked.since, asked.until
    found = asked.shared.once(("tags", *window), lambda: _tags(*window))
    return part_of(own_first(asked, found), asked.cut)


def _tags(since: dt.datetime, until: dt.datetime) -> Sequence[TagLine]:
    before: dict[Key, Any] = {}
    after: dict[Key, Any] = {}
    last: dict[Key, Any] = {}
    for row in _rows(since, until):
        key = row.company_id, row.technology
        if row.recorded_at <= since:
            before[key] = row
        else:
            last[key] = row
        if row.superseded_at is None or row.superseded_at > until:
            after[key] = row
    changed = []
    for key in {**before, **last}:
        was, will = _stood(before.get(key), since), _stood(after.get(key), until)
        if was != will:
            changed.append((key, was, will))
    withdrawn = _withdrawn(since, until) if changed else {}
    renewed = {key for key, row in before.items() if row.state == TagState.EXPIRED.value}
    found = [
        _tag(last.get(key), before.get(key), was, will, key in renewed, withdrawn.get(key))
        for key, was, will in changed
    ]
    return sorted(found, key=lambda line: (not line.after.claimed, -line.company_id))


def _rows(since: dt.datetime, until: dt.datetime) -> Iterable[Any]:
    """What was said in a time and what it took the place of, the oldest first; and what stands and had
    a day in it from which on it holds or counts no more."""
    first, last = local_date(since), local_date(until) - dt.timedelta(days=1)
    said = sa.or_(
        sa.and_(Tag.recorded_at > since, Tag.recorded_at <= until),
        sa.and_(Tag.superseded_at > since, Tag.superseded_at <= until, Tag.recorded_at <= since),
        sa.and_(
            Tag.state == TagState.CONFIRMED.value,
            Tag.superseded_at.is_(None),
            Tag.recorded_at <= since,
            sa.or_(Tag.recheck_on.between(first, last), Tag.reread_by.between(first, last)),
        ),
    )
    columns = (Tag.company_id, Tag.technology, Tag.state, Tag.level, Tag.recorded_at)
    stated = (Tag.counter_evidence, Tag.recheck_on, Tag.second_reader_id, Tag.reread_by)
    why = (Tag.superseded_at, Tag.reason_code, Tag.reason)
    return db.session.execute(
        sa.select(*columns, *stated, *why, SHOWN_NAME.label("name"), User.name.label("by"))
        .join(Company, Company.id == Tag.company_id)
        .outerjoin(User, User.id == Tag.recorded_by_id)
        .where(said, Tag.state != TagState.SUGGESTED.value, unmerged())
        .order_by(Tag.id)
    ).all()


def _stood(row: Any, at: dt.datetime) -> TagStood:
    """How a claim stands at an instant."""
    found = standing(row, local_date(at), ladder()) if row is not None else None
    if found in {None, Standing.EXPIRED}:
        return TagStood()
    return TagStood(ladder().levels[row.level], found in COUNTING, found is Standing.WAITING)


def _withdrawn(since: dt.datetime, until: dt.datetime) -> Mapping[Key, Withdrawal]:
    """The evidence that was withdrawn in a time, the last piece of each claim."""
    row = TagEvidence
    rows = db.session.execute(
        sa.select(row.company_id, row.technology, row.reason, row.superseded_at, User.name)
        .join(User, User.id == row.withdrawn_by_id)
        .where(row.superseded_at > since, row.superseded_at <= until)
        .order_by(row.superseded_at, row.id)
    )
    return {(row[0], row[1]): Withdrawal(row[2], row[3] or until, row[4]) for row in rows}


def _tag(
    said: Any,
    stood: Any,
    was: TagStood,
    will: TagStood,
    renewed: bool,
    withdrawn: Withdrawal | None,
) -> TagLine:
    row = said or stood
    ended = was.claimed and not will.claimed
    rejected = ended and row.state == TagState.REJECTED.value
    # Without a row of the window a day alone passed: nobody said anything.
    days = (row.recheck_on, None) if ended and not rejected else (None, row.reread_by)
    by_day = said is None or row.state == TagState.EXPIRED.value
    return TagLine(
        row.company_id,
        row.name,
        row.technology,
        technology_titles().get(row.technology) or {"zh": row.technology},
        was,
        will,
        at=None if by_day else row.recorded_at,
        by="" if by_day else row.by or "",
        reason=terms().reasons.get(row.reason_code) if rejected else None,
        words=row.reason if rejected else "",
        passed=next((day for day in days if day and by_day), None),
        renewed=renewed and will.claimed,
        withdrawn=withdrawn if withdrawn and said and said.recorded_at == withdrawn.at else None,
    )
