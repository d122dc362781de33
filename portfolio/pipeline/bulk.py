"""What can be done with many deals at once, as a form asks for it (pure)."""

import datetime as dt
from dataclasses import dataclass

from portfolio.kernel.errors import InputError
from portfolio.kernel.titles import TitledEnum
from portfolio.pipeline.stages import Move

MOST = 500


class Doing(TitledEnum):
    """What is done with the chosen deals."""

    OWNER = "owner", "更换负责人", "Change the owner"
    ADD = "add", "添加团队成员", "Add to the team"
    REMOVE = "remove", "移出团队成员", "Take off the team"
    MOVE = "move", "移动到阶段", "Move to a stage"
    HOLD = "hold", "搁置", "Put on hold"
    REJECT = "reject", "否决", "Reject"


STAFFING = frozenset([Doing.OWNER, Doing.ADD, Doing.REMOVE])


@dataclass(frozen=True)
class Order:
    """One thing that is to be done with each chosen deal."""

    doing: Doing
    person_id: int | None = None
    stage: str = ""
    reason_code: str = ""
    note: str = ""
    revisit_on: dt.date | None = None

    def check(self) -> None:
        """Raise InputError when the order does not say whom or where to.

        What else a move needs is its pipeline's matter, so asked of each deal.
        """
        if self.doing in STAFFING and self.person_id is None:
            raise InputError("bulk.person_missing")
        if self.doing is Doing.MOVE and not self.stage:
            raise InputError("bulk.stage_missing")

    def as_move(self) -> Move:
        """The order as a move of one deal."""
        kind = "" if self.doing is Doing.MOVE else self.doing.value
        return Move(kind, self.stage, self.reason_code, self.note, self.revisit_on)


@dataclass(frozen=True)
class Outcome:
    """What the order does to one deal: from what to what, or why not."""

    deal_id: int
    version: int
    before: str = ""
    after: str = ""
    refusal: InputError | None = None
