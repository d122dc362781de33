"""A pipeline version as its definition says: its stages, what may be done, what is asked (pure)."""

import datetime as dt
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from portfolio.kernel.calendar import CHINA, WorkCalendar
from portfolio.kernel.errors import InputError
from portfolio.pipeline.definition import DAYS, TARGETS, leads_to, normalised
from portfolio.pipeline.faults import check_definition
from portfolio.pipeline.kinds import MoveKind, Status
from portfolio.pipeline.stages import (
    Condition,
    Item,
    Move,
    MoveRule,
    Reason,
    Stage,
    checklist_of,
    reason_of,
    rule_of,
    stage_of,
)
from portfolio.pipeline.ways import asks

# What events are called that no definition makes.
MADE_BY_CODE = {
    kind.value: {"zh": kind.zh, "en": kind.en}
    for kind in (MoveKind.OPEN, MoveKind.CARRY, MoveKind.UNDO)
}


class Pipeline:
    """A pipeline version. Raises InputError on moves that its definition does not allow.

    A definition that does not hold together raises FaultyDefinition. What only earlier versions
    had (`former`) has titles still: deals that were carried over went through it. Working days are
    those of `calendar`.
    """

    def __init__(self, definition: Mapping[str, Any], calendar: WorkCalendar = CHINA) -> None:
        check_definition(definition)
        whole = normalised(definition)
        self.key: str = whole["key"]
        self.version: int = whole["version"]
        self.zh: str = whole["zh"]
        self.en: str = whole["en"]
        self.target: str = whole.get("target", TARGETS[0])
        self.working: bool = whole.get("days", DAYS[0]) == "working"
        self.moves = {kind: rule_of(kind, row) for kind, row in whole["moves"].items()}
        self.calendar = calendar
        self.stages = tuple(
            stage_of(n, row, self.working, calendar) for n, row in enumerate(whole["stage"])
        )
        self.checklists = tuple(checklist_of(row) for row in whole.get("checklist", ()))
        self.reasons = tuple(reason_of(row) for row in whole.get("reason", ()))
        self.late_from: str = whole.get("late_from", "")
        former = whole.get("former", {})
        self._former_stages = {
            row["key"]: stage_of(row["position"], row, self.working, calendar)
            for row in former.get("stage", ())
        }
        self._former_reasons = {row["key"]: reason_of(row) for row in former.get("reason", ())}
        self._former_moves: Mapping[str, Mapping[str, str]] = former.get("moves", {})

    @cached_property
    def _by_key(self) -> dict[str, Stage]:
        return {stage.key: stage for stage in self.stages}

    @cached_property
    def _reason_by_key(self) -> dict[str, Reason]:
        return {reason.key: reason for reason in self.reasons}

    @cached_property
    def items(self) -> dict[str, Item]:
        """The items of all checklists by key."""
        return {item.key: item for checklist in self.checklists for item in checklist.items}

    @cached_property
    def items_of(self) -> dict[str, tuple[Item, ...]]:
        """The items by checklist."""
        return {checklist.key: checklist.items for checklist in self.checklists}

    @property
    def first(self) -> Stage:
        """Where a deal begins."""
        return self.stages[0]

    def stage(self, key: str) -> Stage:
        """The stage with this key. Raises InputError `stage.unknown`."""
        if key not in self._by_key:
            raise InputError("stage.unknown", value=key)
        return self._by_key[key]

    def has(self, key: str) -> bool:
        """Whether it has a stage with this key."""
        return key in self._by_key

    def stage_then(self, key: str) -> Stage:
        """The same, also of a stage that only earlier versions had."""
        return self._former_stages[key] if key in self._former_stages else self.stage(key)

    def late(self, stage: str) -> bool:
        """Whether a deal in this stage has come so far that it is not deleted lightly."""
        return bool(self.late_from) and (
            self.stage(stage).position >= self.stage(self.late_from).position
        )

    def item(self, key: str) -> Item:
        """The item with this key. Raises InputError `check.unknown`."""
        if key not in self.items:
            raise InputError("check.unknown", value=key)
        return self.items[key]

    def reason(self, key: str) -> Reason | None:
        """The reason with this code, or None."""
        return self._reason_by_key.get(key)

    def reason_then(self, key: str) -> Reason | None:
        """The same, also a reason that only earlier versions had."""
        return self._reason_by_key.get(key) or self._former_reasons.get(key)

    def reasons_for(self, kind: str) -> list[Reason]:
        """The reasons offered for a kind of move: those of the kinds it names.

        One that asks for no code and names no kinds is told in words alone; one that asks for any
        is not offered what speaks for moving on.
        """
        rule = self.moves.get(kind)
        if rule is None or not (rule.reason_kinds or rule.reason or rule.main_reason):
            return []
        if rule.reason_kinds:
            return [reason for reason in self.reasons if reason.kind in rule.reason_kinds]
        onward = {name for row in self.moves.values() if row.primary for name in row.reason_kinds}
        return [reason for reason in self.reasons if reason.kind not in onward]

    def done_title(self, kind: str) -> Mapping[str, str]:
        """What an event of this kind is called, in both languages."""
        if kind in self.moves:
            return self.moves[kind].done
        known = MADE_BY_CODE.get(kind) or self._former_moves.get(kind)
        return known or {"zh": kind, "en": kind}

    def targets(self, kind: str, stage: str) -> list[str]:
        """Where a kind of move leads from a stage, the nearest first."""
        keys = [stage.key for stage in self.stages]
        return list(dict.fromkeys(leads_to(self.moves[kind].leads, stage, keys)))

    def kind_of(self, from_stage: str, to_stage: str, status: str = Status.ACTIVE.value) -> str:
        """Which kind of move leads from one stage to another."""
        self.stage(to_stage)
        for kind in self.offered(from_stage, status):
            if to_stage != from_stage and to_stage in self.targets(kind, from_stage):
                return kind
        raise InputError("move.not_allowed", from_stage=from_stage, to_stage=to_stage)

    def offered(self, stage: str, status: str) -> list[str]:
        """The kinds of moves that a deal here may make at all."""
        return [
            kind
            for kind, rule in self.moves.items()
            if status in rule.from_status and self.targets(kind, stage)
        ]

    def foremost(self, stage: str, status: str) -> str:
        """The kind of move that a deal here makes when nothing else is said; "" when it has none."""
        offered = self.offered(stage, status)
        foremost = (kind for kind in offered if self.moves[kind].primary)
        return next(foremost, next(iter(offered), ""))

    def ahead(self, stage: str, status: str) -> str | None:
        """The stage that the foremost move leads on to, None when none leads elsewhere."""
        for kind in self.offered(stage, status):
            target = self.targets(kind, stage)[0]
            if self.moves[kind].primary and target != stage:
                return target
        return None

    def way_back(self, stage: str, status: str) -> str:
        """The kind of move that takes a deal at rest up again where it stands, asking for nothing.

        Raises InputError `move.no_way_back` when the definition has none.
        """
        for kind in self.offered(stage, status):
            rule, here = self.moves[kind], self.targets(kind, stage)[0] == stage
            if here and rule.to_status == Status.ACTIVE.value and not asks(rule.leads):
                return kind
        raise InputError("move.no_way_back", value=stage)

    def gate(self, from_stage: str, to_stage: str) -> tuple[Condition, ...]:
        """What must be so before a deal goes from one stage on to another.

        The conditions of every stage it enters or passes; what the first stage asks for is asked
        when the deal leaves it. Going back or staying asks for nothing.
        """
        here, there = self.stage(from_stage).position, self.stage(to_stage).position
        if there <= here:
            return ()
        entered = self.stages[0 if here == 0 else here + 1 : there + 1]
        return tuple(condition for stage in entered for condition in stage.conditions)

    def goal(self, stage: str, status: str, move: Move) -> str | None:
        """The stage a move leads to, None when the deal may not make it from here."""
        if move.kind not in self.offered(stage, status):
            return None
        targets = self.targets(move.kind, stage)
        return (move.to_stage or targets[0]) if move.to_stage in ("", *targets) else None

    def faults(self, stage: str, status: str, move: Move, today: dt.date) -> Iterator[InputError]:
        """What is wrong with a move as it is asked for, in the order in which a form asks.

        Codes: `move.not_allowed`, `move.reason_missing`, `move.main_reason_missing`,
        `move.reason_unknown`, `move.reason_unfit`, `move.words_missing`, `move.revisit_missing`,
        `move.revisit_past`, `move.revisit_late`, `move.evidence_missing`.
        """
        if self.goal(stage, status, move) is None:
            yield InputError("move.not_allowed", from_stage=stage, to_stage=move.to_stage)
        rule = self.moves.get(move.kind)
        if rule is None:
            return
        if rule.evidence and not (move.evidence.strip() or move.evidence_version_id):
            yield InputError("move.evidence_missing")
        yield from self._reason_faults(rule, move)
        if rule.revisit_days is not None:
            yield from _revisit_faults(rule.revisit_days, move.revisit_on, today)

    def _reason_faults(self, rule: MoveRule, move: Move) -> Iterator[InputError]:
        if rule.main_reason and not move.reason_code:
            yield InputError("move.main_reason_missing")
        elif rule.reason and not (move.reason_code or move.note.strip()):
            yield InputError("move.reason_missing")
        for code in (move.reason_code, *move.other_reasons):
            reason = self.reason(code)
            if code and reason is None:
                yield InputError("move.reason_unknown", value=code)
            elif reason and rule.reason_kinds and reason.kind not in rule.reason_kinds:
                yield InputError("move.reason_unfit", value=reason)
        if len(move.note.strip()) < rule.words:
            yield InputError("move.words_missing", minimum=rule.words)


def _revisit_faults(
    longest: int, revisit_on: dt.date | None, today: dt.date
) -> Iterator[InputError]:
    if revisit_on is None:
        yield InputError("move.revisit_missing")
    elif revisit_on <= today:
        yield InputError("move.revisit_past")
    elif (revisit_on - today).days > longest:
        yield InputError("move.revisit_late", days=longest)
