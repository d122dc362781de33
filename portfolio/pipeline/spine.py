"""The spine of a deal: its stages as stretches of time, with every event at its place (pure)."""

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from portfolio.kernel.dates import local_date
from portfolio.pipeline.happened import happened
from portfolio.pipeline.stages import Pipeline, Reason, Stage

# The way through any pipeline is drawn in so many colours, from its first stage to its last.
PARTS = 5
LONGEST_WEEKS = 12


@dataclass(frozen=True)
class Stretch:
    """A stay in one stage: how long it lasted, and what happened at its beginning.

    `part` says in which of PARTS equal parts of the pipeline the stage lies, from 1; `reasons`
    begin with the main one.
    """

    stage: Stage
    event: Any
    days: int
    standing: str
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
        return min(LONGEST_WEEKS, -(-self.days // 7))

    @property
    def over(self) -> int:
        """Days over the usual stay while the deal was worked on; 0 for a deal that was at rest."""
        return self.stage.over(self.days) if self.event.to_status == "active" else 0


def spine(pipeline: Pipeline, events: Sequence[Any], today: dt.date) -> list[Stretch]:
    """One stretch for each event that was not taken back, newest first.

    Days are calendar days by local dates.
    """
    stretches = []
    kept = happened(events)
    for number, event in enumerate(kept):
        start = local_date(event.happened_at)
        last = number == len(kept) - 1
        end = today if last else local_date(kept[number + 1].happened_at)
        stage = pipeline.stage(event.to_stage)
        days = max(0, (end - start).days)
        part = 1 + stage.position * PARTS // len(pipeline.stages)
        reasons = tuple(_reasons(pipeline, event))
        stretches.append(Stretch(stage, event, days, stage.standing(days), last, part, reasons))
    return stretches[::-1]


def _reasons(pipeline: Pipeline, event: Any) -> Iterator[Reason]:
    others = json.loads(event.other_reasons) if event.other_reasons else []
    for code in (event.reason_code, *others):
        if reason := pipeline.reason(code):
            yield reason
