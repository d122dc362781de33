"""Reading a score table: its groups and items, checked to add up (pure)."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from portfolio.kernel.titles import untitled
from portfolio.rulebook.citations import Reference
from portfolio.rulebook.faults import FaultyRulebook, Source, where
from portfolio.rulebook.marks import is_mark
from portfolio.rulebook.metrics import Metric, dictionary
from portfolio.rulebook.model import Bands, Group, Item
from portfolio.rulebook.tree import Context, Tree

KINDS = ("at_least", "at_most", "every", "options", "first", "sum", "best", "awarded")
WORDS = frozenset({"id", "group", "zh", "en", "max", "verified", "note", "metric", "points"})


@dataclass
class _Table:
    source: Source
    tree: Tree
    citation: Reference

    def item(self, row: Mapping[str, Any], mark: str) -> Item:
        verified = row.get("verified", mark)
        kinds = [kind for kind in KINDS if kind in row]
        odd = sorted(row.keys() - WORDS - {*KINDS, "otherwise"})
        if untitled(row) or len(kinds) != 1 or odd or not is_mark(verified):
            raise self.fault(row, f"it lacks a title, a mark or its one kind of {', '.join(KINDS)}")
        for name in (row.get("metric"), row.get("awarded")):
            if name is not None:
                self.metric(row, name)
        found = Item(
            id=row["id"],
            group=row["group"],
            zh=row["zh"],
            en=row["en"],
            most=row["max"],
            verified=verified,
            **self._worth(kinds[0], row, Context(self.citation, verified, (), (where(row["id"]),))),
        )
        if best(found) != row["max"]:
            raise self.fault(row, f"its most is {row['max']}, but it can reach {best(found)}")
        return found

    def _worth(self, kind: str, row: Mapping[str, Any], context: Context) -> dict[str, Any]:
        """The fields that say what the item is worth."""
        if kind in {"at_least", "at_most"}:
            return {"kind": "bands", "bands": (self.bands(row, row),)}
        if kind == "best":
            return {"kind": "bands", "bands": tuple(self.bands(row, b) for b in row["best"])}
        if kind == "every":
            fields = {"metric": row["metric"], "size": Decimal(row["every"])}
            return {"kind": kind, **fields, "points": row["points"]}
        if kind == "awarded":
            return {"kind": kind, "metric": row["awarded"]}
        if kind == "options":
            entry, options = dictionary()[row["metric"]], row["options"]
            if {*options} != {*entry.values}:
                raise self.fault(row, f"its options are not those of {entry.id}")
            return {"kind": kind, "metric": entry.id, "options": tuple(options.items())}
        choices = tuple((self.tree.node(test, context), points) for test, points in row[kind])
        return {"kind": kind, "choices": choices, "otherwise": row.get("otherwise", 0)}

    def bands(self, row: Mapping[str, Any], given: Mapping[str, Any]) -> Bands:
        upward = "at_least" in given
        steps = [
            (Decimal(step), points) for step, points in given["at_least" if upward else "at_most"]
        ]
        metric = self.metric(row, given["metric"])
        reached = [step if upward else -step for step, _ in steps]
        points = [*(points for _, points in steps), given.get("otherwise", 0)]
        if _not_falling(reached) or _not_falling(points):
            raise self.fault(row, f"the bands of {metric.id} overlap or are out of order")
        if not metric.numeric:
            raise self.fault(row, f"{metric.id} is no number")
        return Bands(metric.id, tuple(steps), upward, points[-1])

    def metric(self, row: Mapping[str, Any], name: str) -> Metric:
        if name not in dictionary():
            raise self.fault(row, f"there is no metric {name}")
        return dictionary()[name]

    def fault(self, row: Mapping[str, Any], reason: str) -> FaultyRulebook:
        name = row.get("id", "")
        return self.source.fault(f"item {name}: {reason}", where(name))


def _not_falling(numbers: Sequence[Decimal | int]) -> bool:
    return any(a <= b for a, b in itertools.pairwise(numbers))


def best(item: Item) -> int:
    """The most points that an item can give."""
    if item.kind == "bands":
        return max(points for bands in item.bands for _, points in bands.steps)
    if item.kind == "options":
        return max(points for _, points in item.options)
    if item.kind == "first":
        return max(item.otherwise, *(points for _, points in item.choices))
    if item.kind == "sum":
        return min(item.most, sum(points for _, points in item.choices))
    return item.most


def read_table(
    source: Source, score: Mapping[str, Any], citation: Reference, mark: str
) -> tuple[tuple[Group, ...], tuple[Item, ...]]:
    """The groups and the items of a score table. Raises FaultyRulebook."""
    try:
        groups = _groups(source, score.get("group", []))
        table = _Table(source, Tree(source, {}), citation)
        items = tuple(table.item(row, mark) for row in score.get("item", []))
        most = score["max"]
    except KeyError as error:
        raise source.fault(f"the score table lacks {error}", "[score]") from error
    _check_sums(source, groups, items, most)
    return groups, items


def _groups(source: Source, rows: Sequence[Mapping[str, Any]]) -> tuple[Group, ...]:
    for row in rows:
        if missing := untitled(row):
            name = row["id"]
            raise source.fault(f"group {name}: its title is missing in {missing}", where(name))
    return tuple(Group(row["id"], row["zh"], row["en"], row["max"]) for row in rows)


def _check_sums(source: Source, groups: Sequence[Group], items: Sequence[Item], most: int) -> None:
    for item in items:
        if item.group not in {group.id for group in groups}:
            raise source.fault(f"item {item.id}: there is no group {item.group}", where(item.id))
    for group in groups:
        reached = sum(item.most for item in items if item.group == group.id)
        if reached != group.most:
            reason = f"group {group.id}: its most is {group.most}, but its items give {reached}"
            raise source.fault(reason, where(group.id))
    if sum(group.most for group in groups) != most:
        raise source.fault(f"the groups do not add up to {most}", "[score]")
