"""How a company stands otherwise than before: under which target, by which clause, and why (pure)."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from portfolio.kernel.titles import TitledEnum
from portfolio.readiness.nodes import LETTERS, nodes_of, place_of, walked
from portfolio.readiness.pictures import Rung
from portfolio.readiness.results import Result
from portfolio.readiness.stored import ABSENT, STANDS, Stored
from portfolio.readiness.targets import Target, targets
from portfolio.rulebook.engine import FAIL, OPEN, PASS, Outcome
from portfolio.rulebook.metrics import dictionary


class Turn(TitledEnum):
    """What became of a company under a target. Their values are in the order in which they are told."""

    MET = "met", "现已满足", "now met"
    LOST = "lost", "不再满足", "no longer met"
    NEAR = "near", "只差一条", "one clause away"
    AWAY = "away", "不再只差一条", "no longer one clause away"


RANK = {turn: place for place, turn in enumerate(Turn)}


class Flip(NamedTuple):
    """A target under which a company stands otherwise; `unverified` is what rests on text that nobody
    has verified."""

    target: Target
    turn: Turn
    unverified: bool


def turn_of(was: str, will: str) -> Turn | None:
    """What the letters of a verdict before and now come to; None for what is no news. A company that
    is new, or a target that is, has no verdict before: it is told where it is met."""
    (old_rung, old), (rung, status) = STANDS[was], STANDS[will]
    if status == PASS:
        return None if old == PASS else Turn.MET
    if ABSENT in {was, will}:
        return None
    if old == PASS:
        return Turn.LOST
    if rung is Rung.NEAR:
        return None if old_rung is Rung.NEAR else Turn.NEAR
    return Turn.AWAY if old_rung is Rung.NEAR else None


def flips(was: str, will: str, but: Collection[str] = ()) -> list[Flip]:
    """What changed between two rows of verdicts of the same plan, the weightiest first; an empty row
    before is a company that is new. Targets in `but` are left out."""
    before = was or ABSENT * len(will)
    found = [
        Flip(target, turn, STANDS[new][0] is Rung.UNVERIFIED)
        for target, old, new in zip(targets(), before, will, strict=False)
        if old != new and target.key not in but and (turn := turn_of(old, new))
    ]
    return sorted(found, key=lambda flip: (RANK[flip.turn], not flip.target.listed))


class Said(NamedTuple):
    """The test that a turn is told by, how many more changed, and the inputs that may have caused it,
    the likeliest first."""

    test: Outcome
    others: int
    inputs: Sequence[Collection[str]]


def said_of(turn: Turn, result: Result, before: Stored | None, changed: Collection[str]) -> Said:
    """Which clause a turn is told by: of what is met one that was not met before, of what is lost one
    that fails now, of what is one clause away that clause. `changed` are the inputs that changed."""
    deciding = result.deciding
    turned = _turned(result, before)
    if turn is Turn.MET:
        asked = [test for test in turned if test.status == PASS] or deciding
    elif turn is Turn.NEAR:
        asked = [test for test in deciding if test.status in {FAIL, *OPEN}]
    else:
        asked = [test for test in turned if test.status != PASS]
        asked = asked or [test for test in deciding if test.status != PASS]
    asked = asked or deciding
    test = min(asked, key=lambda one: not (inputs_of(one) & set(changed)))
    others = sum(one is not test for one in asked) if turn is not Turn.NEAR else 0
    behind = [one for one in turned if one is not test]
    whole = walked(result.target.clause_of(result.book))
    everything = frozenset(name for clause in whole for name in _inputs(clause.metrics))
    return Said(test, others, (inputs_of(test), _of_all(behind), everything))


def _turned(result: Result, before: Stored | None) -> list[Outcome]:
    """The tests that decide and came to something else before; none where the clauses are others."""
    if before is None or before.book != result.book.id:
        return []
    nodes = nodes_of(result.target, result.book)
    if len(nodes) != len(before.clauses):
        return []
    return [
        test
        for test in result.deciding
        if before.clauses[place_of(test.clause, nodes)] != LETTERS[test.status]
    ]


def inputs_of(test: Outcome) -> frozenset[str]:
    """The inputs that a person states and that a test reads."""
    return frozenset(_inputs(test.clause.metrics))


def _of_all(tests: Iterable[Outcome]) -> frozenset[str]:
    return frozenset().union(*map(inputs_of, tests))


def _inputs(metrics: Iterable[str]) -> Iterator[str]:
    for name in metrics:
        yield name
        yield from _inputs(dictionary()[name].inputs)


class Value(NamedTuple):
    """A figure as it was stated: millionths or a word, by whom, with which source."""

    metric: str
    year: int | None
    micro: int | None
    choice: str | None
    by: str = ""
    source: str = ""
    evidence: str = ""

    def same(self, other: "Value | None") -> bool:
        """Whether it says the same as another one."""
        return other is not None and (self.micro, self.choice) == (other.micro, other.choice)


class Cause(NamedTuple):
    """A figure that changed: what it was and what it is now, None where it was or is not known."""

    old: Value | None
    new: Value | None

    @property
    def key(self) -> tuple[str, int | None]:
        """The metric and the year that it is about."""
        value = self.new or self.old
        return (value.metric, value.year) if value else ("", None)


def causes_of(
    old: Mapping[tuple[str, int | None], Value], new: Mapping[tuple[str, int | None], Value]
) -> list[Cause]:
    """The figures that are others than they were, in the dictionary's order, the latest year first."""
    order = {name: place for place, name in enumerate(dictionary())}
    found = [Cause(old.get(key), new.get(key)) for key in {**old, **new}]
    changed = [c for c in found if not (c.new.same(c.old) if c.new else c.old is None)]
    return sorted(changed, key=lambda c: (order.get(c.key[0], len(order)), -(c.key[1] or 0)))


def likeliest(causes: Sequence[Cause], inputs: Sequence[Collection[str]]) -> Cause | None:
    """Of the figures that changed the one that a turn comes from most likely; None where none did:
    then the day did it, or the region."""
    for names in inputs:
        if found := [cause for cause in causes if cause.key[0] in names]:
            return found[0]
    return None
