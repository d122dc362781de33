"""Versions of one standard: on a day, in a region and for a purpose at most one applies, and none is
missing in between unless that is meant (pure)."""

import datetime as dt
from collections.abc import Iterator, Sequence
from itertools import product

from portfolio.rulebook.faults import FaultyRulebook, where
from portfolio.rulebook.model import Rulebook
from portfolio.rulebook.routing import EVERYWHERE, applies, periods, routing

ONE_DAY = dt.timedelta(days=1)


def days_of(book: Rulebook) -> set[dt.date]:
    """Every day from which a rulebook applies, or from which it no longer does."""
    spans = periods(book)
    ends = {end + ONE_DAY for _, end in spans if end is not None}
    return {begin for begin, _ in spans} | ends


def regions_of(versions: Sequence[Rulebook]) -> Sequence[str]:
    """A region of each kind that rulebooks tell apart, by the prefix of its code."""
    named = {place for book in versions for place in book.applies_to}
    routed = {route.region for book in versions for route in routing().by_book.get(book.id, ())}
    places = {place.removeprefix("!") for place in named} | routed | {""}
    return sorted(places - {EVERYWHERE})


def require_one_at_a_time(versions: Sequence[Rulebook]) -> None:
    """Raises FaultyRulebook where two versions apply at once, or none between two of them though
    the later one gives no reason for it, or gives one without such a gap."""
    meant = {book.id for book in versions if book.gap_before}
    found = set()
    for before, day, after in _gaps(versions):
        if after.id not in meant:
            raise _fault(after, f"from {day} on nothing applies between {before.id} and it")
        found.add(after.id)
    for book in versions:
        if book.id in meant - found:
            raise book.file.fault("there is no gap before it", "gap_before")


def _gaps(versions: Sequence[Rulebook]) -> Iterator[tuple[Rulebook, dt.date, Rulebook]]:
    """What applied before each gap, its first day, and what applies after it."""
    days = sorted({day for book in versions for day in days_of(book)})
    for region, purpose in product(regions_of(versions), routing().purposes):
        last, empty = None, None
        for day in days:
            current = [book for book in versions if applies(book, day, region, purpose)]
            if len(current) > 1:
                one, other = sorted(current, key=lambda book: _begun(book, day))[-2:]
                raise _fault(other, f"from {day} on it and {one.id} apply at once")
            if current and last and empty:
                yield last, empty, current[0]
            last, empty = (current[0], None) if current else (last, empty or day)


def _begun(book: Rulebook, day: dt.date) -> dt.date:
    return max(begin for begin, _ in periods(book) if begin <= day)


def _fault(book: Rulebook, reason: str) -> FaultyRulebook:
    """At the day from which a rulebook applies: in the file of routes where it has one there."""
    if book.id in routing().by_book:
        return routing().file.fault(f"{book.id}: {reason}", f'book = "{book.id}"')
    return book.file.fault(reason, where(book.id), "in_force_from")
