"""Meetings of the committees: two to come, one that was held, one that was cancelled."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from portfolio.extensions import unit_of_work
from portfolio.holidays.queries import calendar
from portfolio.kernel.dates import SHANGHAI, local_date
from portfolio.meetings import item_operations, operations
from portfolio.meetings.models import Meeting
from portfolio.meetings.times import instant, read_clock
from portfolio.people.models import User
from portfolio.pipeline.models import Deal, Status

NOTICE = dt.timedelta(days=8)


def hold_meetings(
    told: Sequence[dict[str, Any]], cast: list[User], opened: list[Deal], now: dt.datetime
) -> None:
    """Plan the meetings of the story and put deals on their agendas; what is over was held."""
    people = {user.email.partition("@")[0]: user for user in cast}
    for row in told:
        _hold(row, people, opened, now)


def _hold(
    row: dict[str, Any], people: dict[str, User], opened: list[Deal], now: dt.datetime
) -> None:
    day = calendar().next_working_day(local_date(now) + dt.timedelta(days=row["days"]))
    begins, ends = (instant(day, read_clock(row[name]), SHANGHAI) for name in ("begins", "ends"))
    planner, planned = people["partner"], min(now, begins - NOTICE)
    texts = {name: row.get(name, "") for name in ("title", "place", "online_link", "note")}
    values = {"kind": row["kind"], "starts_at": begins, "ends_at": ends, **texts}
    with unit_of_work("meeting.plan", planner, at=planned):
        invited = [people[name].id for name in row["invited"]]
        meeting = operations.plan(values, invited, planner, planned)
    for deal in _fitting(row, opened)[: row["deals"]]:
        with unit_of_work("meeting.put_on", planner, at=planned):
            item_operations.put_on(meeting, deal, planner, planned)
    _end(meeting, row.get("cancelled", ""), planner, now)


def _fitting(row: dict[str, Any], opened: list[Deal]) -> list[Deal]:
    active = Status.ACTIVE.value
    return [d for d in opened if d.stage == row["stage"] and d.status == active and not d.walled]


def _end(meeting: Meeting, cancelled: str, planner: User, now: dt.datetime) -> None:
    if cancelled:
        with unit_of_work("meeting.cancel", planner, at=now):
            operations.cancel(meeting, cancelled, planner, now, None)
    elif meeting.ends_at < now:
        with unit_of_work("meeting.conclude", planner, at=meeting.ends_at):
            operations.conclude(meeting, planner, meeting.ends_at, None)
