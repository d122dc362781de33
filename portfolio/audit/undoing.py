"""An object as it stood before its newest changes: its entries are undone one by one (pure)."""

from collections.abc import Iterable, Mapping
from typing import Any

Columns = Mapping[str, Any]
# An entry about a whole object names one of these: its number, or in a bulk load its name.
WHOLE = frozenset(("id", "name_zh"))


def undone(
    current: Columns | None, changes: Iterable[tuple[Columns, Columns]], columns: Iterable[str]
) -> dict[str, Any] | None:
    """The columns as they stood before these changes; None where the object was not there.

    `current` is None for an object that is gone now. `changes` are (before, after) pairs, the
    newest first: an empty before says that the object was made or restored, an empty after that
    it was deleted. An entry with one side alone that is not about the whole object tells of an act
    that changed nothing of it (an export, a look, a log-in).
    """
    own = frozenset(columns)
    values = None if current is None else dict(current)
    for before, after in changes:
        was, became = _only(before, own), _only(after, own)
        if was and became:
            values = None if values is None else values | was
        elif was.keys() & WHOLE:
            values = was
        elif became.keys() & WHOLE:
            values = None
    return values


def _only(side: Columns, own: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in side.items() if name in own}
