"""How long a deal stayed where, from its stage events (pure).

A stay in a stage lasts until the deal stands in another one. Only the time in which the deal was
worked on counts: a deal on hold (or rejected, until it is reopened where it stood) takes its stay
up again when it is back. An event that changes neither stage nor status leaves the stay as it is.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple

from portfolio.kernel.dates import local_date
from portfolio.pipeline.happened import happened
from portfolio.pipeline.kinds import Status
from portfolio.pipeline.stages import Stage

ACTIVE = Status.ACTIVE.value


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
        return bool(self.event.to_status == ACTIVE)


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


class Stay(NamedTuple):
    """A deal's time in one stage, from the step at place `first` until it stood in another stage.

    `spans` are the stretches in which it was worked on, each from a day to a day; one that goes on
    has None for its end.
    """

    stage: str
    first: int
    spans: list[tuple[Any, Any]]


def stays(steps: Iterable[tuple[str, str, Any]]) -> list[Stay]:
    """The stays of a deal from its steps (stage, status, day), oldest first, without what was taken
    back; days are dates or their ordinals."""
    found: list[Stay] = []
    begun = None
    for place, (stage, status, day) in enumerate(steps):
        elsewhere = not found or found[-1].stage != stage
        active = status == ACTIVE
        if begun is not None and (elsewhere or not active):
            found[-1].spans.append((begun, day))
            begun = None
        if elsewhere:
            found.append(Stay(stage, place, []))
        if active and begun is None:
            begun = day
    if begun is not None:
        found[-1].spans.append((begun, None))
    return found


def counted_before(stage: Stage, events: Sequence[Any], today: dt.date) -> int:
    """Days that the stay in this stage, the latest, has lasted so far."""
    steps = ((e.to_stage, e.to_status, local_date(e.happened_at)) for e in happened(events))
    latest = next(reversed(stays(steps)), None)
    if latest is None or latest.stage != stage.key:
        return 0
    return sum(stage.days(start, end or today) for start, end in latest.spans)
