"""When a claim that counts may be said in other words without being read anew first (pure)."""

import datetime as dt
from dataclasses import dataclass
from typing import Protocol

from portfolio.chokepoint.claims import CARD_COLUMNS, Card, Claim
from portfolio.chokepoint.ladder import Ladder
from portfolio.chokepoint.standing import COUNTING, Stated, standing


class Read(Stated, Protocol):
    """A claim with those who read it, and when."""

    first_reader_id: int | None
    first_read_at: dt.datetime | None
    second_read_at: dt.datetime | None


@dataclass(frozen=True)
class Reading:
    """Who stands behind a claim; until `reread_by` the second one does by the words of before."""

    first_reader_id: int | None
    first_read_at: dt.datetime | None
    second_reader_id: int | None = None
    second_read_at: dt.datetime | None = None
    reread_by: dt.date | None = None


def reading_of(
    old: Read | None, card: Card | None, claim: Claim, by: Reading, today: dt.date, ladder: Ladder
) -> Reading:
    """Who stands behind a claim that is stated in place of another one; `by` is who states it alone.

    What is said unchanged stays read. Where only words change, the reading of before carries it for
    the days that the ladder gives, counted from the first such change: then two people stand behind
    it still, of whom one has read the words of before.
    """
    if old is None or card is None or standing(old, today, ladder) not in COUNTING:
        return by
    if not only_words(old, card, claim, ladder):
        return by
    kept = Reading(
        *(old.first_reader_id, old.first_read_at, old.second_reader_id, old.second_read_at),
        old.reread_by,
    )
    if _said(old, card) == (claim.level, claim.card, claim.counter_evidence, claim.recheck_on):
        return kept
    own = old.second_reader_id == by.first_reader_id
    other = (old.first_reader_id, old.first_read_at)
    second = other if own else (old.second_reader_id, old.second_read_at)
    until = old.reread_by or today + dt.timedelta(days=ladder.reread_days)
    return Reading(by.first_reader_id, by.first_read_at, *second, until)


def _said(old: Stated, card: Card) -> tuple[object, ...]:
    return old.level, card, old.counter_evidence, old.recheck_on


def only_words(old: Stated, card: Card, claim: Claim, ladder: Ladder) -> bool:
    """Whether a claim says no more than the one before it, apart from its wording: no higher level,
    no later day, no evidence that comes with it, no other name, figure, choice or source."""
    if claim.pieces or claim.level not in ladder.read_twice():
        return False
    if not ladder.at_least(old.level, claim.level):
        return False
    if claim.recheck_on is None or old.recheck_on is None or claim.recheck_on > old.recheck_on:
        return False
    held = (*(name for name in CARD_COLUMNS if name not in ladder.wording), "incumbents")
    return all(getattr(card, name) == getattr(claim.card, name) for name in held)
