"""How a tag stands on a day: whether it counts in the fund's statistics, and if not, why (pure)."""

import datetime as dt
from typing import Protocol

from portfolio.chokepoint.ladder import Ladder
from portfolio.kernel.titles import TitledEnum


class TagState(TitledEnum):
    """What became of a suggestion."""

    SUGGESTED = "suggested", "建议", "Suggested"
    CONFIRMED = "confirmed", "已确认", "Confirmed"
    REJECTED = "rejected", "已否定", "Rejected"
    EXPIRED = "expired", "已过期", "Expired"


# The states in which somebody claims something, or did until its day passed.
CLAIMS = (TagState.CONFIRMED.value, TagState.EXPIRED.value)


class Standing(TitledEnum):
    """How a claim stands on a day."""

    EXPIRED = "expired", "已过期", "Expired"
    OPEN = "open", "缺反证检索或复核日期", "No counter-evidence or re-check date"
    CLAIMED = "claimed", "证据等级未达统计要求", "Evidence below what counts"
    WAITING = "waiting", "待第二人复核", "Waits for its second reader"
    REREAD = "reread", "计入统计，改写待复核", "Counts; new wording to be read again"
    COUNTED = "counted", "计入统计", "Counts in statistics"


# The standings that count in the fund's statistics, and those that wait for a second reader.
COUNTING = (Standing.COUNTED, Standing.REREAD)
UNREAD = (Standing.WAITING, Standing.REREAD)


class Stated(Protocol):
    """What of a tag its standing follows from: a row of today or of a past day."""

    state: str
    level: str
    counter_evidence: str
    recheck_on: dt.date | None
    second_reader_id: int | None
    reread_by: dt.date | None


def standing(tag: Stated, today: dt.date, ladder: Ladder) -> Standing | None:
    """How a claim stands on a day of Shanghai; None for what nobody claims: suggested, rejected.

    It holds through the day of its re-check; from the next day on it has expired, whether somebody
    wrote that down or not.
    """
    if tag.state not in CLAIMS:
        return None
    if tag.state == TagState.EXPIRED.value or (tag.recheck_on and tag.recheck_on < today):
        return Standing.EXPIRED
    if tag.recheck_on is None or not tag.counter_evidence:
        return Standing.OPEN
    if tag.level not in ladder.counting():
        return Standing.CLAIMED
    if tag.level not in ladder.read_twice():
        return Standing.COUNTED
    if tag.second_reader_id is None or (tag.reread_by and tag.reread_by < today):
        return Standing.WAITING
    return Standing.REREAD if tag.reread_by else Standing.COUNTED


def holds(tag: Stated, today: dt.date, ladder: Ladder) -> bool:
    """Whether somebody claims it and its day has not passed, at whatever level."""
    return standing(tag, today, ladder) not in {None, Standing.EXPIRED}


def due(tag: Stated, today: dt.date, ladder: Ladder) -> bool:
    """Whether a claim that still holds has to be looked at again within the days that are shown."""
    if tag.state != TagState.CONFIRMED.value or tag.recheck_on is None:
        return False
    return 0 <= (tag.recheck_on - today).days <= ladder.due_days
