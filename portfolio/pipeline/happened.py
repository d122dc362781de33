"""Which stage events happened, now that some were taken back (pure)."""

from collections.abc import Sequence
from typing import Any


def happened(events: Sequence[Any]) -> list[Any]:
    """The events without those that another one of them undoes, and without the undoing ones.

    An undoing event whose move is not among them stays: who reads a window of time still learns
    that what was told before is no longer so.
    """
    there = {event.id for event in events}
    undone = {event.undoes_id for event in events if event.undoes_id is not None}
    return [e for e in events if e.id not in undone and e.undoes_id not in there]
