"""Drafts of definitions: rows with numbers of their own, from and to what is in force (pure).

In a draft `moves` are rows like all others, and every row has a number (`_id`) that stays with it
while rows are moved, so that what is typed into one never lands in another.
"""

import copy
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from portfolio.flows.parts import OUTER, PARTS, ROW_ID, Part
from portfolio.flows.rows import closed
from portfolio.pipeline.definition import normalised, rows_of
from portfolio.pipeline.faults import FaultyDefinition, faults

Row = Mapping[str, Any]
# What deals of a new pipeline may do before anybody says otherwise.
FIRST_MOVES: tuple[dict[str, Any], ...] = (
    {"key": "forward", "zh": "推进", "en": "Move on", "steps": 1, "primary": True},
    {"key": "back", "zh": "退回", "en": "Move back", "steps": -1, "reason": True},
    {
        "key": "skip",
        "zh": "越级",
        "en": "Skip ahead",
        "ahead": 2,
        "override": True,
        "permission": "deal.override",
    },
    {
        "key": "hold",
        "zh": "搁置",
        "en": "Put on hold",
        "to_status": "on_hold",
        "reason": True,
        "revisit_days": 180,
    },
    {"key": "resume", "zh": "恢复", "en": "Resume", "from_status": ["on_hold"], "primary": True},
    {"key": "reject", "zh": "否决", "en": "Reject", "to_status": "rejected", "reason": True},
    {
        "key": "reopen",
        "zh": "重启",
        "en": "Reopen",
        "from_status": ["rejected"],
        "evidence": True,
        "primary": True,
    },
)


def started(definition: Row) -> dict[str, Any]:
    """A draft that says what a version in force says."""
    whole = copy.deepcopy(dict(normalised(definition)))
    whole.pop("former", None)
    whole["moves"] = [{"key": key, **rule} for key, rule in whole["moves"].items()]
    for row in whole["stage"]:
        row.setdefault("committee", False)
    return _numbered(whole)


def empty(key: str, zh: str, en: str, target: str) -> dict[str, Any]:
    """A draft of a pipeline that nobody has yet: usual moves, no stages."""
    moves = copy.deepcopy(list(FIRST_MOVES))
    whole = {"key": key, "zh": zh, "en": en, "target": target, "days": "working"}
    return _numbered({**whole, "moves": moves, "stage": [], "checklist": [], "reason": []})


def copied(definition: Row, key: str, zh: str, en: str) -> dict[str, Any]:
    """A draft of a new pipeline like a known one; its stages have keys of their own."""
    whole = started(definition)
    whole |= {"key": key, "zh": zh, "en": en}
    names = {row["key"]: f"{key}_{row['key']}" for row in whole["stage"]}
    for row in whole["stage"]:
        row["key"] = names[row["key"]]
    for row in whole.get("checklist", []):
        row["stage"] = names.get(row["stage"], row["stage"])
    for rule in whole["moves"]:
        for part in ("only", "except"):
            if part in rule:
                rule[part] = [names.get(stage, stage) for stage in rule[part]]
        if "to" in rule:
            rule["to"] = names.get(rule["to"], rule["to"])
        if "jump" in rule:
            rule["jump"] = [{end: names[stage] for end, stage in j.items()} for j in rule["jump"]]
    if "late_from" in whole:
        whole["late_from"] = names.get(whole["late_from"], "")
    return whole


def _numbered(whole: dict[str, Any]) -> dict[str, Any]:
    whole["next"] = 1
    for part in (PARTS[name] for name in OUTER):
        rows = whole.setdefault(part.place, [])
        for row in rows:
            row[ROW_ID] = next_id(whole)
            for within in row.get(PARTS[part.inner].place, []) if part.inner else []:
                within[ROW_ID] = next_id(whole)
    return whole


def next_id(draft: dict[str, Any]) -> int:
    """A row's number that no row of the draft ever had."""
    draft["next"] += 1
    return int(draft["next"])


def rows_at(draft: Row, part: Part, outer_id: int | None = None) -> list[dict[str, Any]] | None:
    """The rows of a part, within an outer row where it has one; None when that row is gone."""
    if outer_id is None:
        return draft.setdefault(part.place, []) if isinstance(draft, dict) else []
    outer = outer_of(part)
    row = next((r for r in draft[outer.place] if r[ROW_ID] == outer_id), None)
    return None if row is None else row.setdefault(part.place, [])


def outer_of(part: Part) -> Part:
    """The part whose rows hold this one."""
    return next(outer for outer in PARTS.values() if outer.inner == part.key)


def replaced(
    draft: Row, part: Part, outer_id: int | None, typed: Sequence[tuple[int, dict[str, Any]]]
) -> dict[str, Any] | None:
    """A draft with the rows of a part as typed (number and values); the rows within them stay.

    None when the outer row is gone.
    """
    changed = copy.deepcopy(dict(draft))
    rows = rows_at(changed, part, outer_id)
    if rows is None:
        return None
    known = {row[ROW_ID]: row for row in rows}
    inner = PARTS[part.inner].place if part.inner else ""
    made = []
    for row_id, values in typed:
        row = closed(part, values) | {ROW_ID: row_id if row_id in known else next_id(changed)}
        if inner and inner in known.get(row_id, {}):
            row[inner] = known[row_id][inner]
        made.append(row)
    rows[:] = made
    return changed


def finished(draft: Row, version: int = 1) -> dict[str, Any]:
    """The definition that a draft stands for, with moves still as rows."""
    whole = {name: value for name, value in draft.items() if name not in {"next", "days"}}
    if draft.get("days"):
        whole["days"] = draft["days"]
    if not whole.get("late_from"):
        whole["late_from"] = ""
    return {**_without_ids(whole), "version": version}


def _without_ids(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {k: _without_ids(v) for k, v in value.items() if k != ROW_ID}
    return [_without_ids(v) for v in value] if isinstance(value, list) else value


def definition_of(draft: Row, version: int, earlier: Sequence[Row]) -> dict[str, Any]:
    """The definition to be put in force; of `earlier` ones (newest first) it keeps the titles of
    what it has no more."""
    whole = finished(draft, version)
    moves = {row["key"]: {k: v for k, v in row.items() if k != "key"} for row in whole["moves"]}
    return {**whole, "moves": moves, "former": former(whole, moves, earlier)}


def former(whole: Row, moves: Row, earlier: Sequence[Row]) -> dict[str, Any]:
    """What only earlier definitions had: stages with their position, reasons, moves once done."""
    olds = [normalised(definition) for definition in earlier]
    stages: dict[str, Any] = {}
    reasons: dict[str, Any] = {}
    done: dict[str, Any] = {}
    for old in olds:
        before = old.get("former", {})
        placed = [{**row, "position": n} for n, row in enumerate(old["stage"])]
        for row in (*placed, *before.get("stage", ())):
            kept = ("key", "zh", "en", "position", "committee")
            stages.setdefault(row["key"], {name: row[name] for name in kept if name in row})
        for row in (*old.get("reason", ()), *before.get("reason", ())):
            reasons.setdefault(row["key"], dict(row))
        for key, rule in old["moves"].items():
            done.setdefault(key, rule.get("done", {"zh": rule["zh"], "en": rule["en"]}))
        for key, titles in before.get("moves", {}).items():
            done.setdefault(key, titles)
    return {
        "stage": _but(stages, {row["key"] for row in whole["stage"]}),
        "reason": _but(reasons, {row["key"] for row in whole["reason"]}),
        "moves": {key: titles for key, titles in done.items() if key not in moves},
    }


def _but(rows: Mapping[str, Any], keys: Collection[str]) -> list[Any]:
    return [row for key, row in rows.items() if key not in keys]


@dataclass(frozen=True)
class Place:
    """Where in the editor a fault is shown: part and rows by number, and the column."""

    part: str
    outer_id: int | None
    row_id: int | None
    column: str


def faults_of(
    draft: Row, permissions: Iterable[str], elsewhere: Collection[str]
) -> list[tuple[Place, FaultyDefinition]]:
    """Every fault of a draft with its place in the editor."""
    found = faults(finished(draft), permissions, elsewhere)
    return [(_place(draft, fault.at), fault) for fault in found]


def _place(draft: Row, at: Sequence[str | int]) -> Place:
    outer = next((PARTS[n] for n in OUTER if at and PARTS[n].place == at[0]), None)
    if outer is None:
        return Place("", None, None, str(at[0]) if at else "")
    if len(at) == 1 or not isinstance(at[1], int):
        return Place(outer.key, None, None, "")
    rows = rows_of(draft[outer.place])
    row = rows[at[1]]
    inner = PARTS[outer.inner] if outer.inner else None
    if inner and len(at) > 3 and at[2] == inner.place and isinstance(at[3], int):
        within = row[inner.place][at[3]]
        return Place(inner.key, row[ROW_ID], within[ROW_ID], inner.column_at(at[4:]))
    return Place(outer.key, None, row[ROW_ID], outer.column_at(at[2:]))
