"""One page of a list: which rows, how many in all, and where the neighbours are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import request

from portfolio.extensions import db
from portfolio.kernel.numbers import short_number

PER_PAGE = 50
DEEPEST = 20_000


@dataclass(frozen=True)
class Page:
    """Rows of one page; `total` counts the whole list."""

    rows: Sequence[Any]
    number: int
    total: int
    per_page: int = PER_PAGE

    @property
    def pages(self) -> int:
        """How many pages the list has, at least one."""
        return max(1, -(-self.total // self.per_page))

    @property
    def first(self) -> int:
        """The number of the first row shown, 0 when there is none."""
        return (self.number - 1) * self.per_page + 1 if self.rows else 0

    @property
    def last(self) -> int:
        """The number of the last row shown."""
        return self.first + len(self.rows) - 1 if self.rows else 0


def page_number() -> int:
    """The page asked for in the address; anything odd means the first."""
    return min(short_number(request.args.get("page", "1")) or 1, DEEPEST)


def page_of(
    ids: sa.Select[int], count: int | None = None, per_page: int = PER_PAGE
) -> tuple[Sequence[int], int, int]:
    """The ids of the page asked for, its number, and the count of the whole list.

    Ids are selected first and the rows joined later by the caller: a deep offset costs little on
    an index, but much on a join.
    """
    total = count if count is not None else count_of(ids)
    number = _number(total, per_page)
    return db.session.scalars(_part(ids, number, per_page)).all(), number, total


def page_in(rows: Sequence[Any], per_page: int = PER_PAGE) -> Page:
    """The page asked for of a list that is at hand."""
    number = _number(len(rows), per_page)
    return Page(rows[(number - 1) * per_page : number * per_page], number, len(rows), per_page)


def page_of_rows(query: sa.Select[*tuple[Any, ...]]) -> tuple[Sequence[Any], int, int]:
    """The rows of the page asked for, its number, and the count of the whole list."""
    total = count_of(query)
    number = _number(total)
    return db.session.execute(_part(query, number)).all(), number, total


def _number(total: int, per_page: int = PER_PAGE) -> int:
    return min(page_number(), max(1, -(-total // per_page)))


def _part(query: Any, number: int, per_page: int = PER_PAGE) -> Any:
    return query.limit(per_page).offset((number - 1) * per_page)


def count_of(ids: sa.Select[*tuple[Any, ...]]) -> int:
    """How many rows a list has."""
    plain = ids.order_by(None).subquery()
    return db.session.scalar(sa.select(sa.func.count()).select_from(plain)) or 0
