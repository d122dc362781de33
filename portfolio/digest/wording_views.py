"""Schedules in words: when one comes, and whom it goes to."""

import datetime as dt
from collections.abc import Iterable

from babel.dates import format_skeleton
from flask_babel import get_locale
from flask_babel import gettext as _

from portfolio.digest.events import events
from portfolio.digest.kinds import EVERYBODY, KINDS, Kind, Origin, month_told
from portfolio.digest.models import DigestRun, DigestSchedule
from portfolio.digest.slots import LAST_DAY, WEEKDAYS
from portfolio.people.policy import ROLES
from portfolio.web import formatting
from portfolio.web.formatting import listed, title_of

HOUSE_ZONE = "Asia/Shanghai"


def comes(row: DigestSchedule) -> str:
    """When a schedule comes: “周一 08:30”."""
    kind = KINDS[row.kind]
    if not kind.timed:
        return listed(title_of(events()[key]) for key in row.events.split() if key in events())
    days = {
        Kind.WEEKLY: title_of(WEEKDAYS[row.weekday]),
        Kind.DAILY: _("On working days"),
        Kind.MONTHLY: month_day(row.month_day),
    }
    zone = "" if row.zone == HOUSE_ZONE else f" ({row.zone})"
    return f"{days[kind]} {row.local_time}{zone}"


def moment(instant: dt.datetime, rows: Iterable[DigestSchedule]) -> str:
    """When something comes next, with the zone of the clock where a schedule goes by another one."""
    shown = formatting.zone().key
    elsewhere = any(row.zone != shown for row in rows)
    return formatting.local_dt(instant) + (f" ({shown})" if elsewhere else "")


def issue(kind: str, period: str, month_day: int) -> str:
    """What an issue is called: a monthly report by the month that it tells of."""
    if kind != Kind.MONTHLY:
        return period
    return format_skeleton("yMMMM", month_told(period, month_day), locale=get_locale() or "zh")


def issue_of(run: DigestRun) -> str:
    """What the issue of a run is called; what was told at once goes by its time."""
    if run.origin == Origin.EVENT.value:
        return formatting.local_dt(run.due_at)
    return issue(run.schedule.kind, run.label, run.schedule.month_day)


def month_day(day: int) -> str:
    """A day of the month; on a holiday it moves on, so the 1st is the first working day."""
    named = {1: _("First working day of the month"), LAST_DAY: _("Last day of the month")}
    return named.get(day) or _("Day %(day)s of the month", day=day)


def audience(row: DigestSchedule, names: dict[int, str]) -> str:
    """Whom a schedule is for: roles and people."""
    if row.roles == EVERYBODY:
        return _("Everybody with a role")
    roles = [title_of(ROLES[key]) for key in row.roles.split() if key in ROLES]
    return listed([*roles, *(names.get(member.user_id, "") for member in row.members)])
