"""What of the chosen events happened in a time, as the lines of digests; and whether anything did."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from portfolio.chokepoint.models import Tag
from portfolio.chokepoint.standing import TagState
from portfolio.chokepoint.taxonomy_queries import technology_titles
from portfolio.companies import queries as companies
from portfolio.companies.models import SHOWN_NAME, Company, Figure, Task
from portfolio.digest import content_queries, deal_queries, lines
from portfolio.digest.compose import Cut, Digest, Part, Section, part_of
from portfolio.digest.events import Event, events
from portfolio.digest.models import DigestPause
from portfolio.digest.readers import menu_of
from portfolio.digest.shared_queries import Asked, Shared, sight_of
from portfolio.extensions import db
from portfolio.people.models import User
from portfolio.pipeline import sight_queries as sight
from portfolio.pipeline.models import Deal, StageEvent
from portfolio.readiness.models import ReadinessState
from portfolio.web.formatting import local_dt, title_of
from portfolio.web.i18n import speaking, spoken

# When rows of each kind of event were written. Their numbers rise with time but for those of writes
# that went on beside each other, of which there are never so many.
STAMPS: Mapping[str, tuple[Any, Any]] = {
    "task": (Task.id, Task.created_at),
    "move": (StageEvent.id, StageEvent.recorded_at),
    "decision": (StageEvent.id, StageEvent.recorded_at),
    "override": (StageEvent.id, StageEvent.recorded_at),
    "verdict": (ReadinessState.id, ReadinessState.computed_at),
    "tag": (Tag.id, Tag.recorded_at),
    "company": (Company.id, Company.created_at),
}
BESIDE = 200
# Of so many of an event it is asked whether the reader did it: they are of minutes, or of a leave.
MOST_LOOKED_AT = 1000


def newest(keys: Iterable[str]) -> dict[str, dt.datetime]:
    """When rows of each kind of event were last written, however many rows there are."""
    asked: dict[Any, dt.datetime | None] = {}
    for key in keys:
        number, stamp = STAMPS[key]
        if stamp not in asked:
            last = sa.select(stamp.label("at")).order_by(number.desc()).limit(BESIDE).subquery()
            asked[stamp] = db.session.scalar(sa.select(sa.func.max(last.c.at)))
    found = {key: asked[STAMPS[key][1]] for key in keys}
    return {key: at for key, at in found.items() if at is not None}


def returned(since: dt.datetime, until: dt.datetime) -> bool:
    """Whether somebody came back from a leave in this time, who is told of all of it."""
    ends = (DigestPause.ends_at, DigestPause.former_ends_at)
    rows = sa.exists().where(sa.or_(*(sa.and_(end > since, end <= until) for end in ends)))
    return bool(db.session.scalar(sa.select(rows)))


def offered(user: User) -> list[Event]:
    """The events of which a person may be told."""
    return [
        event
        for event in events().values()
        if event.read_by(user.roles) and (not event.needs or user.may(event.needs))
    ]


def digest_of(
    user: User, keys: Sequence[str], since: dt.datetime, until: dt.datetime, shared: Shared
) -> Digest:
    """What of these events happened after `since` and up to `until`, as this reader may know it."""
    with speaking(spoken(user.locale)):
        period = local_dt(until)
    menu = menu_of(user.roles)
    asked = Asked(user, menu, period, since, until, sight_of(user), shared)
    told = [event for event in offered(user) if event.key in keys]
    sections = [Section(event.kind, part_of_event(event, asked)) for event in told]
    return Digest(period, since, until, sections)


def part_of_event(event: Event, asked: Asked) -> Part:
    """What of an event a reader is told."""
    ask = OWN_PARTS.get(event.key, content_queries.PARTS[event.part])
    narrow = NARROWED.get(event.key)
    if narrow is None:
        return ask(asked)
    found = ask(replace(asked, cut=Cut(0, MOST_LOOKED_AT)))
    return part_of([line for line in found.lines if narrow(asked, line)], asked.cut)


def _moved_by_others(asked: Asked) -> frozenset[int]:
    """The deals that somebody else moved: of what one did oneself one needs no mail."""

    def ask() -> frozenset[int]:
        actor = StageEvent.actor_id
        query = sa.select(StageEvent.deal_id).where(
            StageEvent.recorded_at > asked.since,
            StageEvent.recorded_at <= asked.until,
            sa.or_(actor.is_(None), actor != asked.user.id),
        )
        return frozenset(db.session.scalars(query))

    return asked.shared.once(("moved", asked.user.id, asked.since, asked.until), ask)


def _entered_by_me(asked: Asked) -> frozenset[int]:
    def ask() -> frozenset[int]:
        query = sa.select(Company.id).where(
            Company.created_at > asked.since,
            Company.created_at <= asked.until,
            Company.created_by_id == asked.user.id,
        )
        return frozenset(db.session.scalars(query))

    return asked.shared.once(("entered", asked.user.id, asked.since, asked.until), ask)


def _stated_by(asked: Asked) -> tuple[frozenset[int], frozenset[int]]:
    """The companies of which the reader stated figures, and those of which somebody else did."""

    def ask() -> tuple[frozenset[int], frozenset[int]]:
        query = sa.select(Figure.company_id, Figure.recorded_by_id).where(
            Figure.recorded_at > asked.since, Figure.recorded_at <= asked.until
        )
        rows = db.session.execute(query.distinct()).all()
        mine = frozenset(row[0] for row in rows if row[1] == asked.user.id)
        return mine, frozenset(row[0] for row in rows if row[1] != asked.user.id)

    return asked.shared.once(("stated", asked.user.id, asked.since, asked.until), ask)


def _turned_by_others(asked: Asked, line: Any) -> bool:
    mine, others = _stated_by(asked)
    return line.company_id in others or line.company_id not in mine


def _by_others(asked: Asked, line: Any) -> bool:
    return line.deal.deal_id in _moved_by_others(asked)


def assigned(asked: Asked) -> Part:
    """Open tasks that somebody else gave the reader."""
    rows = db.session.execute(
        sa.select(Task, Deal.name, Deal.code, Deal.walled, SHOWN_NAME, User.name)
        .outerjoin(Deal, Deal.id == Task.deal_id)
        .outerjoin(Company, Company.id == Task.company_id)
        .outerjoin(User, User.id == Task.created_by_id)
        .where(
            Task.owner_id == asked.user.id,
            Task.done_at.is_(None),
            Task.created_at > asked.since,
            Task.created_at <= asked.until,
            sa.or_(Task.created_by_id.is_(None), Task.created_by_id != asked.user.id),
            sight.visible_tied(asked.user, Task),
            sa.or_(
                Task.deal_id.is_not(None),
                Task.company_id.is_(None),
                companies.visible(asked.user),
            ),
        )
        .order_by(Task.id)
    )
    return part_of(
        [
            lines.ToldLine(
                _path(task),
                code if walled else task.title,
                text="" if walled else deal or company or "",
                small=" · ".join(filter(None, [task.due_on and task.due_on.isoformat(), by])),
                walled=bool(walled),
            )
            for task, deal, code, walled, company, by in rows
        ],
        asked.cut,
    )


def _path(task: Task) -> str:
    if task.deal_id:
        return f"/deals/{task.deal_id}"
    return f"/companies/{task.company_id}" if task.company_id else "/"


def suggested(asked: Asked) -> Part:
    """Technologies that were suggested of companies and wait for somebody to decide."""
    where = sa.and_(
        Tag.state == TagState.SUGGESTED.value,
        Tag.superseded_at.is_(None),
        Tag.recorded_at > asked.since,
        Tag.recorded_at <= asked.until,
        sa.or_(Tag.recorded_by_id.is_(None), Tag.recorded_by_id != asked.user.id),
    )
    rows = db.session.execute(
        sa.select(Tag.company_id, SHOWN_NAME, Tag.technology)
        .join(Company, Company.id == Tag.company_id)
        .where(where)
        .order_by(Tag.id.desc())
    )
    seen = [row for row in rows if asked.sight.knows(row.company_id)]
    known = technology_titles()
    with speaking(spoken(asked.user.locale)):
        told = [
            lines.ToldLine(
                f"/companies/{company_id}",
                name,
                text=title_of(known[technology]) if technology in known else technology,
            )
            for company_id, name, technology in asked.cut.of(seen)
        ]
    return Part(told, len(seen))


def decided(asked: Asked) -> Part:
    """Decisions on whatever deal the reader may see: this was asked for."""
    return deal_queries.decisions(replace(asked, menu=replace(asked.menu, everything=True)))


# Events that are told by lines of their own, and those of which a part's lines are told in part.
OWN_PARTS: Mapping[str, Callable[[Asked], Part]] = {
    "task": assigned,
    "tag": suggested,
    "decision": decided,
}
NARROWED: Mapping[str, Callable[[Asked, Any], bool]] = {
    "move": lambda asked, line: line.deal.deal_id in asked.own_deals and _by_others(asked, line),
    "decision": _by_others,
    "override": _by_others,
    "verdict": _turned_by_others,
    "company": lambda asked, line: line.company_id not in _entered_by_me(asked),
}
