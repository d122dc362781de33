"""How far the checklists of a deal have come (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from portfolio.pipeline.flow import Pipeline
from portfolio.pipeline.gates import STATES, Check, CheckState, settled
from portfolio.pipeline.stages import Checklist, Item


@dataclass(frozen=True)
class ItemLine:
    """An item with what was last said of it, None when nothing was."""

    item: Item
    row: Any
    state: CheckState
    settled: bool

    @property
    def waits(self) -> bool:
        """Whether it is done and waits for another person to check it."""
        done = self.state in {CheckState.DONE, CheckState.NA}
        return done and self.item.verify and not self.settled


@dataclass(frozen=True)
class Progress:
    """A checklist with how far it has come; `begun` when the deal has reached its stage.

    `open` is the one to look at now.
    """

    checklist: Checklist
    lines: tuple[ItemLine, ...]
    begun: bool
    open: bool = False

    @property
    def settled(self) -> int:
        """How many items are settled."""
        return sum(line.settled for line in self.lines)

    @property
    def must(self) -> int:
        """How many are mandatory."""
        return sum(line.item.must for line in self.lines)

    @property
    def must_settled(self) -> int:
        """How many of those are settled."""
        return sum(line.item.must and line.settled for line in self.lines)


def progress(pipeline: Pipeline, said: Mapping[str, Any], stage: str) -> list[Progress]:
    """Every checklist of a pipeline with what is said of its items, in the order of stages.

    Open is the first unfinished one of the stage where the deal stands.
    """
    lists = sorted(pipeline.checklists, key=lambda row: pipeline.stage(row.stage).position)
    here = pipeline.stage(stage).position
    found = [
        Progress(
            row,
            tuple(_line(item, said.get(item.key)) for item in row.items),
            begun=pipeline.stage(row.stage).position <= here,
        )
        for row in lists
    ]
    now = [p for p in found if p.checklist.stage == stage and p.settled < len(p.lines)]
    return [replace(p, open=p in now[:1]) for p in found]


def _line(item: Item, row: Any) -> ItemLine:
    if row is None:
        return ItemLine(item, None, CheckState.TODO, settled=False)
    check = Check(STATES[row.state], row.verified_by_id is not None)
    return ItemLine(item, row, check.state, settled=settled(item, check))
