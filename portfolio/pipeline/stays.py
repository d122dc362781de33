"""How long a deal stayed where, from its stage events (pure).

A stay in a stage lasts until the deal stands in another one. Only the time in which the deal was
worked on counts: a deal on hold (or rejected, until it is reopened where it stood) takes its stay
up again when it is back. An event that changes neither stage nor status leaves the stay as it is.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from portfolio.kernel.dates import local_date
from portfolio.pipeline.happened import happened
from portfolio.pipeline.kinds import Status
from portfolio.pipeline.stages import Stage


@dataclass(frozen=True)
class Part:
    """A stretch of time in one stage and status; `event` began it, `within` happened during it.

    `end` is the day on which the next part began, None for the one that goes on.
    """

    event: Any
    start: dt.date
    end: dt.date | None
    within: list[Any] = field(default_factory=list)

    @property
    def stage(self) -> str:
        """The key of the stage."""
        return str(self.event.to_stage)

    @property
    def active(self) -> bool:
        """Whether the deal was worked on."""
        return bool(self.event.to_status == Status.ACTIVE.value)


def parts(events: Sequence[Any]) -> list[Part]:
    """The parts of a deal's way, oldest first, without what was taken back; days by local dates."""
    groups: list[list[Any]] = []
    for event in happened(events):
        last = groups[-1][0] if groups else None
        if last and (last.to_stage, last.to_status) == (event.to_stage, event.to_status):
            groups[-1].append(event)
        else:
            groups.append([event])
    starts = [local_date(group[0].happened_at) for group in groups]
    ends = [later for _, later in pairwise(starts)] + [None]
    return [
        Part(group[0], start, end, group[1:])
        for group, start, end in zip(groups, starts, ends, strict=False)
    ]


def counted_before(stage: Stage, events: Sequence[Any], today: dt.date) -> int:
    """Days that the stay in this stage, the latest, has lasted so far."""
    days = 0
    for part in reversed(parts(events)):
        if part.stage != stage.key:
            break
        days += stage.days(part.start, part.end or today) if part.active else 0
    return days
