"""Kinds of schedules, and when one of them is due by what was entered (pure)."""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from portfolio.digest.slots import LAST_DAY, WEEKDAYS, Daily, Monthly, Rule, Weekly
from portfolio.kernel.errors import InputError
from portfolio.kernel.text import clean, halfwidth
from portfolio.kernel.titles import TitledEnum

_TIME = re.compile(r"([01]?\d|2[0-3])[:.时点h]([0-5]\d)分?")
# Whoever has any role.
EVERYBODY = "*"
MID_MONTH = 15


class Kind(TitledEnum):
    """What a schedule sends."""

    WEEKLY = "weekly", "周报", "Weekly digest"
    DAILY = "daily", "日报", "Daily brief"
    MONTHLY = "monthly", "月报", "Monthly report"
    AT_ONCE = "at_once", "即时提醒", "Instant alert"

    @property
    def timed(self) -> bool:
        """Whether it comes at set times, and not when something happens."""
        return self is not Kind.AT_ONCE


KINDS: Mapping[str, Kind] = {kind.value: kind for kind in Kind}
TIMED = tuple(kind for kind in Kind if kind.timed)


class Origin(TitledEnum):
    """Why there is a run."""

    SLOT = "slot", "按时发送", "On schedule"
    EVENT = "event", "事件触发", "Something happened"
    HAND = "hand", "试发", "Sent by hand"
    AGAIN = "again", "重发", "Sent again"


ORIGINS: Mapping[str, Origin] = {origin.value: origin for origin in Origin}


@dataclass(frozen=True)
class Timing:
    """When a schedule is due, checked: its kind says which parts count."""

    kind: Kind
    weekday: str = "mon"
    month_day: int = 1
    at: dt.time = dt.time(8, 30)
    zone: str = "Asia/Shanghai"

    @property
    def rule(self) -> Rule:
        """The rule that finds its slots."""
        zone = ZoneInfo(self.zone)
        if self.kind is Kind.DAILY:
            return Daily(self.at, zone)
        if self.kind is Kind.MONTHLY:
            return Monthly(self.month_day, self.at, zone)
        return Weekly(self.weekday, self.at, zone)

    @property
    def counted(self) -> tuple[object, ...]:
        """What two timings of one kind must share to be the same."""
        day = {Kind.WEEKLY: self.weekday, Kind.MONTHLY: self.month_day}.get(self.kind)
        return (day, self.at, self.zone)


def month_told(period: str, month_day: int) -> dt.date:
    """The first day of the month that a monthly report (2026-12) tells of: what comes in the first half
    of a month tells of the one before."""
    first = dt.date.fromisoformat(f"{period}-01")
    return first if month_day > MID_MONTH else (first - dt.timedelta(days=1)).replace(day=1)


def read_timing(kind: Kind, said: Mapping[str, str]) -> Timing:
    """A timing as typed: `weekday`, `month_day`, `at`, `zone`; what the kind does not ask for is
    left as it begins. Raises Faulty with what is wrong with each."""
    faults: dict[str, InputError] = {}
    read: dict[str, Any] = {}
    for name, reader in _asked(kind).items():
        try:
            read[name] = reader(said.get(name, ""))
        except InputError as error:
            faults[name] = error
    if faults:
        raise Faulty(faults)
    return Timing(kind, **read)


class Faulty(Exception):
    """What was entered cannot be; `faults` says why, by the field."""

    def __init__(self, faults: Mapping[str, InputError]) -> None:
        super().__init__(", ".join(f"{name}: {error}" for name, error in faults.items()))
        self.faults = faults


def _asked(kind: Kind) -> Mapping[str, Any]:
    if not kind.timed:
        return {}
    days: Mapping[Kind, Mapping[str, Any]] = {
        Kind.WEEKLY: {"weekday": read_weekday},
        Kind.MONTHLY: {"month_day": read_month_day},
    }
    return {**days.get(kind, {}), "at": read_time, "zone": read_zone}


def read_weekday(text: str) -> str:
    """ "mon" to "sun"."""
    if text not in WEEKDAYS:
        raise InputError("digest.weekday", value=text)
    return text


def read_month_day(text: str) -> int:
    """1 to 31."""
    plain = halfwidth(clean(text))
    if not (plain.isascii() and plain.isdigit() and 1 <= int(plain[:3]) <= LAST_DAY):
        raise InputError("digest.month_day", value=text)
    return int(plain)


def read_time(text: str) -> dt.time:
    """A time of the day: 8:30, 08:30, 18：05, 8点30分."""
    match = _TIME.fullmatch(halfwidth(clean(text)))
    if match is None:
        raise InputError("digest.time", value=text)
    return dt.time(int(match.group(1)), int(match.group(2)))


def read_zone(text: str) -> str:
    """The name of a time zone: Asia/Shanghai."""
    plain = halfwidth(clean(text))
    if plain not in zones():
        raise InputError("digest.zone", value=text)
    return plain


@cache
def zones() -> frozenset[str]:
    """Every time zone that there is, by the names of places; "UTC" too."""
    return frozenset(name for name in available_timezones() if "/" in name) | {"UTC"}
