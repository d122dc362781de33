"""Which open deals a changed pipeline touches, and how (pure)."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from portfolio.flows.changes import ADDED, Change
from portfolio.kernel.dates import local_date
from portfolio.pipeline.flow import Pipeline
from portfolio.pipeline.stages import Condition

ACTIVE = "active"
EFFECTS = ("removed", "late", "gate")


@dataclass(frozen=True)
class OpenDeal:
    """A deal that is not at its end, with the version it goes by."""

    id: int
    pipeline_id: int
    stage: str
    status: str
    entered_at: dt.datetime

    @property
    def spot(self) -> tuple[int, str]:
        """Version and stage."""
        return self.pipeline_id, self.stage


def gate_ahead(flow: Pipeline, stage: str) -> tuple[Condition, ...]:
    """What is asked before the stage that deals here go on to."""
    if stage not in {s.key for s in flow.stages}:
        return ()
    goal = flow.ahead(stage, ACTIVE)
    return flow.gate(stage, goal) if goal else ()


def affected(
    flows: Mapping[int, Pipeline], new: Pipeline, deals: Iterable[OpenDeal], today: dt.date
) -> dict[str, list[int]]:
    """The ids of the deals that would stand differently under the new version, by effect.

    `removed`: their stage is no more; `late`: they would be overdue at once and are not yet;
    `gate`: the way ahead asks for more.
    """
    known = {stage.key: stage for stage in new.stages}
    found: dict[str, list[int]] = {effect: [] for effect in EFFECTS}
    more = {spot: asks_more(flows[spot[0]], new, spot[1]) for spot in {d.spot for d in deals}}
    for deal in deals:
        stage = known.get(deal.stage)
        if stage is None:
            found["removed"].append(deal.id)
            continue
        old = flows[deal.pipeline_id].stage(deal.stage)
        entered = local_date(deal.entered_at)
        standings = [s.standing(s.days(entered, today)) for s in (old, stage)]
        if deal.status == ACTIVE and standings[1] == "overdue" != standings[0]:
            found["late"].append(deal.id)
        if more[deal.spot]:
            found["gate"].append(deal.id)
    return found


def asks_more(old: Pipeline, new: Pipeline, stage: str) -> bool:
    """Whether the way ahead of a stage has conditions that it has not under the old version."""
    asked = [{(c.needs, str(c.wanted)) for c in gate_ahead(flow, stage)} for flow in (old, new)]
    return bool(asked[1] - asked[0])


def touched(
    change: Change, flows: Mapping[int, Pipeline], new: Pipeline, deals: Sequence[OpenDeal]
) -> list[int]:
    """The ids of the deals that one change touches."""
    spots = {
        spot for spot in {d.spot for d in deals} if _touches(change, flows[spot[0]], new, spot)
    }
    return [deal.id for deal in deals if deal.spot in spots]


def _touches(change: Change, old: Pipeline, new: Pipeline, spot: tuple[int, str]) -> bool:
    stage = spot[1]
    if change.part == "stages":
        ahead = new.ahead(stage, ACTIVE) if stage in {s.key for s in new.stages} else None
        return stage == change.key or (change.kind == ADDED and ahead == change.key)
    asked = [c for flow in (old, new) for c in gate_ahead(flow, stage)]
    if change.part == "conditions":
        return any((c.stage, c.key) == (change.outer, change.key) for c in asked)
    if change.part == "moves":
        return any(
            change.key in flow.moves and change.key in flow.offered(stage, ACTIVE)
            for flow in (old, new)
            if stage in {s.key for s in flow.stages}
        )
    if change.part in {"checklists", "items"}:
        name = change.outer or change.key
        items = {change.key} if change.part == "items" else set()
        return _at(name, old, stage) or _at(name, new, stage) or _wants(asked, name, items)
    return change.part == "" and any(f.column.name == "days" for f in change.fields)


def _at(checklist: str, flow: Pipeline, stage: str) -> bool:
    return any(row.key == checklist and row.stage == stage for row in flow.checklists)


def _wants(asked: Iterable[Condition], checklist: str, items: set[str]) -> bool:
    for condition in asked:
        wanted = condition.wanted if isinstance(condition.wanted, tuple) else (condition.wanted,)
        if condition.needs in {"checklists", "answered"} and checklist in wanted:
            return True
        if condition.needs in {"items", "tag"} and items & set(wanted):
            return True
    return False
