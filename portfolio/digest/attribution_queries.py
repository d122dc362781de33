"""Whether a company stands otherwise by itself or by another rulebook: its figures of before are
assessed by the rules of now, and those of now by the rules of before."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from portfolio.digest.turns import Turn, flips
from portfolio.kernel.dates import local_date
from portfolio.kernel.parts import in_parts
from portfolio.readiness import queries as readiness
from portfolio.readiness.many import Many
from portfolio.readiness.stored import Stored, known_on, verdicts_of
from portfolio.readiness.targets import Target, targets

Turned = tuple[str, Turn]


class Before(NamedTuple):
    """How a company stood at the beginning of a time, and its regions then and at the end."""

    verdicts: str
    region: str | None
    region_now: str | None


def by_rules_alone(
    stood: Mapping[int, Before], keys: Collection[str], since: dt.datetime, until: dt.datetime
) -> dict[int, set[Turned]]:
    """By company what became of it under these targets, by key, that the rules would have made of it
    as it was, and that it would not have come to under the old ones."""
    asked = [target for target in targets() if target.key in keys]
    found: dict[int, set[Turned]] = {}
    for part in in_parts(stood):
        found |= _alone({i: stood[i] for i in part}, asked, since, until)
    return found


def _alone(
    stood: Mapping[int, Before], asked: Sequence[Target], since: dt.datetime, until: dt.datetime
) -> dict[int, set[Turned]]:
    first, last = local_date(since), local_date(until)
    then, now = (readiness.stated_of(stood, instant) for instant in (since, until))
    was = {i: known_on(first, then[i], one.region) for i, one in stood.items()}
    will = {i: known_on(last, now[i], one.region_now) for i, one in stood.items()}
    by_rules, by_itself = Many(was).on(last, asked), Many(will).on(first, asked)
    return {
        i: _turned(one.verdicts, by_rules[i]) - _turned(one.verdicts, by_itself[i])
        for i, one in stood.items()
    }


def _turned(was: str, found: Sequence[Stored]) -> set[Turned]:
    return {(flip.target.key, flip.turn) for flip in flips(was, verdicts_of(found))}
