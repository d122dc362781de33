"""The parts of a pipeline: stages, conditions, checklists, reasons, moves and their rules (pure)."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from portfolio.kernel.calendar import CHINA, DAY, WorkCalendar
from portfolio.kernel.dates import local_date
from portfolio.pipeline.kinds import Status


@dataclass(frozen=True)
class Stage:
    """One stage; `target_days` and `warn_days` are None where there is no limit.

    Days are working days by `calendar` where `working` is set, calendar days elsewhere; by local
    dates always.
    `committee` says that deals stand before the investment committee here.
    """

    key: str
    zh: str
    en: str
    position: int
    target_days: int | None
    warn_days: int | None
    entry_zh: str
    entry_en: str
    conditions: tuple["Condition", ...] = ()
    working: bool = False
    committee: bool = False
    calendar: WorkCalendar = field(default=CHINA, compare=False, repr=False)

    def days(self, start: dt.date, end: dt.date) -> int:
        """Days of a stay from one day to another: those after `start`, up to and with `end`."""
        if self.working:
            return self.calendar.working_days_between(start, end)
        return max(0, (end - start).days)

    def days_since(self, entered: dt.datetime, until: dt.datetime) -> int:
        """Days of a stay from one instant to another."""
        return self.days(local_date(entered), local_date(until))

    def latest_start(self, end: dt.date, days: int) -> dt.date:
        """The latest day on which a stay began that has lasted `days` days at `end`."""
        return self.calendar.latest_start(end, days) if self.working else end - max(0, days) * DAY

    def late_until(self, today: dt.date) -> dt.date | None:
        """A stay that began on this day or before is longer than usual; None when none ever is."""
        if self.usual_days is None:
            return None
        return self.latest_start(today, self.usual_days + 1)

    def overdue_until(self, today: dt.date) -> dt.date | None:
        """A stay that began on this day or before is past the limit; None where there is none."""
        if self.limit_days is None:
            return None
        return self.latest_start(today, self.limit_days + 1)

    @property
    def limit_days(self) -> int | None:
        """From how many days on a deal here is overdue."""
        return self.warn_days or self.target_days

    @property
    def usual_days(self) -> int | None:
        """The usual longest stay, from which every count of days over begins."""
        return self.warn_days if self.target_days is None else self.target_days

    def over(self, days: int) -> int:
        """By how many days a stay is longer than usual; 0 when it is not, or nothing is usual."""
        return 0 if self.usual_days is None else max(0, days - self.usual_days)

    def standing(self, days: int) -> str:
        """`on_time`, `due` (longer than usual) or `overdue` (past the limit)."""
        if self.limit_days is not None and days > self.limit_days:
            return "overdue"
        return "due" if self.target_days is not None and days > self.target_days else "on_time"


@dataclass(frozen=True)
class Condition:
    """What must be so before a deal enters `stage`; `needs` is one word of the language."""

    stage: str
    key: str
    zh: str
    en: str
    needs: str
    wanted: Any


@dataclass(frozen=True)
class Item:
    """One item of a checklist; `proof` says what is wanted as proof, where that is not plain."""

    key: str
    zh: str
    en: str
    must: bool
    verify: bool
    verdict: bool
    proof: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Checklist:
    """Items that belong to a stage."""

    key: str
    stage: str
    zh: str
    en: str
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Reason:
    """A reason code of a kind: pass, reject or hold."""

    key: str
    kind: str
    zh: str
    en: str


@dataclass(frozen=True)
class Move:
    """A move that is asked for: its kind and, where the kind leaves it open, the stage.

    `override` is the reason to move on although conditions are open; `other_reasons` are codes
    beside the main one.
    """

    kind: str
    to_stage: str = ""
    reason_code: str = ""
    note: str = ""
    revisit_on: dt.date | None = None
    other_reasons: tuple[str, ...] = ()
    withdrawn_by: str = ""
    evidence: str = ""
    evidence_version_id: int | None = None
    override: str = ""


@dataclass(frozen=True)
class MoveRule:
    """What the definition says of one kind of move; `leads` is its own row of the definition.

    With `reason` it needs a code or a note, with `main_reason` a code; `words` is the least number
    of characters of the note.
    """

    kind: str
    zh: str
    en: str
    done: Mapping[str, str]
    from_status: tuple[str, ...]
    to_status: str
    reason: bool
    reason_kinds: tuple[str, ...]
    main_reason: bool
    words: int
    permission: str
    revisit_days: int | None
    evidence: bool
    override: bool
    withdrawn_by: bool
    primary: bool
    leads: Mapping[str, Any]


def rule_of(kind: str, row: Mapping[str, Any]) -> MoveRule:
    """What a row of the definition says of one kind of move."""
    return MoveRule(
        kind=kind,
        zh=row["zh"],
        en=row["en"],
        done=row.get("done", {"zh": row["zh"], "en": row["en"]}),
        from_status=tuple(row.get("from_status", (Status.ACTIVE.value,))),
        to_status=row.get("to_status", Status.ACTIVE.value),
        reason=bool(row.get("reason")),
        reason_kinds=tuple(row.get("reasons", ())),
        main_reason=bool(row.get("main_reason")),
        words=row.get("words", 0),
        permission=row.get("permission", ""),
        revisit_days=row.get("revisit_days"),
        evidence=bool(row.get("evidence")),
        override=bool(row.get("override")),
        withdrawn_by=bool(row.get("withdrawn_by")),
        primary=bool(row.get("primary")),
        leads=row,
    )


def reason_of(row: Mapping[str, Any]) -> Reason:
    """The reason that a row of the definition is."""
    return Reason(row["key"], row["kind"], row["zh"], row["en"])


def checklist_of(row: Mapping[str, Any]) -> Checklist:
    """The checklist that a row of the definition is, with its items."""
    verify, verdict = bool(row.get("verify")), bool(row.get("verdict"))
    items = tuple(
        Item(
            key=item["key"],
            zh=item["zh"],
            en=item["en"],
            must=bool(item.get("must")),
            verify=verify and bool(item.get("must")),
            verdict=verdict,
            proof=item.get("proof"),
        )
        for item in row["item"]
    )
    return Checklist(row["key"], row["stage"], row["zh"], row["en"], items)


def condition_of(stage: str, row: Mapping[str, Any]) -> Condition:
    """The condition that a row of a stage is."""
    ((needs, wanted),) = row["needs"].items()
    named = tuple(wanted) if isinstance(wanted, list) else wanted
    return Condition(stage, row["key"], row["zh"], row["en"], needs, named)


def stage_of(
    position: int, row: Mapping[str, Any], working: bool, calendar: WorkCalendar = CHINA
) -> Stage:
    """The stage that a row of the definition is; `working` says how its days count."""
    return Stage(
        key=row["key"],
        zh=row["zh"],
        en=row["en"],
        position=position,
        target_days=row.get("target_days"),
        warn_days=row.get("warn_days"),
        entry_zh=row.get("entry", {}).get("zh", ""),
        entry_en=row.get("entry", {}).get("en", ""),
        conditions=tuple(condition_of(row["key"], part) for part in row.get("condition", ())),
        working=working,
        committee=bool(row.get("committee")),
        calendar=calendar,
    )
