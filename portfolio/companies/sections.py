"""What slices above add to the pages of companies: sections and filters (pure)."""

from collections.abc import Callable, Sequence
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
