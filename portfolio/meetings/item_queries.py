"""Reads of agendas: the deals on them that a person may know of, and deals that may be put there."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from portfolio.extensions import db
from portfolio.meetings.kinds import ASKS, Ask, State
from portfolio.meetings.models import AgendaItem, Meeting
from portfolio.people import queries as people
from portfolio.people.models import User
from portfolio.pipeline import board_queries, queries
from portfolio.pipeline import sight_queries as sight
from portfolio.pipeline.board_queries import DealLine
from portfolio.pipeline.listing import DealListing
from portfolio.pipeline.models import Deal, Status

MOST_FOUND = 8
STATUSES = {status.value: status for status in Status}


@dataclass(frozen=True)
class Line:
    """An item as one reader sees it. `number` counts what that reader may see, so that it tells
    nothing of the rest."""

    id: int
    meeting_id: int
    number: int
    deal_id: int
    code: str
    name: str
    walled: bool
    pipeline_id: int
    stage: str
    status: Status
    ask: Ask
    minutes: int
    presenter: str
    version: int

    @property
    def path(self) -> str:
        """Where the deal stands."""
        return f"/deals/{self.deal_id}"

    @property
    def ended(self) -> bool:
        """Whether the deal has ended, so that nothing is to be decided on it any more."""
        return self.status not in {Status.ACTIVE, Status.ON_HOLD}


def lines(user: User, meeting_ids: Iterable[int]) -> dict[int, list[Line]]:
    """The agendas of these meetings as far as a person may know of their deals, by meeting."""
    rows = db.session.execute(
        sa.select(
            *(AgendaItem, Deal.code, Deal.name, Deal.walled),
            *(Deal.pipeline_id, Deal.stage, Deal.status),
        )
        .join(Deal, Deal.id == AgendaItem.deal_id)
        .where(AgendaItem.meeting_id.in_(list(meeting_ids)), sight.visible(user))
        .order_by(AgendaItem.meeting_id, AgendaItem.turn, AgendaItem.id)
    ).all()
    names = people.names_of({item.presenter_id for item, *_ in rows if item.presenter_id})
    found: dict[int, list[Line]] = {}
    for item, code, name, walled, pipeline_id, stage, status in rows:
        known = found.setdefault(item.meeting_id, [])
        line = Line(
            item.id,
            item.meeting_id,
            len(known) + 1,
            item.deal_id,
            code,
            name,
            walled,
            pipeline_id,
            stage,
            STATUSES[status],
            ASKS[item.ask],
            item.minutes,
            names.get(item.presenter_id or 0, ""),
            item.version,
        )
        known.append(line)
    return found


def counts(user: User, meeting_ids: Sequence[int]) -> dict[int, int]:
    """How many items of each of these meetings a person may know of."""
    rows = db.session.execute(
        sa.select(AgendaItem.meeting_id, sa.func.count())
        .join(Deal, Deal.id == AgendaItem.deal_id)
        .where(AgendaItem.meeting_id.in_(meeting_ids), sight.visible(user))
        .group_by(AgendaItem.meeting_id)
    )
    return {row[0]: row[1] for row in rows}


def seen_item(user: User, meeting_id: int, item_id: int) -> AgendaItem | None:
    """An item of a meeting, unless it does not exist for this person."""
    return db.session.scalar(
        sa.select(AgendaItem)
        .join(Deal, Deal.id == AgendaItem.deal_id)
        .where(AgendaItem.id == item_id, AgendaItem.meeting_id == meeting_id, sight.visible(user))
    )


def items_of(meeting_id: int) -> Sequence[AgendaItem]:
    """The whole agenda in its order, whoever may see it."""
    query = sa.select(AgendaItem).where(AgendaItem.meeting_id == meeting_id)
    return db.session.scalars(query.order_by(AgendaItem.turn, AgendaItem.id)).all()


def deals_to_come(now: dt.datetime) -> set[int]:
    """The deals on the agendas of planned meetings that are not over."""
    query = (
        sa.select(AgendaItem.deal_id)
        .join(Meeting, Meeting.id == AgendaItem.meeting_id)
        .where(Meeting.state == State.PLANNED.value, Meeting.ends_at >= now)
    )
    return set(db.session.scalars(query))


def found_deals(user: User, meeting_id: int, text: str) -> list[DealLine]:
    """Deals that a text finds and that are not on the agenda yet, at most eight; without a text
    those before the committee, who waits longest first."""
    waiting = DealListing(
        stages=tuple(queries.committee_stages()), statuses=(Status.ACTIVE.value,), sort="entered"
    )
    listing = DealListing(text=text) if text else waiting
    if not listing.filtered:
        return []
    on = sa.select(AgendaItem.deal_id).where(AgendaItem.meeting_id == meeting_id)
    found = board_queries.listed(user, listing).where(Deal.id.not_in(on)).limit(MOST_FOUND)
    return board_queries.by_ids(db.session.scalars(found).all())
