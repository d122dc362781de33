"""Whether the moves of a definition lead where they must: to every stage, and back from rest (pure)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from portfolio.pipeline.definition import leads_to
from portfolio.pipeline.kinds import Status

Row = Mapping[str, Any]
ACTIVE, ON_HOLD = Status.ACTIVE.value, Status.ON_HOLD.value
# What the clock cannot give: a move that asks for any of these is made by people alone.
ASKS = ("reason", "main_reason", "words", "evidence", "permission", "override", "revisit_days")


def unreached(rules: Sequence[Row], keys: Sequence[str]) -> Iterator[str]:
    """The stages to which no moves lead from the first one, those that need an override aside."""
    onward = [rule for rule in rules if not rule.get("override") and _while_active(rule)]
    reached, waiting = {keys[0]}, [keys[0]]
    while waiting:
        here = waiting.pop()
        for stage in (s for rule in onward for s in leads_to(rule, here, list(keys))):
            if stage not in reached:
                reached.add(stage)
                waiting.append(stage)
    yield from (key for key in keys if key not in reached)


def _while_active(rule: Row) -> bool:
    return ACTIVE in _starts(rule) and rule.get("to_status", ACTIVE) == ACTIVE


def _starts(rule: Row) -> Sequence[str]:
    starts: Sequence[str] = rule.get("from_status", (ACTIVE,))
    return starts


def stuck(hold: Row, rules: Sequence[Row], keys: Sequence[str]) -> Iterator[str]:
    """The stages in which this move puts deals on hold and from which they never come back.

    With a day to look again they come back by themselves, so by a move that asks for nothing and
    leaves the deal in its stage; without one by any move of deals on hold.
    """
    if hold.get("to_status", ACTIVE) != ON_HOLD:
        return
    back = [rule for rule in rules if ON_HOLD in _starts(rule)]
    alone = [r for r in back if not asks(r) and r.get("to_status", ACTIVE) == ACTIVE]
    for stage in dict.fromkeys(s for key in keys for s in leads_to(hold, key, list(keys))):
        if hold.get("revisit_days"):
            returns = any(next(leads_to(r, stage, list(keys)), "") == stage for r in alone)
        else:
            returns = any(True for r in back for _ in leads_to(r, stage, list(keys)))
        if not returns:
            yield stage


def asks(rule: Row) -> bool:
    """Whether a move asks for something that only a person can say or be."""
    return any(rule.get(name) for name in ASKS)
