"""The order of an agenda, of which a reader may see but a part (pure)."""

from collections.abc import Sequence

from portfolio.kernel.errors import InputError


def stepped(seen: Sequence[int], item: int, step: int) -> list[int]:
    """The order in which an item has gone so many places up (below zero) or down, at most to an
    end. Raises InputError `meeting.order_changed` when it is none of them."""
    if item not in seen:
        raise InputError("meeting.order_changed")
    rest = [one for one in seen if one != item]
    at = min(max(seen.index(item) + step, 0), len(rest))
    return [*rest[:at], item, *rest[at:]]


def reordered(
    whole: Sequence[int], now: Sequence[int], seen: Sequence[int], wanted: Sequence[int]
) -> list[int]:
    """The whole agenda with the items that a reader may see in the order that they want.

    `now` are those as they stand, `seen` as the reader saw them. What the reader may not see keeps
    its place among all. Raises InputError `meeting.order_changed` when somebody changed the agenda
    meanwhile.
    """
    if list(now) != list(seen) or sorted(wanted) != sorted(seen):
        raise InputError("meeting.order_changed")
    known, turn = set(now), iter(wanted)
    return [next(turn) if one in known else one for one in whole]
