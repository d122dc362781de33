"""What hangs on a row of a draft, to be said before it is removed (pure)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from portfolio.flows.parts import PARTS, ROW_ID, Part
from portfolio.pipeline.definition import rows_of

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Hanging:
    """One sentence about it by its code: with rows that have titles, or with a number."""

    code: str
    rows: tuple[Row, ...] = ()
    count: int = 0


def hangs_on(draft: Row, part: Part, row: Row, deals: Mapping[str, int]) -> list[Hanging]:
    """What goes or changes with a row; `deals` says how many open ones stand in each stage."""
    found = FINDERS[part.key](draft, row, deals)
    return [h for h in found if h.rows or h.count or h.code in ALWAYS_SAID]


def blank(row: Row) -> bool:
    """Whether nothing was said in a row yet."""
    return not any(value for name, value in row.items() if name not in {ROW_ID, "committee"})


def _stage(draft: Row, row: Row, deals: Mapping[str, int]) -> Iterator[Hanging]:
    key = row.get("key", "")
    yield Hanging("hangs.deals", count=deals.get(key, 0))
    yield Hanging("hangs.conditions", _rows(row, "condition"))
    yield Hanging("hangs.moves", tuple(m for m in rows_of(draft["moves"]) if key in _named(m)))
    lists = (c for c in rows_of(draft["checklist"]) if c.get("stage") == key)
    yield Hanging("hangs.lists", tuple(lists))
    if key and draft.get("late_from") == key:
        yield Hanging("hangs.late_from")


def _named(move: Row) -> set[str]:
    """The stages that a move names."""
    pairs = rows_of(move.get("jump"))
    ends = {end for pair in pairs for end in pair.values()}
    return {move.get("to", ""), *move.get("only", ()), *move.get("except", ()), *ends}


def _condition(draft: Row, row: Row, deals: Mapping[str, int]) -> Iterator[Hanging]:
    place = PARTS["conditions"].place
    stages = rows_of(draft["stage"])
    yield Hanging("hangs.stage", tuple(s for s in stages if row in s.get(place, ())))


def _checklist(draft: Row, row: Row, deals: Mapping[str, int]) -> Iterator[Hanging]:
    items = _rows(row, "item")
    yield Hanging("hangs.items", items)
    keys = {item.get("key") for item in items}
    yield Hanging("hangs.asked", _asking(draft, {row.get("key")}, keys))


def _item(draft: Row, row: Row, deals: Mapping[str, int]) -> Iterator[Hanging]:
    yield Hanging("hangs.asked", _asking(draft, set(), {row.get("key")}))
    yield Hanging("hangs.answers")


def _asking(draft: Row, lists: set[Any], items: set[Any]) -> tuple[Row, ...]:
    """The conditions that name one of these checklists or items."""
    found = []
    for stage in rows_of(draft["stage"]):
        for condition in _rows(stage, "condition"):
            for need, wanted in (condition.get("needs") or {}).items():
                named = set(wanted) if isinstance(wanted, list) else {wanted}
                if named & ITEMS_OR_LISTS.get(need, lambda i, _l: set())(items, lists):
                    found.append(condition)
    return tuple(found)


# What the needs of conditions name: items, or whole checklists.
ITEMS_OR_LISTS: dict[str, Any] = {
    "items": lambda items, lists: items,
    "tag": lambda items, lists: items,
    "checklists": lambda items, lists: lists,
    "answered": lambda items, lists: lists,
}


def _reason(draft: Row, row: Row, deals: Mapping[str, int]) -> Iterator[Hanging]:
    same = [r for r in rows_of(draft["reason"]) if r.get("kind") == row.get("kind")]
    yield Hanging("hangs.reasons", count=len(same) - 1)


def _move(draft: Row, row: Row, deals: Mapping[str, int]) -> Iterator[Hanging]:
    yield Hanging("hangs.done")


def _rows(row: Row, place: str) -> tuple[Row, ...]:
    return tuple(rows_of(row.get(place)))


ALWAYS_SAID = frozenset(("hangs.late_from", "hangs.answers", "hangs.reasons", "hangs.done"))
FINDERS = {
    "stages": _stage,
    "conditions": _condition,
    "checklists": _checklist,
    "items": _item,
    "reasons": _reason,
    "moves": _move,
}
