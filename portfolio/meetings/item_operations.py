"""What is done with agendas: deals put on and taken off, items changed and put in order."""

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa

from portfolio.audit import operations as audit
from portfolio.companies.operations import check_version
from portfolio.extensions import db
from portfolio.kernel.errors import InputError
from portfolio.meetings import queries
from portfolio.meetings.item_queries import items_of, lines
from portfolio.meetings.kinds import ASKS, KINDS
from portfolio.meetings.models import AgendaItem, Meeting
from portfolio.meetings.operations import require, require_planned
from portfolio.meetings.sight_operations import settle
from portfolio.meetings.turns import reordered
from portfolio.people.models import User
from portfolio.pipeline import sight_queries as sight
from portfolio.pipeline.models import Deal
from portfolio.pipeline.refusals import Refused

LEAST_MINUTES, MOST_MINUTES = 1, 480
MOST_ITEMS = 60


def put_on(meeting: Meeting, deal: Deal, actor: User, now: dt.datetime) -> AgendaItem:
    """Put a deal at the end of a planned meeting's agenda, as is usual there: its owner presents.

    Raises Refused, or InputError `meeting.over`, `meeting.on_agenda`, `meeting.full`.
    """
    before = _open(meeting, actor)
    if not sight.may(actor, "deal.read", deal):
        raise Refused
    if any(item.deal_id == deal.id for item in before):
        raise InputError("meeting.on_agenda", name=deal.name)
    if len(before) >= MOST_ITEMS:
        raise InputError("meeting.full", most=MOST_ITEMS)
    ask = ASKS[KINDS[meeting.kind].ask]
    item = AgendaItem(
        meeting_id=meeting.id,
        deal_id=deal.id,
        turn=max((one.turn for one in before), default=0) + 1,
        ask=ask.key,
        minutes=ask.minutes,
        presenter_id=deal.owner_id,
    )
    db.session.add(item)
    db.session.flush()
    settle([deal.id], (), now)
    return item


def change_item(
    item: AgendaItem,
    meeting: Meeting,
    ask: str,
    minutes: int,
    presenter_id: int | None,
    actor: User,
    expected_version: int | None,
) -> None:
    """Say what is asked about a deal, for how long and by whom.

    Raises Refused, Conflict, or InputError `meeting.over`, `meeting.ask`, `meeting.minutes`,
    `meeting.presenter`.
    """
    _open(meeting, actor)
    check_version(item.version, expected_version, "agenda_item", item.id)
    if ask not in ASKS:
        raise InputError("meeting.ask", value=ask)
    if not LEAST_MINUTES <= minutes <= MOST_MINUTES:
        raise InputError("number.range", least=LEAST_MINUTES, most=MOST_MINUTES)
    deal = db.session.get_one(Deal, item.deal_id)
    able = sight.assignable(deal).keys() | {item.presenter_id}
    if presenter_id is not None and presenter_id not in able:
        raise InputError("meeting.presenter")
    item.ask, item.minutes, item.presenter_id = ask, minutes, presenter_id
    db.session.flush()


def take_off(item: AgendaItem, meeting: Meeting, actor: User, now: dt.datetime) -> None:
    """Take a deal off a planned meeting's agenda. Raises Refused, or InputError `meeting.over`."""
    _open(meeting, actor)
    db.session.delete(item)
    db.session.flush()
    settle([item.deal_id], queries.attending(meeting).keys(), now)


def put_in_order(meeting: Meeting, seen: Sequence[int], wanted: Sequence[int], actor: User) -> None:
    """Put the items that a person sees in the order they want; the others keep their places.

    Raises Refused, or InputError `meeting.over`, `meeting.order_changed`.
    """
    whole = {item.id: item for item in _open(meeting, actor)}
    known = [line.id for line in lines(actor, [meeting.id]).get(meeting.id, [])]
    for turn, item_id in enumerate(reordered(list(whole), known, seen, wanted), start=1):
        if whole[item_id].turn != turn:
            whole[item_id].turn = turn
    audit.record(audit.Entry("meeting.order", "meeting", meeting.id))
    db.session.flush()


def _open(meeting: Meeting, actor: User) -> Sequence[AgendaItem]:
    """The agenda as it stands, once nobody else can change it meanwhile."""
    require(actor)
    db.session.execute(sa.select(Meeting.id).where(Meeting.id == meeting.id).with_for_update())
    db.session.refresh(meeting)
    require_planned(meeting)
    return items_of(meeting.id)
