"""What a pipeline's definition says: its stages, reasons, and which moves it allows (pure)."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from portfolio.kernel.errors import InputError


@dataclass(frozen=True)
class Stage:
    """One stage; `target_days` and `warn_days` are calendar days, None where there is no limit."""

    key: str
    zh: str
    en: str
    position: int
    target_days: int | None
    warn_days: int | None
    entry_zh: str
    entry_en: str

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
class Reason:
    """A reason code of a kind: pass, reject or hold."""

    key: str
    kind: str
    zh: str
    en: str


@dataclass(frozen=True)
class Move:
    """A move that is asked for: its kind and, where the kind leaves it open, the stage."""

    kind: str
    to_stage: str = ""
    reason_code: str = ""
    note: str = ""
    revisit_on: dt.date | None = None
    withdrawn_by: str = ""


class Pipeline:
    """A pipeline version. Raises InputError on moves that its definition does not allow."""

    def __init__(self, definition: Mapping[str, Any]) -> None:
        self.key: str = definition["key"]
        self.version: int = definition["version"]
        self.zh: str = definition["zh"]
        self.en: str = definition["en"]
        self.moves: Mapping[str, Any] = definition["moves"]
        self.stages = tuple(_stage(n, row) for n, row in enumerate(definition["stage"]))
        self.reasons = tuple(
            Reason(row["key"], row["kind"], row["zh"], row["en"]) for row in definition["reason"]
        )

    @cached_property
    def _by_key(self) -> dict[str, Stage]:
        return {stage.key: stage for stage in self.stages}

    @cached_property
    def _reason_by_key(self) -> dict[str, Reason]:
        return {reason.key: reason for reason in self.reasons}

    @property
    def first(self) -> Stage:
        """Where a deal begins."""
        return self.stages[0]

    def stage(self, key: str) -> Stage:
        """The stage with this key. Raises InputError `stage.unknown`."""
        if key not in self._by_key:
            raise InputError("stage.unknown", value=key)
        return self._by_key[key]

    def reason(self, key: str) -> Reason | None:
        """The reason with this code, or None."""
        return self._reason_by_key.get(key)

    def reasons_for(self, kind: str) -> list[Reason]:
        """The reasons offered for a kind of move."""
        wanted = {"reject": {"reject"}, "hold": {"hold"}, "withdraw": {"reject"}}.get(kind)
        return [r for r in self.reasons if wanted is None or r.kind in wanted]

    def kind_of(self, from_stage: str, to_stage: str) -> str:
        """Which kind of move leads from one stage to another."""
        step = self.stage(to_stage).position - self.stage(from_stage).position
        if step == self.moves["forward"]["steps"]:
            return "forward"
        jumps = [(j["from"], j["to"]) for j in self.moves["jump"]]
        if step == self.moves["back"]["steps"] or (from_stage, to_stage) in jumps:
            return "back"
        if step > 0:
            return "skip"
        raise InputError("move.not_allowed", from_stage=from_stage, to_stage=to_stage)

    def offered(self, stage: str, status: str) -> list[str]:
        """The kinds of moves that a deal here may make at all."""
        if status == "on_hold":
            return ["resume"]
        if status == "rejected":
            return ["reopen"]
        if status != "active":
            return []
        position = self.stage(stage).position
        kinds = [k for k in self.moves if k not in {"resume", "reopen", "jump"}]
        return [k for k in kinds if self._reaches(k, stage, position)]

    def _reaches(self, kind: str, stage: str, position: int) -> bool:
        rule = self.moves[kind]
        if stage in rule.get("except", ()) or stage not in rule.get("only", (stage,)):
            return False
        if kind == "forward":
            return position + 1 < len(self.stages)
        if kind == "back":
            return position > 0
        return kind != "skip" or position + 2 < len(self.stages)

    def check(self, stage: str, status: str, move: Move, today: dt.date) -> tuple[str, str]:
        """The stage and status after a move. Raises InputError with what is wrong.

        Codes: `move.not_allowed`, `move.reason_missing`, `move.reason_unknown`,
        `move.revisit_missing`, `move.revisit_past`, `move.revisit_late`.
        """
        if move.kind not in self.offered(stage, status):
            raise InputError("move.not_allowed", from_stage=stage, to_stage=move.to_stage)
        rule = self.moves[move.kind]
        self._check_reason(rule, move)
        if "revisit_days" in rule:
            _check_revisit(rule["revisit_days"], move.revisit_on, today)
        return self._target(stage, move, rule), STATUS_AFTER.get(move.kind, "active")

    def _check_reason(self, rule: Mapping[str, Any], move: Move) -> None:
        if rule.get("reason") and not (move.reason_code or move.note.strip()):
            raise InputError("move.reason_missing")
        if move.reason_code and move.reason_code not in self._reason_by_key:
            raise InputError("move.reason_unknown", value=move.reason_code)

    def _target(self, stage: str, move: Move, rule: Mapping[str, Any]) -> str:
        if move.kind == "reopen":
            return str(rule["to"])
        if move.kind not in {"forward", "back", "skip"}:
            return stage
        position = self.stage(stage).position
        if move.kind in {"forward", "back"} and not move.to_stage:
            return self.stages[position + rule["steps"]].key
        if self.kind_of(stage, move.to_stage) != move.kind:
            raise InputError("move.not_allowed", from_stage=stage, to_stage=move.to_stage)
        return move.to_stage


STATUS_AFTER = {
    "hold": "on_hold",
    "reject": "rejected",
    "withdraw": "withdrawn",
    "lapse": "lapsed",
    "terminate": "terminated",
}


def _check_revisit(longest: int, revisit_on: dt.date | None, today: dt.date) -> None:
    if revisit_on is None:
        raise InputError("move.revisit_missing")
    if revisit_on <= today:
        raise InputError("move.revisit_past")
    if (revisit_on - today).days > longest:
        raise InputError("move.revisit_late", days=longest)


def _stage(position: int, row: Mapping[str, Any]) -> Stage:
    return Stage(
        key=row["key"],
        zh=row["zh"],
        en=row["en"],
        position=position,
        target_days=row.get("target_days"),
        warn_days=row.get("warn_days"),
        entry_zh=row["entry"]["zh"],
        entry_en=row["entry"]["en"],
    )
