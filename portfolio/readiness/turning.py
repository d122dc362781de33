"""The days on which companies stand otherwise though nothing was stated: a rulebook begins or ends, a
fiscal year counts as reported (pure)."""

import datetime as dt
from functools import cache

from portfolio.kernel.dates import reported_year
from portfolio.readiness.targets import targets
from portfolio.rulebook.versions import days_of


@cache
def rule_days() -> frozenset[dt.date]:
    """Every day from which some version of a target applies, or from which it no longer does."""
    books = {book.id: book for target in targets() for book in target.versions}
    return frozenset(day for book in books.values() for day in days_of(book))


def turned(last: dt.date, today: dt.date) -> bool:
    """Whether everybody may stand otherwise today than on an earlier day."""
    if last.year != today.year or reported_year(last) != reported_year(today):
        return True
    return any(last < day <= today for day in rule_days())
