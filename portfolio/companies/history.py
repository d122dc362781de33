"""The history of a record as people read it: one line per act, made from audit entries (pure)."""

import datetime as dt
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from types import SimpleNamespace
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from portfolio.audit.titles import action_title, column_title, kind_title
from portfolio.audit.words import MASK, Tellers
from portfolio.kernel.dates import SHANGHAI
from portfolio.kernel.money import format_money
from portfolio.kernel.numbers import from_micro
from portfolio.kernel.titles import titled
from portfolio.rulebook.metrics import Metric, dictionary
from portfolio.rulebook.titles import exactly

# The column that says in a word which object an entry is about.
# The column that says why something was added, told along with it.
SAYS_WHY = {"deal_grant": "reason"}
NAMED_BY = {
    "company_name": "name",
    "stock_code": "code",
    "contact": "name",
    "task": "title",
    "document": "title",
    "document_version": "filename",
    "chokepoint_tag": "technology",
    "chokepoint_evidence": "technology",
    "activity": "text",
    "equity_round": "lead_investor",
    "deal_member": "user_id",
    "deal_grant": "user_id",
    "meeting_person": "user_id",
    "agenda_item": "meeting_id",
}
# What only the system reads, and what another entry of the same act says better.
UNSAID = frozenset(
    [
        *("id", "company_id", "deal_id", "pipeline_id", "target_vehicle_id", "batch_id"),
        *("code", "version", "stage", "status", "sha256", "media_type", "deleted_at"),
        *("created_at", "updated_at", "recorded_at", "stage_entered_at", "granted_at"),
        *("created_by_id", "recorded_by_id", "latest_revenue_fen", "latest_revenue_year"),
        *("superseded_at", "undoes_id", "card_id"),
        *("first_read_at", "second_read_at"),
    ]
)
PEOPLE = frozenset(
    [
        *("verified_by_id", "user_id", "owner_id", "created_by_id", "recorded_by_id", "actor_id"),
        *("first_reader_id", "second_reader_id", "withdrawn_by_id", "presenter_id"),
    ]
)
# What an act did as a whole is said first, of its figures there may be hundreds.
PLACES = {"company_merge": 0, "figure": 2}
YES_NO = {True: ("是", "Yes"), False: ("否", "No")}
NOT_AUDITED = {"zh": "未审计", "en": "Not audited"}
UNDECIDED = {"zh": "并列待定", "en": "Beside it, undecided"}
NOT_KNOWN = {"zh": "未知", "en": "not known"}
LONGEST = 80
# Columns of which some values have a title and all others are free texts.
FREE = frozenset([("document", "kind")])
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT")


@dataclass(frozen=True)
class Words:
    """How values are told: people by name, keys by title; `titles` by kind, column and value.

    `restorable` holds the columns of each kind that a button may set back, `merges` what is told
    of each merge beside its entries, and `tellers` read what is kept as a text for programs. `forms`
    names the form that a kind was filled in by, where its columns are called otherwise there.
    """

    locale: str = "zh"
    zone: ZoneInfo = SHANGHAI
    people: Mapping[int, str] = field(default_factory=dict)
    titles: Mapping[tuple[str, str], Mapping[Any, str]] = field(default_factory=dict)
    restorable: Mapping[str, frozenset[str]] = field(default_factory=dict)
    merges: Mapping[int, Sequence["Detail"]] = field(default_factory=dict)
    tellers: Tellers = field(default_factory=dict)
    forms: Mapping[str, str] = field(default_factory=dict)

    def of(self, kind: str, column: str, value: Any) -> str:
        """A value in words; empty for none."""
        if value is None or value == "":
            return ""
        if isinstance(value, bool):
            return YES_NO[value][self.locale == "en"]
        if column in PEOPLE and isinstance(value, int):
            return self.people.get(value, "—")
        known = self.titles.get((kind, column))
        if known is not None:
            free = value == MASK or (kind, column) in FREE
            return known.get(value, _short(value) if free else "—")
        if (kind, column) in self.tellers and value != MASK:
            return _short(self.tellers[kind, column](value))
        if column.endswith("_fen") and isinstance(value, int):
            return format_money(value, self.locale)
        return _short(_on_the_clock(value, self.zone))


def _on_the_clock(value: Any, zone: ZoneInfo) -> Any:
    """An instant of the trail as readers' clocks have it; anything else as it is."""
    if not isinstance(value, str) or not INSTANT.match(value):
        return value
    return dt.datetime.fromisoformat(value).astimezone(zone).strftime("%Y-%m-%d %H:%M")


class Line(Protocol):
    """What of an audit entry is read here."""

    seq: int
    at: dt.datetime
    actor_name: str
    action: str
    object_type: str
    object_id: int | None
    changes: tuple[tuple[str, Any, Any], ...]


@dataclass(frozen=True)
class Detail:
    """One thing that changed: before is empty for what was added, after for what went.

    `column` is filled where the former value of the object's column can be set back.
    """

    label: str
    before: str
    after: str
    kind: str = ""
    object_id: int = 0
    seq: int = 0
    column: str = ""


@dataclass(frozen=True)
class Act:
    """What one person did at one moment."""

    at: dt.datetime
    actor_name: str
    title: str
    details: Sequence[Detail]


def acts(lines: Iterable[Any], words: Words, most: int = 12) -> list[Act]:
    """The newest acts by the time they tell of: a history that was loaded is dated back."""
    found = []
    by_time = sorted(lines, key=lambda line: line.at, reverse=True)
    for (at, actor, action), group in groupby(by_time, lambda e: (e.at, e.actor_name, e.action)):
        told = sorted(group, key=lambda line: (PLACES.get(line.object_type, 1), line.seq))
        # A task that each of a team gets is told once.
        details = list(dict.fromkeys(d for line in told for d in _details(line, words)))
        found.append(Act(at, actor, action_title(action, words.locale), details))
        if len(found) == most:
            break
    return found


def _details(line: Line, words: Words) -> Iterator[Detail]:
    values = {name: (before, after) for name, before, after in line.changes}
    if line.object_type == "figure":
        yield from _figure(values, words.locale)
    elif line.object_type == "stage_event":
        yield from _stage_event(values, words)
    elif line.object_type == "company_merge":
        yield from words.merges.get(line.object_id or 0, ())
    elif line.object_type == "deal_terms":
        return  # the deal's own entry says from what to what
    elif "id" not in values:
        yield from _columns(line, words)
    elif name := NAMED_BY.get(line.object_type):
        yield from _one(line, name, kind_title(line.object_type, words.locale), values, words)
        if why := SAYS_WHY.get(line.object_type):
            yield from _one(line, why, column_title(why, words.locale), values, words)


def _one(
    line: Line, name: str, label: str, values: dict[str, tuple[Any, Any]], words: Words
) -> Iterator[Detail]:
    """One column of what was added or went, as far as it says something."""
    pair = values.get(name, (None, None))
    before, after = (words.of(line.object_type, name, value) for value in pair)
    if before or after:
        yield Detail(label, before, after)


def _columns(line: Line, words: Words) -> Iterator[Detail]:
    kind = line.object_type
    for name, before, after in line.changes:
        label = column_title(name, words.locale, words.forms.get(kind, kind))
        unsaid = name in UNSAID and (kind, name) not in words.titles
        if unsaid or label == name:  # what has no title is the system's own
            continue
        if kind not in {"company", "deal"}:
            label = f"{kind_title(kind, words.locale)} · {label}"
        old, new = words.of(kind, name, before), words.of(kind, name, after)
        back = name in words.restorable.get(kind, ()) and before != MASK
        yield Detail(
            label, old, new, kind, line.object_id or 0, line.seq, column=name if back else ""
        )


def _stage_event(values: dict[str, tuple[Any, Any]], words: Words) -> Iterator[Detail]:
    """From where to where a deal went, in stage and in status, and the reason for it."""
    told = {name: after for name, (_, after) in values.items()}
    for part in ("stage", "status"):
        before, after = told.get(f"from_{part}"), told.get(f"to_{part}")
        if before is not None and before != after:
            old, new = (words.of("stage_event", part, value) for value in (before, after))
            yield Detail(column_title(part, words.locale), old, new)
    if text := words.of("stage_event", "reason_code", told.get("reason_code")):
        yield Detail(column_title("reason_code", words.locale), "", text)
    if codes := json.loads(told.get("other_reasons") or "[]"):
        text = "、".join(words.of("stage_event", "reason_code", code) for code in codes)
        yield Detail(column_title("other_reasons", words.locale), "", text)
    for name in ("note", "revisit_on"):
        if text := words.of("stage_event", name, told.get(name)):
            yield Detail(column_title(name, words.locale), "", text)


def _figure(values: dict[str, tuple[Any, Any]], locale: str) -> Iterator[Detail]:
    """A figure that was stated; the row it took the place of is closed without a word."""
    stated = {name: after for name, (_, after) in values.items()}
    metric = dictionary().get(stated.get("metric", ""))
    if metric is not None:
        names = ("fiscal_year", "micro", "choice", "audited", "disputed")
        yield figure_told(metric, SimpleNamespace(**{n: stated.get(n) for n in names}), locale)


def figure_told(metric: Metric, row: Any, locale: str, before: Any = None) -> Detail:
    """A figure in words, and the one whose place it took."""
    title = titled(metric, locale)
    label = f"{title} {row.fiscal_year}" if row.fiscal_year else title
    old = _value(metric, before, locale) if before is not None else ""
    return Detail(label, old, _value(metric, row, locale))


def _value(metric: Metric, row: Any, locale: str) -> str:
    if row.micro is not None:
        value = exactly(metric, from_micro(row.micro))[locale]
    else:
        value = metric.option_title(row.choice, locale) if row.choice else titled(NOT_KNOWN, locale)
    marks = [titled(NOT_AUDITED, locale)] if row.audited is False else []
    marks += [titled(UNDECIDED, locale)] if row.disputed else []
    return " · ".join([value, *marks])


def _short(value: Any) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
