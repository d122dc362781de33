"""What slices above add to the pages of companies: sections, filters and columns (pure)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Section:
    """A part of the company page: its anchor, its title, its template and what that reads, its styles.

    `as_known` says that it honours the past day it was asked for; where it does not, a page of a
    past day leaves it out rather than show today's knowledge as yesterday's.
    """

    key: str
    title: str
    template: str
    context: dict[str, Any] = field(default_factory=dict)
    order: int = 50
    style: str = ""
    as_known: bool = False


@dataclass(frozen=True)
class Filter:
    """A filter of the list: its query argument, title, choices, and the condition they make."""

    key: str
    title: Any
    choices: Callable[[], Sequence[tuple[str, str]]]
    clause: Callable[[list[str]], Any]


@dataclass(frozen=True)
class Column:
    """A column of the list: what it shows of the companies of a page, read at once for all of them,
    and the template whose macro `cell` writes it; its styles. Rows are remembered by what they show,
    so that values hash and are all that the macro goes by."""

    key: str
    title: Any
    values: Callable[[Sequence[int]], Mapping[int, Any]]
    template: str
    style: str = ""
