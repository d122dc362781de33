"""The spine of a deal: its stages as stretches of time, with every event at its place (pure)."""

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from portfolio.pipeline.flow import Pipeline
from portfolio.pipeline.stages import Reason, Stage
from portfolio.pipeline.stays import Part, parts

# The way through any pipeline is drawn in so many colours, from its first stage to its last.
PARTS = 5
LONGEST_WEEKS = 12
WEEK_DAYS = {False: 7, True: 5}


@dataclass(frozen=True)
class Stretch:
    """A stay in one stage, or a rest in it: how long it lasted, and what happened at its beginning.

    `days` are those of the stretch, `stay` those of the whole stay so far, rests not counted.
    `part` says in which of PARTS equal parts of the pipeline the stage lies, from 1; `reasons`
    begin with the main one.
    """

    stage: Stage
    came_from: Stage | None
    event: Any
    within: Sequence[Any]
    days: int
    stay: int
    active: bool
    ongoing: bool
    part: int
    reasons: tuple[Reason, ...]

    @property
    def overridden(self) -> list[dict[str, str]]:
        """The conditions that were left open, with their titles in both languages."""
        return json.loads(self.event.overridden) if self.event.overridden else []

    @property
    def weeks(self) -> int:
        """How long it is drawn: begun weeks, no longer than a quarter of a year."""
        return min(LONGEST_WEEKS, -(-self.days // WEEK_DAYS[self.stage.working]))

    @property
    def standing(self) -> str:
        """How the whole stay stands, as `Stage.standing` says."""
        return self.stage.standing(self.stay)

    @property
    def over(self) -> int:
        """Days over the usual stay while the deal was worked on; 0 for a deal that was at rest."""
        return self.stage.over(self.stay) if self.active else 0


def spine(pipeline: Pipeline, events: Sequence[Any], today: dt.date) -> list[Stretch]:
    """One stretch for each time in one stage and status, newest first."""
    found: list[Stretch] = []
    for part in parts(events):
        before = found[-1].stay if found and found[-1].stage.key == part.stage else 0
        found.append(_stretch(pipeline, part, before, today))
    return found[::-1]


def _stretch(pipeline: Pipeline, part: Part, before: int, today: dt.date) -> Stretch:
    stage = pipeline.stage_then(part.stage)
    source = part.event.from_stage
    days = stage.days(part.start, part.end or today)
    return Stretch(
        stage=stage,
        came_from=pipeline.stage_then(source) if source else None,
        event=part.event,
        within=part.within,
        days=days,
        stay=before + days if part.active else before,
        active=part.active,
        ongoing=part.end is None,
        part=1 + min(stage.position * PARTS // len(pipeline.stages), PARTS - 1),
        reasons=tuple(_reasons(pipeline, part.event)),
    )


def _reasons(pipeline: Pipeline, event: Any) -> Iterator[Reason]:
    others = json.loads(event.other_reasons) if event.other_reasons else []
    for code in (event.reason_code, *others):
        if reason := pipeline.reason_then(code):
            yield reason
