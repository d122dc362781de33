"""What happened to a meeting and its agenda, in words, as far as its reader may know of the deals."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from portfolio.audit import queries as audit
from portfolio.audit.models import AuditEntry
from portfolio.companies.history import Act, acts
from portfolio.companies.history_queries import titles_of, words_of
from portfolio.extensions import db, remembered
from portfolio.meetings.kinds import State
from portfolio.meetings.models import AgendaItem, Meeting, MeetingPerson
from portfolio.meetings.queries import visible
from portfolio.meetings.wording_queries import name_of
from portfolio.people.models import User
from portfolio.pipeline import sight_queries as sight
from portfolio.pipeline.models import Deal

Changes = tuple[tuple[str, Any, Any], ...]
MOST_ENTRIES = 200
PARTS = (MeetingPerson.__audit__, AgendaItem.__audit__)


def history(user: User, meeting: Meeting, most: int = 12) -> list[Act]:
    """The latest acts, the newest first; nothing of deals that this person may not know of."""
    entries = _entries(meeting.id)
    deals = {entry.deal_id for entry in entries if entry.deal_id is not None}
    readable = sight.readable_deals(user, deals)
    lines = audit.known_lines(entries, readable, audit.terms_by_type())
    # Here everything is about this meeting: of an item one wants to know which deal it is.
    told = [replace(line, changes=_by_deal(line.changes, line.deal_id)) for line in lines]
    titles: dict[tuple[str, str], Mapping[Any, str]] = {
        ("agenda_item", "meeting_id"): _names(set(readable)),
        ("meeting", "state"): titles_of(State),
    }
    return acts(told, words_of(told, titles), most)


def _by_deal(changes: Changes, deal_id: int | None) -> Changes:
    return tuple(
        (name, before and deal_id, after and deal_id)
        if name == "meeting_id"
        else (name, before, after)
        for name, before, after in changes
    )


def _names(deal_ids: set[int]) -> dict[int, str]:
    rows = db.session.execute(sa.select(Deal.id, Deal.name).where(Deal.id.in_(deal_ids)))
    return {row.id: row.name for row in rows}


def _entries(meeting_id: int) -> Sequence[AuditEntry]:
    """The latest entries about the meeting, those who are invited and its items."""
    # Of what was made or went the trail keeps all columns, in the order of their names.
    own = f'"meeting_id":{meeting_id},'
    parts = sa.select(AuditEntry.object_id).where(
        AuditEntry.object_type.in_(PARTS),
        sa.or_(AuditEntry.after.contains(own), AuditEntry.before.contains(own)),
    )
    query = sa.select(AuditEntry).where(
        sa.or_(
            sa.and_(AuditEntry.object_type == "meeting", AuditEntry.object_id == meeting_id),
            *(
                sa.and_(
                    AuditEntry.object_type == kind,
                    AuditEntry.object_id.in_(parts.where(AuditEntry.object_type == kind)),
                )
                for kind in PARTS
            ),
        )
    )
    return db.session.scalars(query.order_by(AuditEntry.seq.desc()).limit(MOST_ENTRIES)).all()


def meeting_text(meeting_id: int) -> str:
    """What a meeting is called, for the history of a deal."""
    meeting = remembered(("meeting", meeting_id), lambda: db.session.get(Meeting, meeting_id))
    return name_of(meeting) if meeting else "—"


def names(user: User, ids: Collection[int]) -> dict[int, str]:
    """What a person calls these meetings, as far as they may know of them."""
    query = sa.select(Meeting).where(Meeting.id.in_(ids), visible(user))
    return {meeting.id: name_of(meeting) for meeting in db.session.scalars(query)}
