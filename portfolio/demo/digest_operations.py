"""Digests of the last weeks as they were sent, and how people of the story get theirs."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from portfolio.digest import operations, schedule_operations, schedule_queries, send_operations
from portfolio.digest import slots as timing
from portfolio.digest.kinds import KINDS, Timing
from portfolio.digest.schedule_operations import Wish
from portfolio.digest.states import Outcome, Verdict
from portfolio.extensions import unit_of_work
from portfolio.holidays.queries import calendar
from portfolio.kernel.dates import local_date
from portfolio.people.models import User

TAKEN = Outcome(Verdict.ACCEPTED, 250, "2.0.0 Ok: queued")
VERDICTS: Mapping[str, Verdict] = {verdict.value: verdict for verdict in Verdict}
MINUTE = dt.timedelta(minutes=1)
WORKER = "demo"


def send_past(told: Mapping[str, Any], now: dt.datetime) -> None:
    """Plan and conclude the weekly digests before the newest one, which the scheduler finds itself."""
    weekly = schedule_queries.weekly()
    past = list(timing.slots_back(weekly.timing.rule, calendar(), now))[1 : 1 + told["weeks"]]
    for slot in reversed(past):
        operations.plan_due(lambda due=slot.due: due)  # type: ignore[misc]
        newest = slot is past[0]
        _conclude(told["answers"] if newest else [], slot.due + MINUTE)
        _conclude([], slot.due + 10 * MINUTE)
        send_operations.settle_runs(slot.due + 10 * MINUTE)


def _conclude(answers: Sequence[Mapping[str, Any]], moment: dt.datetime) -> None:
    """Hand over every message that is due: as the story says for a person, and else taken."""
    while (job := send_operations.claim(moment, WORKER)) is not None:
        said = next((row for row in answers if job.address.startswith(f"{row['person']}@")), None)
        outcome = TAKEN
        if said is not None:
            outcome = Outcome(VERDICTS[said["verdict"]], said.get("code"), said["text"])
        send_operations.begin_data(job, moment)
        send_operations.conclude(job, outcome, moment, 0.5)


def choose_times(told: Sequence[Mapping[str, Any]], cast: Sequence[User], now: dt.datetime) -> None:
    """Schedules of the house and of people, and a leave."""
    by_name = {user.email.partition("@")[0]: user for user in cast}
    for row in told:
        when = Timing(KINDS[row["kind"]], **row.get("when", {}))
        if "person" in row:
            user = by_name[row["person"]]
            with unit_of_work("digest.subscription", user, at=now):
                schedule_operations.at_own_time(user, when, row.get("events", ""), now)
            continue
        of_kind = schedule_queries.of_kind(when.kind)
        schedule = next((one for one in of_kind if not one.enabled), None)
        wish = Wish(when, row.get("name", ""), row["roles"], [], row.get("events", ""), True)
        with unit_of_work("digest.schedule", by_name["admin"], at=now):
            seen = schedule.version if schedule else 0
            schedule_operations.save(wish, schedule, seen, now)


def go_on_leave(told: Mapping[str, Any], cast: Sequence[User], now: dt.datetime) -> None:
    """Somebody is away for some days, from a day ago."""
    user = next(user for user in cast if user.email.startswith(f"{told['person']}@"))
    today = local_date(now)
    first, last = (today + dt.timedelta(days=told[name]) for name in ("first", "last"))
    with unit_of_work("digest.pause", user, at=now):
        schedule_operations.pause(user, first, last, now)
