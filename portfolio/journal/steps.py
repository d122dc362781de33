"""What an act did to each row, step by step, and how that is kept (pure)."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Step:
    """One row before and after one write; None where it did not exist. Plain JSON values."""

    table: str
    id: int
    before: dict[str, Any] | None
    after: dict[str, Any] | None


@dataclass
class Recording:
    """The steps of an act in their order."""

    steps: list[Step] = field(default_factory=list)

    def note(self, table: str, row_id: int, before: Any, after: Any) -> None:
        """Keep one step; one that changed nothing is none."""
        if before != after:
            self.steps.append(Step(table, row_id, before, after))

    def as_payload(self, but: Iterable[str] = ()) -> list[list[Any]]:
        """Steps for keeping: of a change the columns it changed and a digest of the row left.

        `but` names tables whose rows are never taken back, because facts are appended to them.
        """
        left = set(but)
        return [
            [s.table, s.id, _changed_columns(s), digest_of(s.after)]
            for s in self.steps
            if s.table not in left
        ]


def _changed_columns(step: Step) -> dict[str, Any] | None:
    if step.before is None or step.after is None:
        return step.before
    return {k: v for k, v in step.before.items() if step.after[k] != v}


def digest_of(row: Mapping[str, Any] | None) -> str | None:
    """What tells whether a row was changed. Its version number does not: that never goes back,
    so that an act can be taken back after those that followed it were."""
    if row is None:
        return None
    said = {name: value for name, value in row.items() if name != "version"}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:24]
