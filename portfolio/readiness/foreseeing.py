"""Who gains and who loses where one rulebook steps into the place of another: the same facts under the
rules of the day before and of the day (pure)."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from portfolio.kernel.titles import TitledEnum
from portfolio.readiness.many import Many
from portfolio.readiness.recognitions import GRANTED
from portfolio.readiness.stored import Known, Stored
from portfolio.readiness.successions import Succession
from portfolio.readiness.targets import Target
from portfolio.rulebook.engine import FAIL, OPEN, PASS
from portfolio.rulebook.versions import ONE_DAY


class Effect(TitledEnum):
    """What another rulebook does to a company under a target. Their values are in the order in which
    lists show them."""

    GAINS = "gains", "受益：将满足", "Gains: will meet it"
    LOSES = "loses", "受损：不再满足", "Loses: no longer meets it"
    OPENS = "opens", "转为待定", "Becomes open"
    SHUTS = "shuts", "由待定转为不满足", "Open until now, will not meet it"


EFFECTS = {effect.value: effect for effect in Effect}


class Foreseen(NamedTuple):
    """A target under which a company will stand otherwise: its outcome before and after, None where no
    rulebook applies to it."""

    target: str
    effect: Effect
    before: Stored | None
    after: Stored | None

    @property
    def unverified(self) -> bool:
        """Whether the effect rests on text that nobody has verified: of a gain, a loss or a refusal
        the verdict that it comes to, and of a loss also the one that is lost."""
        sides = [self.after or self.before]
        if self.effect is Effect.LOSES:
            sides.append(self.before)
        return any(side is not None and side.unverified for side in sides)


def effect_of(before: Stored | None, after: Stored | None) -> Effect | None:
    """What becomes of a company; None where it stands the same. Without a rulebook there is nothing
    to meet."""
    was, will = (FAIL if one is None else one.status for one in (before, after))
    if will == PASS:
        return None if was == PASS else Effect.GAINS
    if will in OPEN:
        return None if was in OPEN else Effect.OPENS
    if was == PASS:
        return Effect.LOSES
    return Effect.SHUTS if was in OPEN else None


def foreseen(known: Mapping[int, Known], succession: Succession) -> Mapping[int, list[Foreseen]]:
    """By company what changes.

    Another purpose than the usual one, a recheck, concerns only who holds what is rechecked.
    """
    targets = succession.concerned
    if not succession.usual:
        known = {i: one for i, one in known.items() if any(_holds(one, t) for t in targets)}
    many = Many(known, succession.purpose)
    before = many.on(succession.day - ONE_DAY, targets)
    after = many.on(succession.day, targets)
    found = {}
    for company, one in known.items():
        judged = targets if succession.usual else [t for t in targets if _holds(one, t)]
        sides = _sides(judged, before[company], after[company])
        turned = [(key, was, will) for key, was, will in sides if _book(was) != _book(will)]
        if changes := [*_changes(turned)]:
            found[company] = changes
    return found


def _changes(sides: Iterable[tuple[str, Stored | None, Stored | None]]) -> Iterator[Foreseen]:
    for key, was, will in sides:
        effect = effect_of(was, will)
        if effect is not None:
            yield Foreseen(key, effect, was, will)


def _sides(
    targets: Iterable[Target], before: Iterable[Stored], after: Iterable[Stored]
) -> Iterator[tuple[str, Stored | None, Stored | None]]:
    was, will = ({one.target: one for one in side} for side in (before, after))
    for target in targets:
        yield target.key, was.get(target.key), will.get(target.key)


def _book(stored: Stored | None) -> str:
    return stored.book if stored else ""


def _holds(known: Known, target: Target) -> bool:
    """Whether a company holds what an authority grants under a target."""
    if not target.granted:
        return False
    return any(row.metric == target.granted and row.value == GRANTED for row in known.held)
