"""When which rulebook steps into the place of another, and which companies that concerns (pure)."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from portfolio.kernel.titles import TitledEnum
from portfolio.readiness.stored import mark_of
from portfolio.readiness.targets import Target, targets
from portfolio.rulebook.loader import books_in, library
from portfolio.rulebook.model import Rulebook
from portfolio.rulebook.routing import periods, routing
from portfolio.rulebook.versions import ONE_DAY, days_of, regions_of


class Phase(TitledEnum):
    """Where a rulebook stands on a day."""

    COMING = "coming", "尚未施行", "Coming"
    IN_FORCE = "in_force", "施行中", "In force"
    ENDED = "ended", "已失效", "Ended"


def phase_of(book: Rulebook, today: dt.date) -> Phase:
    """Whether it is yet to come, applies for some purpose, or no longer does."""
    spans = periods(book)
    if all(begin > today for begin, _ in spans):
        return Phase.COMING
    applies = any(begin <= today and (end is None or today <= end) for begin, end in spans)
    return Phase.IN_FORCE if applies else Phase.ENDED


@dataclass(frozen=True)
class Succession:
    """From `day` on a rulebook applies for a purpose, or where `begins` is false no longer does and
    none follows it.

    `replaced` are the rulebooks that applied the day before in its place, to whichever target and
    wherever; `targets` the keys of those that it concerns.
    """

    day: dt.date
    book: str
    purpose: str
    begins: bool
    replaced: tuple[str, ...]
    targets: tuple[str, ...]

    @property
    def key(self) -> str:
        """What it is called in an address."""
        return f"{self.day}.{self.book}.{self.purpose}"

    @property
    def usual(self) -> bool:
        """Whether it is for the purpose that companies are assessed for."""
        return self.purpose == routing().purposes[0]

    @property
    def concerned(self) -> Sequence[Target]:
        """The targets that it concerns."""
        return [target for target in targets() if target.key in self.targets]


@cache
def successions() -> Sequence[Succession]:
    """Every one, the latest first. Of a purpose that is not the usual one only those that the usual
    one does not have on the same day."""
    found: dict[tuple[dt.date, str, str], list[tuple[bool, str, str]]] = {}
    for target in targets():
        for purpose in routing().purposes:
            for day, before, after in _turns(target, purpose):
                book = after or before
                if book is not None:
                    told = (after is not None, before.id if before else "", target.key)
                    found.setdefault((day, book.id, purpose), []).append(told)
    usual = {(day, book) for day, book, purpose in found if purpose == routing().purposes[0]}
    kept = [
        Succession(
            *key,
            begins=any(begins for begins, _, _ in told),
            replaced=tuple(dict.fromkeys(b for _, b, _ in told if b and b != key[1])),
            targets=tuple(dict.fromkeys(target for _, _, target in told)),
        )
        for key, told in found.items()
        if key[2] == routing().purposes[0] or key[:2] not in usual
    ]
    return sorted(kept, key=lambda one: (one.day, one.book), reverse=True)


def _turns(
    target: Target, purpose: str
) -> Iterator[tuple[dt.date, Rulebook | None, Rulebook | None]]:
    """The days on which another rulebook applies to a target somewhere, with both."""
    days = sorted({day for book in target.versions for day in days_of(book)})
    for region in regions_of(target.versions):
        for day in days:
            before = target.book_on(day - ONE_DAY, region, purpose)
            after = target.book_on(day, region, purpose)
            if before is not after:
                yield day, before, after


def coming(today: dt.date) -> Sequence[Succession]:
    """Those after a day, the first of them first."""
    return [one for one in successions() if one.day > today][::-1]


def past(today: dt.date) -> Sequence[Succession]:
    """Those up to a day in which one rulebook replaced another, the latest first."""
    return [one for one in successions() if one.day <= today and one.begins and one.replaced]


def succession_of(key: str) -> Succession | None:
    """The one that an address means."""
    return next((one for one in successions() if one.key == key), None)


def of_book(book: str) -> Sequence[Succession]:
    """Those in which a rulebook begins or ends for good."""
    return [one for one in successions() if one.book == book]


@cache
def rules_mark(one: Succession) -> str:
    """A short mark of all that its outcomes are computed by: the rulebooks with those they refer to,
    the targets and the routes."""
    names = {name for target in one.concerned for name in target.books}
    while further := {n for name in names for n in books_in(library()[name])} - names:
        names |= further
    books = [library()[name] for name in sorted(names)]
    return mark_of(repr([one, one.concerned, books, routing()]))
