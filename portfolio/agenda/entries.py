"""Entries of a calendar, and the file that calendar programs read (RFC 5545; pure)."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from icalendar import Calendar, Event

from portfolio.kernel.calendar import DAY
from portfolio.kernel.titles import TitledEnum

# How often a program may well look again.
REFRESH = dt.timedelta(hours=1)


class Kind(TitledEnum):
    """What a day is about."""

    TASK = "task", "待办", "Task"
    NEXT_STEP = "next_step", "下一步", "Next step"
    REVISIT = "revisit", "恢复跟进", "Back from hold"
    RECHECK = "recheck", "卡脖子标签复核", "Claim to be re-checked"
    CERTIFICATE = "certificate", "资质到期", "Certificate expires"
    MEETING = "meeting", "会议", "Meeting"


class Standing(StrEnum):
    """Whether what has a time takes place, as calendar files say it."""

    CONFIRMED = "CONFIRMED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True)
class Appointment:
    """The time of an entry that takes more than a day's notice: from when until when, where, and
    how often it was changed (`sequence`, which only ever grows)."""

    starts_at: dt.datetime
    ends_at: dt.datetime
    place: str
    sequence: int
    standing: Standing = Standing.CONFIRMED


@dataclass(frozen=True)
class Entry:
    """One thing on a day. `key` stays while it is about the same, so that a program moves an entry
    and does not double it; `stamp` is when it was last changed."""

    key: str
    kind: Kind
    day: dt.date
    title: str
    about: str
    path: str
    stamp: dt.datetime
    appointment: Appointment | None = None
    lines: tuple[str, ...] = ()

    @property
    def order(self) -> tuple[dt.date, str, str, str]:
        """Entries by day, those with a time by that."""
        time = self.appointment.starts_at.isoformat() if self.appointment else ""
        return self.day, time, self.kind.value, self.key


def calendar_file(entries: Iterable[Entry], name: str, base: str, titles: dict[str, str]) -> bytes:
    """The feed as bytes: the same entries always are the same bytes. `titles` has the kinds by value,
    `base` stands before each path."""
    feed = Calendar()
    feed.add("prodid", "-//Kawei//agenda//ZH")
    feed.add("version", "2.0")
    feed.add("method", "PUBLISH")
    feed.add("name", name)
    feed.add("x-wr-calname", name)
    feed.add("refresh-interval", REFRESH, parameters={"value": "DURATION"})
    feed.add("x-published-ttl", "PT1H")
    for entry in entries:
        feed.add_component(_event(entry, base, titles))
    return feed.to_ical()


def _event(entry: Entry, base: str, titles: dict[str, str]) -> Event:
    event, kind = Event(), titles[entry.kind.value]
    host = base.partition("://")[2].partition("/")[0]
    event.add("uid", f"{entry.key}@{host}")
    event.add("dtstamp", entry.stamp)
    _time(event, entry)
    title = " ".join(entry.title.split())
    event.add("summary", f"{kind}: {title}" if title else kind)
    said = [entry.about, *entry.lines, f"{base}{entry.path}"]
    event.add("description", "\n".join(said).strip())
    event.add("url", f"{base}{entry.path}")
    event.add("categories", [kind])
    return event


def _time(event: Event, entry: Entry) -> None:
    when = entry.appointment
    if when is None:
        event.add("dtstart", entry.day)
        event.add("dtend", entry.day + DAY)
        event.add("transp", "TRANSPARENT")  # a day on which something is due is not taken by it
        return
    event.add("dtstart", when.starts_at.astimezone(dt.UTC))
    event.add("dtend", when.ends_at.astimezone(dt.UTC))
    event.add("sequence", when.sequence)
    event.add("status", when.standing.value)
    if when.place:
        event.add("location", when.place)
    taken = when.standing is Standing.CONFIRMED
    event.add("transp", "OPAQUE" if taken else "TRANSPARENT")
