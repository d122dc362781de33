"""Entries of which their reader may see nothing, told together where they follow each other (pure)."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any


@dataclass(frozen=True)
class Run:
    """Entries that one row of the page tells of, the newest first: one, or several by one person
    that say nothing but what was done to what."""

    lines: tuple[Any, ...]

    @property
    def newest(self) -> Any:
        """The first of them."""
        return self.lines[0]

    @property
    def oldest(self) -> Any:
        """The last of them."""
        return self.lines[-1]


def runs(lines: Iterable[Any]) -> list[Run]:
    """The entries in their order, those together of which the reader sees no value."""
    return [Run(tuple(group)) for _, group in groupby(lines, _told_with)]


def _told_with(line: Any) -> Hashable:
    """Equal for what is told together; an entry that says something of its own is equal to none."""
    if line.hidden or line.masked:
        return line.hidden, line.actor_name
    return line.seq
