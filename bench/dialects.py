"""The two languages that rulebooks are written out in: Python, and zen's expressions."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

Steps = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Dialect:
    """How one of the two languages says things; all else is the same in both."""

    null: str
    lists: bool  # max([a, b]) instead of max(a, b)
    ternary: bool  # c ? a : b instead of a if c else b
    step: str = ""  # how an earlier step is named

    def choose(self, where: str, then: str, otherwise: str) -> str:
        if self.ternary:
            return f"({where} ? {then} : {otherwise})"
        return f"({then} if {where} else {otherwise})"

    def known(self, name: str) -> str:
        return f"{name} != null" if self.ternary else f"{name} is not None"

    def of_all(self, name: str, given: Sequence[str]) -> str:
        if len(given) == 1:
            return given[0]
        inside = ", ".join(given)
        return f"{name}([{inside}])" if self.lists else f"{name}({inside})"

    def steps(self, top: str, size: int) -> str:
        return f"floor({top} / {size})" if self.ternary else f"({top} // {size})"


PYTHON = Dialect("None", lists=False, ternary=False)
ZEN = Dialect("null", lists=True, ternary=True, step="$.")


class Place(NamedTuple):
    """A number where it is known: `top` / `bottom`, or the yearly growth to that in `intervals`."""

    known: str
    top: str
    bottom: str
    intervals: int = 0
    whole: int = 1

    def compared(self, test: str, limit: Fraction) -> str:
        if self.intervals:
            limit = (limit / self.whole + 1) ** self.intervals
        top, bottom = limit.as_integer_ratio()
        return f"{self.top} * {bottom} {test} {self.bottom} * {top}"


def python_of(steps: Steps, inputs: Sequence[str], results: Sequence[str]) -> str:
    """The source of a function that takes the inputs by a mapping's `get` and gives the results."""
    given = [f"    {name} = get('{name}')" for name in inputs]
    lines = [f"    {name} = {expression}" for name, expression in steps]
    return "\n".join(["def assess(get):", *given, *lines, f"    return {', '.join(results)}"])


def decision_of(steps: Steps) -> dict[str, Any]:
    """A decision as zen takes it: an expression for each step."""
    rows = [{"id": name, "key": name, "value": expression} for name, expression in steps]
    kinds = {"in": "inputNode", "rules": "expressionNode", "out": "outputNode"}
    nodes: list[dict[str, Any]] = [
        {"id": name, "name": name, "type": kind, "position": {"x": place, "y": 0}}
        for place, (name, kind) in enumerate(kinds.items())
    ]
    nodes[1]["content"] = {"expressions": rows}
    pairs = (("in", "rules"), ("rules", "out"))
    edges = [{"id": a, "sourceId": a, "targetId": b, "type": "edge"} for a, b in pairs]
    return {"nodes": nodes, "edges": edges}
