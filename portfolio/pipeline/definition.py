"""The shape of a pipeline's definition, that of older ones, and where its moves lead (pure)."""

from collections.abc import Iterator, Mapping
from typing import Any

from portfolio.pipeline.kinds import MoveKind

TARGETS = ("company", "vehicle")
# How the days of a stay count, the first where a definition does not say.
DAYS = ("calendar", "working")
LEADS = ("steps", "ahead", "to")
# What older definitions left to the code: which stage is the committee's, and from which one on
# a deal is not deleted lightly.
COMMITTEE_STAGE = "ic"
LATE_FROM = "dd"


def normalised(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """The definition in the present shape: moves say to what they lead, and not where alone."""
    whole = {**data, "moves": _moves(data.get("moves", {}))}
    rows = rows_of(data.get("stage"))
    if rows and not any("committee" in row for row in rows):
        whole["stage"] = [{**row, "committee": row.get("key") == COMMITTEE_STAGE} for row in rows]
    if "late_from" not in data and any(row.get("key") == LATE_FROM for row in rows):
        whole["late_from"] = LATE_FROM
    return whole


def rows_of(value: Any) -> list[Mapping[str, Any]]:
    """The rows of a part; none where the definition holds something else there."""
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []


def _moves(moves: Any) -> Any:
    if not isinstance(moves, Mapping) or not _old(moves):
        return moves
    jump = moves.get("jump", [])
    rules = {kind: _spelled_out(kind, rule) for kind, rule in moves.items() if kind != "jump"}
    if "back" in rules and jump:
        rules["back"]["jump"] = jump
    return rules


def _old(moves: Mapping[str, Any]) -> bool:
    return any(not isinstance(rule, Mapping) or "zh" not in rule for rule in moves.values())


# What the kinds of the first version stood for without saying so.
IMPLIED: dict[str, dict[str, Any]] = {
    "forward": {"primary": True},
    "skip": {"ahead": 2},
    "hold": {"to_status": "on_hold", "reasons": ["hold"]},
    "resume": {"from_status": ["on_hold"], "primary": True},
    "reject": {"to_status": "rejected", "reasons": ["reject"]},
    "withdraw": {"to_status": "withdrawn", "reasons": ["reject"], "withdrawn_by": True},
    "reopen": {"from_status": ["rejected"], "primary": True},
    "lapse": {"to_status": "lapsed"},
    "terminate": {"to_status": "terminated"},
}


def _spelled_out(kind: str, rule: Mapping[str, Any]) -> dict[str, Any]:
    title = next((known for known in MoveKind if known.value == kind), None)
    titles = {"zh": title.zh, "en": title.en} if title else {"zh": kind, "en": kind}
    return {**titles, **IMPLIED.get(kind, {}), **(rule if isinstance(rule, Mapping) else {})}


def leads_to(rule: Mapping[str, Any], stage: str, keys: list[str]) -> Iterator[str]:
    """The stages that a move leads to from here, the nearest first; its own when it stays."""
    if stage in rule.get("except", ()) or stage not in rule.get("only", (stage,)):
        return
    here = keys.index(stage)
    if "to" in rule:
        yield rule["to"]
    elif "steps" in rule and 0 <= here + rule["steps"] < len(keys):
        yield keys[here + rule["steps"]]
    elif "ahead" in rule:
        yield from keys[here + rule["ahead"] :]
    elif not any(name in rule for name in (*LEADS, "jump")):
        yield stage
    yield from (jump["to"] for jump in rule.get("jump", ()) if jump["from"] == stage)
