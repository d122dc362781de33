"""Foreseeing what another rulebook does to the companies, and storing it: everybody when the rules or the
day are others, else those of whom a figure was stated since."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from portfolio.companies.merge_queries import unmerged
from portfolio.companies.models import Company, Figure
from portfolio.extensions import db, insert_rows, one_of, serialise, unit_of_work
from portfolio.kernel.dates import local_date
from portfolio.kernel.parts import in_parts
from portfolio.readiness import queries
from portfolio.readiness.foreseeing import Foreseen, foreseen
from portfolio.readiness.foresight_queries import foresight_of
from portfolio.readiness.models import ForeseenOutcome, Foresight
from portfolio.readiness.operations import AT_ONCE, CHUNK, every_company
from portfolio.readiness.stored import Known, Stored, written
from portfolio.readiness.successions import Succession, coming, rules_mark, succession_of

ACTION = "readiness.foresee"


def ask(succession: Succession) -> Foresight:
    """See to it that it is computed; one that was is computed anew."""
    serialise(ACTION)
    row = foresight_of(succession) or Foresight(key=succession.key)
    row.known_at = None
    db.session.add(row)
    db.session.flush()
    return row


def foresee_due(now: dt.datetime) -> int:
    """Compute what is due; answers for how many rulebooks. What is past is computed when it is asked
    for and when the rules are others, what is coming each day too, and meanwhile for those of whom
    a figure was stated."""
    today = local_date(now)
    rows = _settled(today)
    whole: list[Succession] = []
    later: list[Succession] = []
    for row in rows:
        one = succession_of(row.key)
        if one is None:
            continue
        if row.known_at is None or row.rules != rules_mark(one):
            whole.append(one)
        elif one.day > today:
            (whole if local_date(row.known_at) < today else later).append(one)
    foresee(whole, now)
    return len(whole) + _renew(later, now)


def _settled(today: dt.date) -> Sequence[Foresight]:
    """What is asked for, with a row for everything that is coming and none for what no rulebook says
    any more."""
    rows = db.session.scalars(sa.select(Foresight)).all()
    lacking = [one for one in coming(today) if one.key not in {row.key for row in rows}]
    gone = [row.id for row in rows if succession_of(row.key) is None]
    if not lacking and not gone:
        return rows
    with unit_of_work(ACTION):
        _forget(ForeseenOutcome.foresight_id.in_(gone))
        db.session.execute(sa.delete(Foresight).where(Foresight.id.in_(gone)))
        return [*rows, *map(ask, lacking)]


def foresee(chosen: Sequence[Succession], now: dt.datetime) -> None:
    """Compute some for everybody, a part of the companies at a time so that nobody who writes waits
    long; the figures are read once for all of them."""
    if not chosen:
        return
    newest = _newest_figure()
    rows = {one: _row_of(one) for one in chosen}
    for part in in_parts(every_company(), CHUNK):
        with unit_of_work(ACTION):
            _store(part, rows, now)
    there = sa.select(Company.id).where(unmerged())
    with unit_of_work(ACTION):
        for one, row in rows.items():
            lost = ForeseenOutcome.company_id.not_in(there)
            _forget(sa.and_(ForeseenOutcome.foresight_id == row.id, lost))
            row.rules, row.known_at, row.newest_figure = rules_mark(one), now, newest


def _renew(chosen: Sequence[Succession], now: dt.datetime) -> int:
    """Compute some for those alone of whom a figure was stated since; answers how many had any."""
    newest, count = _newest_figure(), 0
    for one in chosen:
        row = _row_of(one)
        if row.newest_figure >= newest:
            continue
        stated = sa.select(Figure.company_id).where(Figure.id > row.newest_figure).distinct()
        ids = list(
            db.session.scalars(sa.select(Company.id).where(Company.id.in_(stated), unmerged()))
        )
        for part in in_parts(ids, CHUNK):
            with unit_of_work(ACTION):
                _store(part, {one: row}, now)
        with unit_of_work(ACTION):
            row.newest_figure, row.known_at = newest, now
        count += 1
    return count


def when_figures_change(company_ids: Iterable[int], now: dt.datetime) -> None:
    """Listener of `figures_stated` and `companies_parted`: what is coming is foreseen anew of these
    companies, in the same transaction. Of very many the clock does it."""
    ids = list(company_ids)
    if len(ids) > AT_ONCE:
        return
    ahead = {one.key: one for one in coming(local_date(now))}
    computed = sa.and_(Foresight.key.in_(ahead), Foresight.known_at.is_not(None))
    rows = {ahead[row.key]: row for row in db.session.scalars(sa.select(Foresight).where(computed))}
    if rows:
        mine = sa.and_(one_of(Company.id, ids), unmerged())
        _store(db.session.scalars(sa.select(Company.id).where(mine)).all(), rows, now)


def _store(
    company_ids: Sequence[int], rows: Mapping[Succession, Foresight], now: dt.datetime
) -> None:
    """Put what is foreseen of some companies in the place of what stood there."""
    serialise(ACTION)  # who computes the same at once would put it there twice
    known = queries.known_of(company_ids, local_date(now))
    for one, row in rows.items():
        _put(known, one, row)


def _put(known: Mapping[int, Known], one: Succession, row: Foresight) -> None:
    for part in in_parts(known):
        mine = one_of(ForeseenOutcome.company_id, part)
        _forget(sa.and_(ForeseenOutcome.foresight_id == row.id, mine))
    found = foreseen(known, one)
    insert_rows(
        ForeseenOutcome,
        [_outcome(row, company, x) for company, changes in found.items() for x in changes],
    )


def _outcome(row: Foresight, company_id: int, found: Foreseen) -> dict[str, Any]:
    return {
        "foresight_id": row.id,
        "company_id": company_id,
        "target": found.target,
        "effect": found.effect.value,
        "unverified": found.unverified,
        "before": _text(found.before),
        "after": _text(found.after),
    }


def _text(side: Stored | None) -> str:
    return "" if side is None else written([side])


def _forget(condition: sa.ColumnElement[bool]) -> None:
    db.session.execute(sa.delete(ForeseenOutcome).where(condition))


def _row_of(one: Succession) -> Foresight:
    row = foresight_of(one)
    if row is None:
        with unit_of_work(ACTION):
            row = ask(one)
    return row


def _newest_figure() -> int:
    return db.session.scalar(sa.select(sa.func.max(Figure.id))) or 0
