"""Which companies stand otherwise than the reader's last digest knew, by which clause and which figure.

Rows of outcomes are kept only when an outcome changed, so those of a window are few; the clause and the
figure behind a change are looked up of the companies alone that somebody is told of.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import sqlalchemy as sa

from portfolio.companies.merge_queries import unmerged
from portfolio.companies.models import SHOWN_NAME, Company, Figure
from portfolio.digest import company_lines
from portfolio.digest.attribution_queries import Before, by_rules_alone
from portfolio.digest.company_queries import own_first, owned_companies
from portfolio.digest.compose import Part
from portfolio.digest.shared_queries import Asked
from portfolio.digest.turns import RANK, Flip, Turn, Value, causes_of, flips, likeliest, said_of
from portfolio.extensions import db, one_of
from portfolio.kernel.dates import local_date
from portfolio.kernel.parts import in_parts
from portfolio.people.models import User
from portfolio.readiness import queries as readiness
from portfolio.readiness.inputs import figures_of_year
from portfolio.readiness.models import ReadinessState
from portfolio.readiness.results import Result, results
from portfolio.readiness.stored import Stored, known_on, read
from portfolio.readiness.successions import successions
from portfolio.readiness.targets import plan

Values = dict[tuple[str, int | None], Value]


class Turned(NamedTuple):
    """A company with the targets under which it stands otherwise, the weightiest first; `by_day` where
    it is assessed by the same as before and a day alone passed."""

    company_id: int
    name: str
    flips: tuple[Flip, ...]
    by_day: bool

    @property
    def rank(self) -> tuple[int, bool, int]:
        """To sort by: what is met first, and of that what lists show."""
        first = self.flips[0]
        return RANK[first.turn], not first.target.listed, -self.company_id


def turned(asked: Asked, since: dt.datetime, until: dt.datetime) -> Sequence[Turned]:
    """The companies that stand otherwise at the end of a time than at its beginning. What the rules
    alone changed is not among it."""
    return asked.shared.once(("turned", since, until), lambda: _turned(since, until))


def _stood(instant: dt.datetime) -> sa.ColumnElement[bool]:
    state = ReadinessState
    return sa.and_(
        state.computed_at <= instant,
        sa.or_(state.superseded_at.is_(None), state.superseded_at > instant),
    )


def _touched(since: dt.datetime, until: dt.datetime) -> sa.Select[int]:
    state = ReadinessState
    return sa.select(state.company_id).where(state.computed_at > since, state.computed_at <= until)


def _turned(since: dt.datetime, until: dt.datetime) -> Sequence[Turned]:
    state = ReadinessState
    rows = db.session.execute(
        sa.select(
            *(state.company_id, state.plan, state.verdicts, state.inputs, _stood(since)),
            *(SHOWN_NAME, state.region),
        )
        .join(Company, Company.id == state.company_id)
        .where(
            state.company_id.in_(_touched(since, until)),
            sa.or_(_stood(since), _stood(until)),
            unmerged(),
        )
        .order_by(state.company_id, state.computed_at)
    ).all()
    new_rules = {key for one in _begun(since, until) for key in one.targets}
    by_company: dict[int, dict[bool, Any]] = {}
    for row in rows:
        by_company.setdefault(row[0], {})[bool(row[4])] = row
    found = []
    stood: dict[int, Before] = {}
    for company_id, sides in by_company.items():
        was, will = sides.get(True), sides.get(False)
        if will is None or will[1] != plan().version or (was is not None and was[1] != will[1]):
            continue  # what another plan says stands in no order with this one's
        same = was is not None and was[3] == will[3]
        changes = flips(was[2] if was is not None else "", will[2], new_rules if same else ())
        if changes:
            found.append(Turned(company_id, will[5], tuple(changes), same))
        if was is not None and any(flip.target.key in new_rules for flip in changes):
            stood[company_id] = Before(was[2], was[6], will[6])
    ruled = by_rules_alone(stood, new_rules, since, until)
    kept = [_but(one, ruled.get(one.company_id, set())) for one in found]
    return sorted((one for one in kept if one.flips), key=lambda one: one.rank)


def _but(one: Turned, ruled: Collection[tuple[str, Turn]]) -> Turned:
    """A company without what the rules alone made of it."""
    if not ruled:
        return one
    flips_left = [flip for flip in one.flips if (flip.target.key, flip.turn) not in ruled]
    return one._replace(flips=tuple(flips_left))


def _begun(since: dt.datetime, until: dt.datetime) -> Sequence[Any]:
    first, last = local_date(since), local_date(until)
    return [one for one in successions() if first < one.day <= last]


def newly_met(asked: Asked, since: dt.datetime, until: dt.datetime) -> Sequence[Turned]:
    """The companies that the reader is told of which meet a target of the lists that they did not."""

    def ask() -> Sequence[Turned]:
        return [
            one
            for one in turned(asked, since, until)
            if any(flip.turn is Turn.MET and flip.target.listed for flip in one.flips)
        ]

    return own_first(asked, asked.shared.once(("newly met", since, until), ask))


def turns(asked: Asked) -> Part:
    """Who stands otherwise, own companies first, then the weightiest."""
    return told(asked, own_first(asked, turned(asked, asked.since, asked.until)))


def told(asked: Asked, found: Sequence[Turned]) -> Part:
    """Some of them, each with the clause and the figure behind it."""
    shown, own = asked.cut.of(found), owned_companies(asked)
    details = _details(asked, {one.company_id: one for one in shown})
    rows = [_line(one, details.get(one.company_id), one.company_id in own) for one in shown]
    return Part(rows, len(found))


class Detail(NamedTuple):
    """The clause by which a change is told, and the figure that caused it; `moved` says that the
    company's region is another one, `lapsed` that a figure it read held no longer."""

    test: Any
    others: int
    cause: Any
    causes: int
    moved: bool = False
    lapsed: bool = False


def _line(one: Turned, detail: Detail | None, mine: bool) -> company_lines.TurnLine:
    first, also = one.flips[0], one.flips[1:]
    known = detail or Detail(None, 0, None, 0)
    return company_lines.TurnLine(
        *(one.company_id, one.name, first.turn, first.target),
        *(known.test, known.others, known.cause, known.causes),
        also,
        first.unverified,
        mine,
        one.by_day or known.lapsed,
        known.moved,
    )


def _details(asked: Asked, wanted: Mapping[int, Turned]) -> Mapping[int, Detail]:
    """What is behind the changes of some companies: three queries for those that no reader was told of
    yet."""
    kept: dict[int, Detail] = asked.shared.once(("details", asked.since, asked.until), dict)
    for part in in_parts(company_id for company_id in wanted if company_id not in kept):
        kept |= _looked_up({i: wanted[i] for i in part}, asked.since, asked.until)
    return kept


def _looked_up(
    wanted: Mapping[int, Turned], since: dt.datetime, until: dt.datetime
) -> dict[int, Detail]:
    before, was_in, is_in = _outcomes(wanted, since, until)
    stated = readiness.stated_of(wanted, until)
    old, new = _values(wanted, since, until)
    first, day = local_date(since), local_date(until)
    found = {}
    for company_id, one in wanted.items():
        flip = one.flips[0]
        known = known_on(day, stated[company_id], is_in.get(company_id))
        figures = replace(figures_of_year(known.held, known.latest_year), purpose="")
        answer = results(figures, day, known.region, [flip.target])
        if answer:
            causes = causes_of(old.get(company_id, {}), new.get(company_id, {}))
            was = before.get(company_id, {}).get(flip.target.key)
            moved = company_id in was_in and was_in[company_id] != is_in.get(company_id)
            rows = stated[company_id]
            lapsed = {row.metric for row in rows if row.holds(first) and not row.holds(day)}
            found[company_id] = _detail(flip, answer[0], was, causes, moved, lapsed)
    return found


def _detail(
    flip: Flip,
    result: Result,
    was: Stored | None,
    causes: Sequence[Any],
    moved: bool,
    lapsed: Collection[str],
) -> Detail:
    said = said_of(flip.turn, result, was, {cause.key[0] for cause in causes})
    over = any(not names.isdisjoint(lapsed) for names in map(frozenset, said.inputs))
    cause = likeliest(causes, said.inputs)
    return Detail(said.test, said.others, cause, len(causes), moved, over)


def _outcomes(
    company_ids: Iterable[int], since: dt.datetime, until: dt.datetime
) -> tuple[dict[int, dict[str, Stored]], dict[int, str | None], dict[int, str | None]]:
    """What was stored of companies at the beginning, by target, and their regions then and at the
    end."""
    state = ReadinessState
    rows = db.session.execute(
        sa.select(state.company_id, state.outcomes, state.region, _stood(since)).where(
            one_of(state.company_id, company_ids), sa.or_(_stood(since), _stood(until))
        )
    )
    before: dict[int, dict[str, Stored]] = {}
    was_in: dict[int, str | None] = {}
    is_in: dict[int, str | None] = {}
    for company_id, text, region, earlier in rows:
        (was_in if earlier else is_in)[company_id] = region
        if earlier:
            before[company_id] = {one.target: one for one in read(text)}
    return before, was_in, is_in


def _values(
    company_ids: Collection[int], since: dt.datetime, until: dt.datetime
) -> tuple[dict[int, Values], dict[int, Values]]:
    """The figures of companies that were replaced or stated in a window: as they were at its beginning
    and as they are at its end."""
    stated = sa.and_(Figure.recorded_at > since, Figure.recorded_at <= until)
    ended = sa.and_(Figure.superseded_at > since, Figure.superseded_at <= until)
    rows = db.session.execute(
        sa.select(Figure, User.name)
        .outerjoin(User, User.id == Figure.recorded_by_id)
        .where(
            one_of(Figure.company_id, company_ids),
            Figure.disputed.is_(False),
            sa.or_(stated, ended),
        )
        .order_by(Figure.id)
    )
    old: dict[int, Values] = {}
    new: dict[int, Values] = {}
    for row, by in rows:
        value = Value(
            *(row.metric, row.fiscal_year, row.micro, row.choice),
            *(by or "", row.source, row.evidence),
        )
        if row.recorded_at <= since:
            old.setdefault(row.company_id, {})[row.metric, row.fiscal_year] = value
        elif row.superseded_at is None or row.superseded_at > until:
            new.setdefault(row.company_id, {})[row.metric, row.fiscal_year] = value
    return old, new
