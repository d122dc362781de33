"""The lines of a digest: plain values, no words of any language (pure)."""

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

ACTIVE = "active"
ON_HOLD = "on_hold"
REJECTED = "rejected"
DECIDED = frozenset({REJECTED, "withdrawn", "lapsed", "terminated", "merged"})
NONE: frozenset[int] = frozenset()
_PLACE = re.compile(r"/([a-z]+)/(\d+)")


class Line:
    """Something that is told. What it names is checked again right before the mail is sent."""

    path: str

    @property
    def deals(self) -> frozenset[int]:
        """The deals that it names."""
        return _numbers("deals", (self.path,))

    @property
    def by_code(self) -> frozenset[int]:
        """Those of them that are confidential, which it names by their codes alone."""
        return NONE

    @property
    def terms(self) -> frozenset[int]:
        """The deals of which it tells terms."""
        return NONE

    @property
    def companies(self) -> frozenset[int]:
        """The companies that it names."""
        return _numbers("companies", (self.path,))

    @property
    def meetings(self) -> frozenset[int]:
        """The meetings that it names."""
        return _numbers("meetings", (self.path,))

    @property
    def overriding(self) -> frozenset[int]:
        """The deals of which it tells overriding."""
        return NONE


def _numbers(what: str, paths: Iterable[str]) -> frozenset[int]:
    found = (_PLACE.match(path) for path in paths)
    return frozenset(int(m[2]) for m in found if m is not None and m[1] == what)


@dataclass(frozen=True)
class DealLine(Line):
    """The deal a line is about; `mine` says that the reader owns it. `amount_fen` is None where unknown or
    not for this reader; of a `walled` one the name is its code."""

    deal_id: int
    name: str
    mine: bool
    owner: str
    amount_fen: int | None = None
    walled: bool = False
    owner_id: int = 0

    @property
    def path(self) -> str:  # type: ignore[override]
        """Where the line leads."""
        return f"/deals/{self.deal_id}"


class AboutDeal(Line):
    """A line about one deal."""

    deal: DealLine

    @property
    def path(self) -> str:  # type: ignore[override]
        """Where the line leads."""
        return self.deal.path

    @property
    def by_code(self) -> frozenset[int]:
        """The deal, where it is confidential."""
        return frozenset({self.deal.deal_id}) if self.deal.walled else NONE

    @property
    def terms(self) -> frozenset[int]:
        """The deal, where its amount is told."""
        return NONE if self.deal.amount_fen is None else frozenset({self.deal.deal_id})


@dataclass(frozen=True)
class Change(AboutDeal):
    """What became of a deal: stages and statuses are titled values, None before opening; `flow` is the
    key of its pipeline, `passed` the stage of a committee that it went through on the way, `reason` the
    main one that was chosen, titled; `overrode` are the conditions left open where somebody skipped
    stages or moved on all the same, else None."""

    deal: DealLine
    at: dt.datetime
    by: str
    from_stage: Any
    to_stage: Any
    from_status: Any
    to_status: Any
    note: str = ""
    flow: str = ""
    passed: Any = None
    reason: Any = None
    overrode: Sequence[Any] | None = None

    @property
    def overriding(self) -> frozenset[int]:
        """The deal, where it says that somebody overrode something."""
        return NONE if self.overrode is None else frozenset({self.deal.deal_id})

    @property
    def changed_status(self) -> bool:
        """Whether the status differs, and not only the stage; a new deal begins active."""
        before: str = self.from_status.value if self.from_status else ACTIVE
        return bool(before != self.to_status.value)

    @property
    def came_back(self) -> bool:
        """Whether it came back from hold by itself, on the day to look again."""
        held = self.from_status is not None and self.from_status.value == ON_HOLD
        return held and not self.by and self.to_status.value == ACTIVE

    @property
    def decision(self) -> bool:
        """Whether somebody decided: an ending, or the way out of the committee."""
        return self.ended or self.passed is not None or self.onward_from_committee

    @property
    def ended(self) -> bool:
        """Whether it ended."""
        return bool(self.changed_status and self.to_status.value in DECIDED)

    @property
    def onward_from_committee(self) -> bool:
        """Whether it was with the committee before and stands further on now."""
        left = self.from_stage is not None and self.from_stage.committee
        return bool(left and self.beyond(self.from_stage))

    def beyond(self, stage: Any) -> bool:
        """Whether it stands further on than a stage of its pipeline."""
        return bool(self.to_stage.position > stage.position)

    @property
    def forward(self) -> bool:
        """Whether a deal that there was stands further on."""
        return self.from_stage is not None and self.beyond(self.from_stage)


@dataclass(frozen=True)
class OverrideLine(AboutDeal):
    """A deal that skipped stages or went on with conditions open, with the reason given."""

    deal: DealLine
    at: dt.datetime
    by: str
    from_stage: Any
    to_stage: Any
    note: str
    conditions: Sequence[Any] = ()

    @property
    def overriding(self) -> frozenset[int]:
        """The deal."""
        return self.deals


@dataclass(frozen=True)
class TaskLine(Line):
    """A task of the reader that is due or overdue; `days` below zero are days overdue. It is
    `promised` to the founder, or names `founder`, one of the company's; of a `walled` deal its code
    alone is told."""

    title: str
    about: str
    path: str
    due_on: dt.date
    days: int
    founder: str = ""
    promised: bool = False
    walled: bool = False

    @property
    def by_code(self) -> frozenset[int]:
        """Its deal, where that is confidential."""
        return self.deals if self.walled else NONE

    @property
    def overdue(self) -> bool:
        """Whether the day has passed."""
        return self.days < 0


@dataclass(frozen=True)
class StepLine(AboutDeal):
    """What is agreed on next for a deal of the reader, due or overdue, or the day to look at a `held` one
    again. Of a confidential deal there is no text."""

    deal: DealLine
    text: str
    due_on: dt.date
    days: int
    held: bool = False

    @property
    def overdue(self) -> bool:
        """Whether the day has passed."""
        return self.days < 0


@dataclass(frozen=True)
class SlowLine(AboutDeal):
    """A deal that stays in its stage beyond the usual time."""

    deal: DealLine
    stage: Any
    days: int

    @property
    def over(self) -> int:
        """Days beyond the usual stay."""
        return int(self.stage.over(self.days))


@dataclass(frozen=True)
class ElsewhereLine(Line):
    """How many deals of others were decided on, and how many moved."""

    path: str
    decided: int
    moved: int


@dataclass(frozen=True)
class ToldLine(Line):
    """A line that another slice tells in words of the reader's language. `named` are the deals, the
    companies and the deals of whose terms it tells; `walled` says that it names deals by their codes."""

    path: str
    title: str
    text: str = ""
    small: str = ""
    tone: str = ""
    named: tuple[frozenset[int], frozenset[int], frozenset[int]] = (NONE, NONE, NONE)
    walled: bool = False

    @property
    def deals(self) -> frozenset[int]:
        """The deals that it names."""
        return super().deals | self.named[0]

    @property
    def by_code(self) -> frozenset[int]:
        """The same, where they are confidential."""
        return self.deals if self.walled else NONE

    @property
    def companies(self) -> frozenset[int]:
        """The companies that it names."""
        return super().companies | self.named[1]

    @property
    def terms(self) -> frozenset[int]:
        """The deals of which it tells terms."""
        return self.named[2]
