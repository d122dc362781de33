"""The spine of a deal: its stages as stretches of time, with every event at its place (pure)."""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from portfolio.kernel.dates import local_date
from portfolio.pipeline.happened import happened
from portfolio.pipeline.stages import Pipeline, Stage


@dataclass(frozen=True)
class Stretch:
    """A stay in one stage: how long it lasted, and what happened at its beginning."""

    stage: Stage
    event: Any
    days: int
    standing: str
    ongoing: bool

    @property
    def overridden(self) -> list[dict[str, str]]:
        """The conditions that were left open, with their titles in both languages."""
        return json.loads(self.event.overridden) if self.event.overridden else []


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
        stretches.append(Stretch(stage, event, days, stage.standing(days), last))
    return stretches[::-1]
